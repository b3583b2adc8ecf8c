import { fold } from '@heard/text/fold';
import { consensus } from './consensus.ts';
import { latentVectors, sphericalKMeans } from './lsa.ts';
import { mixture } from './mixture.ts';
import { type Random, randomFrom } from './random.ts';
import { sampled } from './sample.ts';
import { bestTheme, learn, type ThemeModel } from './theme-model.ts';
import { type Terms, termsOf } from './tokens.ts';
import { type Counts, count } from './vocabulary.ts';

export interface DiscoverOptions {
  /** At most how many themes; chosen by the data, between `least` and `most`, without. */
  themes?: number;
  least?: number;
  most?: number;
  seed?: number;
}

export interface Discovered {
  /** Of each comment in the order given; −1 where it holds no term the others know. */
  themeOf: Int32Array;
  /** 1 where a comment is no more like its theme than like any comment: to be kept apart. */
  outlier: Uint8Array;
  themes: number;
  model: ThemeModel;
  /** The terms of each distinct text, folded and trimmed: cutting texts into words is a good part of the work. */
  terms: ReadonlyMap<string, Terms>;
}

/** Comments of more terms than this agree on few of them, and the subspace sees more than the single terms. */
const longComment = 20;
const memberCount = 5;
/** Which two of the four clusterings each member sees, so that no two see the same. */
const viewPairs = [
  [0, 1],
  [2, 3],
  [0, 2],
  [1, 3],
  [0, 3],
];

/**
 * Themes of comments without guidance. Nothing depends on the order of the comments or on how often one is repeated:
 * distinct texts are sorted and counted once. Several annealed mixtures, on long comments with the themes of latent
 * vectors as further terms, are made into one by consensus. Themes are numbered by size, the largest 0.
 */
export function discover(comments: readonly string[], options: DiscoverOptions = {}): Discovered {
  const { least = 2, most = 100, seed = 1 } = options;
  const keys = comments.map((comment) => fold(comment).trim());
  const distinct = [...new Set(keys)].sort();
  const terms = new Map(distinct.map((text) => [text, termsOf(text)]));
  const learnt = sampled(distinct);
  const counts = count(learnt.map((text) => terms.get(text)!));
  const bounded = (themes: number) => Math.max(least, Math.min(most, themes));
  const wanted = options.themes ?? bounded(estimateThemes(counts, most, seed));
  const isEmpty = (row: number) => counts.starts[row] === counts.starts[row + 1];
  const found = bySize(combine(counts, wanted, seed).map((theme, row) => (isEmpty(row) ? -1 : theme)));
  const themes = 1 + found.reduce((a, b) => Math.max(a, b), -1);
  const model = learn(counts, found, themes);

  const themeByText = new Map(learnt.map((text, row) => [text, found[row]!]));
  const likeness = new Map<string, number>();
  for (const text of distinct) {
    const best = bestTheme(model, terms.get(text)!, themeByText.get(text));
    themeByText.set(text, best.theme);
    likeness.set(text, best.likeness);
  }
  return {
    themeOf: Int32Array.from(keys, (text) => themeByText.get(text)!),
    outlier: Uint8Array.from(keys, (text) => (likeness.get(text)! <= 0 ? 1 : 0)),
    themes,
    model,
    terms,
  };
}

function combine(counts: Counts, themes: number, seed: number): Int32Array {
  const rows = counts.starts.length - 1;
  const beta = themes > 30 ? 0.1 : 0.3;
  const isLong = counts.columns.length / rows > longComment;
  const views = isLong ? latentThemes(counts, themes * 2, randomFrom(seed)) : undefined;
  const members = Array.from({ length: memberCount }, (_, member) => {
    const seen = views
      ? withThemes(
          counts,
          viewPairs[member]!.map((view) => views[view]!),
        )
      : counts;
    return mixture(seen, { themes, alpha: 1, beta, sweeps: 30, heat: 3 }, randomFrom(seed * 1009 + member));
  });
  return consensus(members, themes, randomFrom(seed * 1009 + memberCount));
}

/** Four clusterings of the same latent vectors, cut finer than the themes. */
function latentThemes(counts: Counts, themes: number, random: Random): Int32Array[] {
  const vectors = latentVectors(counts, 60, random);
  return [0, 1, 2, 3].map(() => sphericalKMeans(vectors, themes, 8, random));
}

/** Each comment's theme by every member as two further terms; a single one the words outvote. */
function withThemes(counts: Counts, members: readonly Int32Array[]): Counts {
  const { starts, columns, vocabulary, frequency } = counts;
  const rows = starts.length - 1;
  const width = 1 + members.reduce((most, member) => member.reduce((a, b) => Math.max(a, b), most), 0);
  const added = members.length * 2;
  const to = new Int32Array(columns.length + rows * added);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    to.set(columns.subarray(starts[row]!, starts[row + 1]!), end);
    end += starts[row + 1]! - starts[row]!;
    for (let copy = 0; copy < added; copy++) to[end++] = vocabulary.length + copy * width + members[copy >> 1]![row]!;
  }
  return {
    starts: starts.map((start, row) => start + row * added),
    columns: to,
    vocabulary: [...vocabulary, ...Array.from({ length: width * added }, (_, index) => `theme ${index}`)],
    frequency,
  };
}

/** Themes that a mixture given more than enough of them keeps filled with at least a 500th of the comments. */
function estimateThemes(counts: Counts, most: number, seed: number): number {
  const rows = counts.starts.length - 1;
  const themes = Math.min(most, Math.ceil(rows / 5));
  const found = mixture(counts, { themes, alpha: 1, beta: 0.2, sweeps: 15, heat: 3 }, randomFrom(seed));
  const sizes = new Int32Array(themes);
  for (const theme of found) sizes[theme]!++;
  return sizes.filter((size) => size * 500 >= rows).length;
}

/** The largest theme becomes number 0; −1 stays. */
function bySize(themeOf: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const theme of themeOf.filter((one) => one >= 0)) sizes.set(theme, (sizes.get(theme) ?? 0) + 1);
  const order = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
  const number = new Map(order.map((theme, index) => [theme, index]));
  return themeOf.map((theme) => number.get(theme) ?? -1);
}
