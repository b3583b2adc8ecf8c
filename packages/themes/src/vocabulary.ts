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
