import { fold } from '@heard/text/fold';
import { compileLexicon, findHits, type Lexicon } from '@heard/text/lexicon';
import { type CodeFrame, countedThemes, type Theme } from './frame.ts';
import { sampled } from './sample.ts';
import { stemOf, type Terms, termsOf } from './tokens.ts';
import { commonness, count } from './vocabulary.ts';

/** A code frame that has learnt from a company's comments which other words go with each theme. */
export interface GuidedModel {
  readonly themes: readonly Theme[];
  readonly lexicon: Lexicon;
  readonly numbers: ReadonlyMap<string, number>;
  /** Weighted log probability of term t in theme z at t × (themes + 1) + z; in the last column that in all comments. */
  readonly logs: Float32Array;
  /** Log share of each theme. */
  readonly shares: Float64Array<ArrayBuffer>;
  /** Known terms of the average comment. */
  readonly length: number;
}

const beta = 0.3;
/** Terms of one comment depend on each other (a word and its pairs of characters); half of each is counted. */
const temper = 0.5;
/** What one key word adds to the log score of its theme. */
const vote = 4;
const pseudoCount = 10;
const sweeps = 8;
/** Shorter comments count as if they had this many terms. */
const leastLength = 5;

/**
 * Expectation maximisation of a multinomial mixture from labelled and unlabelled comments (Nigam, McCallum, Thrun &
 * Mitchell, Machine Learning 39, 2000), with key words for labels: they start the themes, stay in them as pseudo-counts
 * and vote in every comment that holds them. All comments weigh the same, however long, and a term weighs in inverse
 * proportion to its idf: rare words lead astray where labels are guessed. Draws nothing at random; order and repetition
 * of comments do not matter.
 */
export function learnFrame(frame: CodeFrame, comments: readonly string[]): GuidedModel {
  const themes = countedThemes(frame);
  const lexicon = lexiconOf(themes);
  const distinct = sampled([...new Set(comments.map((comment) => fold(comment).trim()))].sort());
  const votes = distinct.map((text) => votesIn(lexicon, themes.length, text));
  const known = count(distinct.map(termsOf));
  const { vocabulary, starts, columns, frequency } = known;
  const numbers = new Map(vocabulary.map((term, number) => [term, number]));
  const width = themes.length + 1;
  const logs = new Float32Array(vocabulary.length * width);
  const shares = new Float64Array(themes.length);
  const length = columns.length / Math.max(1, distinct.length);
  const weights = commonness(known);
  const model = { themes, lexicon, numbers, logs, shares, length };

  const likely = votes.map((hits) => hits.map((hit) => hit / Math.max(1, total(hits))));
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const counts = new Float64Array(vocabulary.length * width).fill(beta);
    const sizes = new Float64Array(themes.length).fill(1);
    frequency.forEach((all, term) => {
      counts[term * width + themes.length]! += all * weights[term]!;
    });
    themes.forEach(({ words }, z) => {
      for (const term of words.flatMap(termsOfWord)) {
        const number = numbers.get(term);
        if (number !== undefined) counts[number * width + z]! += pseudoCount;
      }
    });
    likely.forEach((of, row) => {
      for (let z = 0; z < themes.length; z++) {
        const part = of[z]!;
        if (part < 1e-4) continue;
        sizes[z]! += part;
        const scale = part * (length / Math.max(leastLength, starts[row + 1]! - starts[row]!));
        for (let at = starts[row]!; at < starts[row + 1]!; at++) {
          counts[columns[at]! * width + z]! += scale * weights[columns[at]!]!;
        }
      }
    });
    const totals = new Float64Array(width);
    counts.forEach((n, cell) => {
      totals[cell % width]! += n;
    });
    counts.forEach((n, cell) => {
      logs[cell] = temper * weights[Math.floor(cell / width)]! * Math.log(n / totals[cell % width]!);
    });
    sizes.forEach((size, z) => {
      shares[z] = Math.log(size / total(sizes));
    });
    if (sweep === sweeps - 1) break;
    for (let row = 0; row < likely.length; row++) {
      likely[row] = likelihood(model, columns.subarray(starts[row]!, starts[row + 1]!), votes[row]!).likely;
    }
  }
  return model;
}

export interface Likelihood {
  /** Probability of each theme of the frame; sums to 1. */
  likely: Float64Array<ArrayBuffer>;
  /** Mean over the terms of how much better the likeliest theme explains them than all comments together. */
  likeness: number;
}

/** `columns` are the numbers of the comment's known terms. */
export function likelihood(model: GuidedModel, columns: ArrayLike<number>, votes: Float64Array): Likelihood {
  const { logs, shares } = model;
  const themes = shares.length;
  const width = themes + 1;
  const scores = new Float64Array(width);
  for (let at = 0; at < columns.length; at++) {
    const from = columns[at]! * width;
    for (let z = 0; z < width; z++) scores[z]! += logs[from + z]!;
  }
  const scale = model.length / Math.max(leastLength, columns.length);
  const likely = shares.map((share, z) => share + scale * scores[z]! + vote * votes[z]!);
  let best = 0;
  for (let z = 1; z < themes; z++) if (likely[z]! > likely[best]!) best = z;
  const top = likely[best]!;
  for (let z = 0; z < themes; z++) likely[z] = Math.exp(likely[z]! - top);
  const sum = total(likely);
  return {
    likely: likely.map((value) => value / sum),
    likeness: columns.length === 0 ? 0 : (scores[best]! - scores[themes]!) / columns.length,
  };
}

/** How many different key words of each theme a text holds. */
export function votesIn(lexicon: Lexicon, themes: number, text: string): Float64Array {
  const votes = new Float64Array(themes);
  const seen = new Set<string>();
  for (const { category, term } of findHits(lexicon, text)) {
    const key = `${category} ${term}`;
    if (!seen.has(key)) votes[Number(category)]!++;
    seen.add(key);
  }
  return votes;
}

export function knownTerms(model: GuidedModel, terms: Terms): number[] {
  return terms.map((term) => model.numbers.get(term)).filter((number) => number !== undefined);
}

/** A theme's words count even when denied: "没有优惠" is about the price. */
function lexiconOf(themes: readonly Theme[]): Lexicon {
  const categories = themes.map(({ words }, z) => [String(z), { terms: words, negatable: false }]);
  return compileLexicon({ frame: Object.fromEntries(categories) });
}

/** The terms under which a key word is counted. */
function termsOfWord(word: string): Terms {
  const folded = fold(word);
  if (folded.charCodeAt(0) >= 0x3400) return [folded, `#${folded}`];
  return [folded.split(' ').map(stemOf).join(' ')];
}

const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
