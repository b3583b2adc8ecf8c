import { fold } from '@heard/text/fold';
import { ensemble } from './ensemble.ts';
import { sampled } from './sample.ts';
import { bestTheme, learn, type ThemeModel } from './theme-model.ts';
import { estimateThemes } from './theme-number.ts';
import { type Terms, termsOf } from './tokens.ts';
import { count } from './vocabulary.ts';
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

/** How many times more or fewer themes than the data now call for are let be: the call itself varies. */
const slack = 1.3;

/**
 * Themes of comments without guidance. Nothing depends on the order of the comments or on how often one is repeated:
 * distinct texts are sorted and counted once. Themes are numbered by size, the largest 0.
 */
export function discover(comments: readonly string[], options: DiscoverOptions = {}): Discovered {
  const { least = 2, most = 100, seed = 1 } = options;
  const keys = comments.map(textKey);
  const distinct = [...new Set(keys)].sort();
  const terms = new Map(distinct.map((text) => [text, termsOf(text)]));
  const learnt = sampled(distinct);
  const counts = count(learnt.map((text) => terms.get(text)!));
  const isEmpty = (row: number) => counts.starts[row] === counts.starts[row + 1];
  const known = Int32Array.from(learnt, (text) => options.start?.get(text) ?? -1);
  const before = new Set(known.filter((theme) => theme >= 0)).size;
  const chosen = () => {
    const estimate = estimateThemes(distinct, terms, most, seed);
    const steady = before === 0 ? estimate : Math.round(bounded(before, estimate / slack, estimate * slack));
    return bounded(steady, least, most);
  };
  const wanted = options.themes ?? chosen();
  const grouped = before === 0 ? ensemble(counts, wanted, seed) : continued(counts, known, wanted, seed);
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

const bounded = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/** The largest theme becomes number 0; −1 stays. */
function bySize(themeOf: Int32Array): Int32Array {
  const sizes = new Map<number, number>();
  for (const theme of themeOf.filter((one) => one >= 0)) sizes.set(theme, (sizes.get(theme) ?? 0) + 1);
  const order = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
  const number = new Map(order.map((theme, index) => [theme, index]));
  return themeOf.map((theme) => number.get(theme) ?? -1);
}
