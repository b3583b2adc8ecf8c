import { mergeThemes } from './merge.ts';
import { indexOfMax, jointLikelihood, mixture, sumRows } from './mixture.ts';
import { randomFrom } from './random.ts';
import type { Counts } from './vocabulary.ts';

/** Of the comments whose theme is known, this part at most gets another by one run. */
const mayMove = 0.04;
/** How many more themes than the data now call for are let be: the call itself varies. */
const slack = 1.3;
const smoothing = 0.1;
const smooth = { alpha: 1, beta: 0.1 };

/**
 * Themes of a corpus that has grown (or lost comments) since themes were found in it. `known` holds the theme of each
 * comment then, −1 for new ones, which go where a multinomial learnt from the others puts them. Where the data now call
 * for more themes, those are split that gain most likelihood by it; where for far fewer, alike ones are merged; and
 * single comments move, those that gain most first. All of that together gives another theme to at most 4 % of the known comments, so that
 * ids live on. Numbers of themes that were neither split nor merged stay; the larger part of a split theme keeps the number.
 */
export function continued(counts: Counts, known: Int32Array, wanted: number, seed: number): Int32Array {
  let left = Math.floor(mayMove * known.filter((theme) => theme >= 0).length);
  let themes = 1 + known.reduce((a, b) => Math.max(a, b), -1);
  let themeOf = placed(counts, known, themes);
  const isUsed = () => new Set(themeOf).size;

  while (isUsed() > Math.max(1, wanted) * slack) {
    const merged = mergedOnce(counts, themeOf, themes);
    const cost = moves(known, themeOf, merged);
    if (cost > left) break;
    left -= cost;
    themeOf = merged;
  }
  const splits =
    isUsed() < wanted ? [...new Set(themeOf)].flatMap((theme) => split(counts, themeOf, known, theme, seed)) : [];
  for (const { rows } of splits.sort((a, b) => b.gain - a.gain)) {
    const cost = rows.filter((row) => known[row]! >= 0).length;
    if (isUsed() >= wanted || cost > left || new Set(rows.map((row) => themeOf[row])).size > 1) continue;
    left -= cost;
    for (const row of rows) themeOf[row] = themes;
    themes++;
  }

  for (let pass = 0; pass < 3; pass++) {
    const { best, gain } = scored(counts, themeOf, themes);
    const inOrder = [...gain.keys()].filter((row) => gain[row]! > 0).sort((a, b) => gain[b]! - gain[a]! || a - b);
    for (const row of inOrder) {
      const isMove = known[row]! >= 0;
      if (isMove && left === 0) continue;
      if (isMove) left--;
      themeOf[row] = best[row]!;
    }
  }
  return themeOf;
}

/** New comments put where those known teach, and once more where all together do. */
function placed(counts: Counts, known: Int32Array, themes: number): Int32Array {
  let themeOf = known;
  for (let pass = 0; pass < 2; pass++) {
    const { best } = scored(counts, themeOf, themes);
    themeOf = known.map((theme, row) => (theme < 0 ? best[row]! : theme));
  }
  return themeOf;
}

/** The likeliest theme of each comment by the others' (multinomial naive Bayes), and how much likelier than its own. */
function scored({ starts, columns, vocabulary }: Counts, themeOf: Int32Array, themes: number) {
  const cells = new Float32Array(vocabulary.length * themes).fill(smoothing);
  const totals = new Float64Array(themes).fill(smoothing * vocabulary.length);
  const sizes = new Float64Array(themes);
  themeOf.forEach((theme, row) => {
    if (theme < 0) return;
    sizes[theme]!++;
    totals[theme]! += starts[row + 1]! - starts[row]!;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) cells[columns[at]! * themes + theme]!++;
  });
  const logs = cells.map((n, cell) => Math.log(n) - Math.log(totals[cell % themes]!));
  const scores = new Float64Array(themes);
  const gain = new Float64Array(themeOf.length);
  const best = themeOf.map((own, row) => {
    sumRows(logs, columns, starts[row]!, starts[row + 1]!, themes, scores);
    for (let z = 0; z < themes; z++) scores[z]! += Math.log(sizes[z]!);
    if (own < 0) return indexOfMax(scores);
    // Its own theme must explain a comment without having learnt from it.
    const length = starts[row + 1]! - starts[row]!;
    scores[own] = Math.log(sizes[own]! - 1 + smoothing) - length * Math.log(totals[own]! - length);
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      scores[own]! += Math.log(cells[columns[at]! * themes + own]! - 1);
    }
    const theme = indexOfMax(scores);
    gain[row] = scores[theme]! - scores[own]!;
    return theme;
  });
  return { best, gain };
}

interface Split {
  /** Of the part that gets a number of its own. */
  rows: number[];
  gain: number;
}

/**
 * A theme in two, where that explains its comments better: any two parts, or the new comments apart from those known,
 * the way a theme that nobody knew looks.
 */
function split(counts: Counts, themeOf: Int32Array, known: Int32Array, theme: number, seed: number): Split[] {
  const rows = [...themeOf.keys()].filter((row) => themeOf[row] === theme);
  const own = rowsOf(counts, rows);
  const whole = jointLikelihood(own, new Int32Array(rows.length), { themes: 1, ...smooth });
  const isNew = Int32Array.from(rows, (row) => (known[row]! < 0 ? 1 : 0));
  const halves = [
    mixture(own, { themes: 2, ...smooth, sweeps: 12, heat: 2 }, randomFrom(seed * 1009 + theme)),
    mixture(own, { themes: 2, ...smooth, sweeps: 5, heat: 0, start: isNew }, randomFrom(seed * 1009 + theme)),
  ];
  return halves.flatMap((half) => {
    const second = half.filter((part) => part === 1).length;
    const smaller = second * 2 <= rows.length ? 1 : 0;
    const inSmaller = Math.min(second, rows.length - second);
    const gain = jointLikelihood(own, half, { themes: 2, ...smooth }) - whole;
    if (gain <= 0 || inSmaller < 2 || inSmaller * 500 < themeOf.length) return [];
    return [{ rows: rows.filter((_, at) => half[at] === smaller), gain }];
  });
}

function rowsOf({ starts, columns, vocabulary, frequency }: Counts, rows: readonly number[]): Counts {
  const parts = rows.map((row) => columns.subarray(starts[row]!, starts[row + 1]!));
  const ends = new Int32Array(rows.length + 1);
  parts.forEach((part, at) => {
    ends[at + 1] = ends[at]! + part.length;
  });
  const all = new Int32Array(ends[rows.length]!);
  parts.forEach((part, at) => {
    all.set(part, ends[at]!);
  });
  return { starts: ends, columns: all, vocabulary, frequency };
}

/** The two most alike themes as one, under the number of the larger. */
function mergedOnce(counts: Counts, themeOf: Int32Array, themes: number): Int32Array {
  const merged = mergeThemes(counts, themeOf, themes, new Set(themeOf).size - 1);
  const sizes = new Map<number, Map<number, number>>();
  themeOf.forEach((theme, row) => {
    const of = sizes.get(merged[row]!) ?? new Map<number, number>();
    sizes.set(merged[row]!, of.set(theme, (of.get(theme) ?? 0) + 1));
  });
  const largest = (of: Map<number, number>) => [...of].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]![0];
  return merged.map((theme) => largest(sizes.get(theme)!));
}

const moves = (known: Int32Array, from: Int32Array, to: Int32Array) =>
  known.filter((theme, row) => theme >= 0 && from[row] !== to[row]).length;
