import type { Terms } from './tokens.ts';

/** Comments as rows of term numbers: row i is `columns[starts[i] … starts[i + 1]]`, ascending, each term once. */
export interface Counts {
  readonly vocabulary: readonly string[];
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  /** In how many comments each term stands. */
  readonly frequency: Int32Array;
}

/**
 * Numbers the terms that stand in at least two comments and in at most half of them (all terms where there are few
 * comments), in order of the terms themselves, so that the order of the comments changes no number.
 */
export function count(comments: readonly Terms[]): Counts {
  const seen = new Map<string, number>();
  for (const terms of comments) for (const term of terms) seen.set(term, (seen.get(term) ?? 0) + 1);
  const most = Math.max(3, comments.length / 2);
  const least = comments.length < 20 ? 1 : 2;
  const vocabulary = [...seen.keys()].filter((term) => seen.get(term)! >= least && seen.get(term)! <= most).sort();
  const numbers = new Map(vocabulary.map((term, number) => [term, number]));
  return {
    vocabulary,
    ...rowsOf(comments, numbers),
    frequency: Int32Array.from(vocabulary, (term) => seen.get(term)!),
  };
}

/** The same numbering for other comments; unknown terms are left out. */
export function rowsOf(
  comments: readonly Terms[],
  numbers: ReadonlyMap<string, number>,
): { starts: Int32Array; columns: Int32Array } {
  const starts = new Int32Array(comments.length + 1);
  const columns = new Int32Array(comments.reduce((sum, terms) => sum + terms.length, 0));
  let end = 0;
  comments.forEach((terms, row) => {
    for (const term of terms) {
      const number = numbers.get(term);
      if (number !== undefined) columns[end++] = number;
    }
    starts[row + 1] = end;
    columns.subarray(starts[row]!, end).sort();
  });
  return { starts, columns: columns.slice(0, end) };
}

/** Two neighbouring characters or stems as one term. */
export const isPair = (term: string): boolean => term.startsWith('#') || term.includes(' ');

/** The same comments without the terms that stand in fewer than `least` of them. */
export function withoutRare({ vocabulary, starts, columns, frequency }: Counts, least: number): Counts {
  const kept = [...frequency.keys()].filter((term) => frequency[term]! >= least);
  const number = new Int32Array(frequency.length).fill(-1);
  kept.forEach((term, index) => {
    number[term] = index;
  });
  const ends = new Int32Array(starts.length);
  const left = new Int32Array(columns.length);
  let end = 0;
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      if (number[columns[at]!]! >= 0) left[end++] = number[columns[at]!]!;
    }
    ends[row + 1] = end;
  }
  return {
    vocabulary: kept.map((term) => vocabulary[term]!),
    starts: ends,
    columns: left.slice(0, end),
    frequency: Int32Array.from(kept, (term) => frequency[term]!),
  };
}

/** Of each term 1 / idf, 1 on average over all terms of all comments: what many say weighs more than what few do. */
export function commonness({ starts, columns, frequency }: Counts): Float64Array {
  const rows = starts.length - 1;
  const weights = Float64Array.from(frequency, (df) => 1 / Math.log((1 + rows) / df));
  const mean = columns.reduce((sum, column) => sum + weights[column]!, 0) / Math.max(1, columns.length);
  return weights.map((weight) => weight / mean);
}
