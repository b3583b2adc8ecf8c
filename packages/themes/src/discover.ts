import { fold } from '@heard/text/fold';
import { consensus } from './consensus.ts';
import { latentVectors } from './lsa.ts';
import { membersOf } from './members.ts';
import { mergeThemes } from './merge.ts';
import { jointLikelihood, mixture } from './mixture.ts';
import { randomFrom } from './random.ts';
import { refine } from './refine.ts';
import { sampled } from './sample.ts';
import { bestTheme, learn, type ThemeModel } from './theme-model.ts';
import { type Terms, termsOf } from './tokens.ts';
import { type Counts, count, withoutRare } from './vocabulary.ts';
import { continued } from './warm.ts';

export interface DiscoverOptions {
  /** At most how many themes; chosen by the data, between `least` and `most`, without. */
  themes?: number;
  least?: number;
  most?: number;
  seed?: number;
  /** Themes found before, by `textKey` of the comments: they go on as far as the comments allow. */
  start?: ReadonlyMap<string, number>;
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

/** Comments of one key have one theme. */
export const textKey = (comment: string): string => fold(comment).trim();

/** Comments of more terms than this agree on few of them, and the subspace sees more than the single terms. */
const longComment = 20;
const members = 6;

/**
 * Themes of comments without guidance. Nothing depends on the order of the comments or on how often one is repeated:
 * distinct texts are sorted and counted once. Several annealed mixtures, on long comments with the themes of latent
 * vectors as further terms, are made into one by consensus. Themes are numbered by size, the largest 0.
 */
export function discover(comments: readonly string[], options: DiscoverOptions = {}): Discovered {
  const { least = 2, most = 100, seed = 1 } = options;
  const keys = comments.map(textKey);
  const distinct = [...new Set(keys)].sort();
  const terms = new Map(distinct.map((text) => [text, termsOf(text)]));
  const learnt = sampled(distinct);
  const counts = count(learnt.map((text) => terms.get(text)!));
  const bounded = (themes: number) => Math.max(least, Math.min(most, themes));
  const wanted = options.themes ?? bounded(estimateThemes(distinct, terms, most, seed));
  const isEmpty = (row: number) => counts.starts[row] === counts.starts[row + 1];
  const known = Int32Array.from(learnt, (text) => options.start?.get(text) ?? -1);
  const isKnown = known.some((theme) => theme >= 0);
  const grouped = isKnown ? continued(counts, known, wanted, seed) : combine(counts, wanted, seed);
  const found = bySize(grouped.map((theme, row) => (isEmpty(row) ? -1 : theme)));
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

/**
 * The consensus of several answers, each with twice the themes wanted, is merged: k-means and mixtures alike prefer
 * themes of one size, and cut large ones up.
 */
function combine(counts: Counts, themes: number, seed: number): Int32Array {
  const finer = themes * 2;
  const seeds = Array.from({ length: members }, (_, at) => seed * 1009 + at);
  const random = randomFrom(seed * 1009 + members);
  const rows = counts.starts.length - 1;
  if (counts.columns.length / rows <= longComment) {
    const fine = consensus(membersOf({ counts, themes: finer }, seeds), finer, random);
    return mergeThemes(counts, fine, finer, themes);
  }
  const known = rows < 1000 ? counts : withoutRare(counts, 5);
  const vectors = latentVectors(known, 60, random);
  const rough = consensus(membersOf({ counts: known, themes: finer, vectors }, seeds), finer, random);
  const fine = refine(known, rough, finer, 5);
  return refine(known, mergeThemes(known, fine, finer, themes), themes, 8);
}

/**
 * How many themes a mixture finds that is given more than enough of them: the exponential of the entropy of their sizes
 * (Hill, Ecology 54, 1973), as how many small ones it keeps is chance, on average over three. How readily it opens
 * themes depends on the smoothing; the data choose that as well, by the likelihood of the outcome.
 */
function estimateThemes(texts: string[], terms: ReadonlyMap<string, Terms>, most: number, seed: number): number {
  const counts = count(sampled(texts, 2000).map((text) => terms.get(text)!));
  const themes = Math.min(most, Math.ceil((counts.starts.length - 1) / 5));
  const found = (beta: number, start: number) => {
    const themeOf = mixture(counts, { themes, alpha: 1, beta, sweeps: 10, heat: 3 }, randomFrom(start));
    return { beta, themeOf, likelihood: jointLikelihood(counts, themeOf, { themes, alpha: 1, beta }) };
  };
  const tried = [0.05, 0.1, 0.2, 0.3].map((beta) => found(beta, seed));
  const best = tried.reduce((best, one) => (one.likelihood > best.likelihood ? one : best));
  const likeBest = [best, found(best.beta, seed + 1), found(best.beta, seed + 2)];
  const numbers = likeBest.map(({ themeOf }) => effectiveNumber(themeOf, themes));
  return Math.round(numbers.reduce((sum, one) => sum + one, 0) / numbers.length);
}

function effectiveNumber(themeOf: Int32Array, themes: number): number {
  const sizes = new Float64Array(themes);
  for (const theme of themeOf) sizes[theme]!++;
  const shares = sizes.map((size) => size / themeOf.length);
  return Math.exp(-shares.reduce((sum, share) => (share === 0 ? sum : sum + share * Math.log(share)), 0));
}

/** The largest theme becomes number 0; −1 stays. */
function bySize(themeOf: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const theme of themeOf.filter((one) => one >= 0)) sizes.set(theme, (sizes.get(theme) ?? 0) + 1);
  const order = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
  const number = new Map(order.map((theme, index) => [theme, index]));
  return themeOf.map((theme) => number.get(theme) ?? -1);
}
