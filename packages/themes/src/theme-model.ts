import { indexOfMax } from './mixture.ts';
import type { Terms } from './tokens.ts';
import type { Counts } from './vocabulary.ts';

/** What a theme's comments are made of, as a multinomial over terms; enough to find the theme of a new comment. */
export interface ThemeModel {
  readonly themes: number;
  readonly numbers: ReadonlyMap<string, number>;
  /** Log probability of term t in theme z at t × (themes + 1) + z; in the last column that in all comments. */
  readonly logs: Float32Array;
  /** Log share of each theme. */
  readonly shares: Float64Array;
}

const smoothing = 0.1;

/** Multinomial naive Bayes (McCallum & Nigam, AAAI-98 workshop) from comments whose themes are known. */
export function learn(
  { starts, columns, vocabulary, frequency }: Counts,
  themeOf: Int32Array,
  themes: number,
): ThemeModel {
  const width = themes + 1;
  const counts = new Float64Array(vocabulary.length * width);
  const totals = new Float64Array(width);
  const sizes = new Float64Array(themes).fill(1);
  themeOf.forEach((theme, row) => {
    if (theme < 0) return;
    sizes[theme]!++;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) counts[columns[at]! * width + theme]!++;
    totals[theme]! += starts[row + 1]! - starts[row]!;
  });
  frequency.forEach((all, term) => {
    counts[term * width + themes] = all;
    totals[themes]! += all;
  });
  const logTotals = totals.map((total) => Math.log(total + smoothing * vocabulary.length));
  const logs = Float32Array.from(counts, (n, cell) => Math.log(n + smoothing) - logTotals[cell % width]!);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  return {
    themes,
    numbers: new Map(vocabulary.map((term, number) => [term, number])),
    logs,
    shares: sizes.map((size) => Math.log(size / all)),
  };
}

/**
 * The theme of a comment, or −1 when no term is known. `likeness` is the mean over its terms of log p(term | theme) −
 * log p(term): at 0 or below the comment is no more like the theme than like any comment. `given` fixes the theme.
 */
export function bestTheme(model: ThemeModel, terms: Terms, given?: number): { theme: number; likeness: number } {
  const width = model.themes + 1;
  const scores = new Float64Array(width);
  let known = 0;
  for (const term of terms) {
    const number = model.numbers.get(term);
    if (number === undefined) continue;
    known++;
    for (let z = 0; z < width; z++) scores[z]! += model.logs[number * width + z]!;
  }
  if (known === 0) return { theme: -1, likeness: 0 };
  const theme = given ?? indexOfMax(model.shares.map((share, z) => share + scores[z]!));
  return { theme, likeness: (scores[theme]! - scores[model.themes]!) / known };
}
