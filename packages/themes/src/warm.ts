import { matched } from './agreement.ts';
import { ensemble } from './ensemble.ts';
import { indexOfMax } from './mixture.ts';
import { learn } from './theme-model.ts';
import type { Counts } from './vocabulary.ts';

/** Of the comments whose theme is known, this part at most gets another by one run. */
const mayMove = 0.04;
/** A found theme carries on a known one if this part of the known comments of either is of both. */
const leastCommon = 0.1;

/**
 * Themes of a corpus that has grown (or lost comments) since themes were found in it. `known` holds the theme of each
 * comment then, −1 for new ones. Themes are found anew, where those known vote as well, and each takes the
 * number of the known one it shares most with, or a number of its own. New comments go where they are found, known ones
 * only as far as ids live on: at most 4 % of them by one run. What is left of themes that are not carried on goes first,
 * the smallest theme before others, then the comments that gain most likelihood.
 */
export function continued(counts: Counts, known: Int32Array, wanted: number, seed: number): Int32Array {
  const found = ensemble(counts, wanted, seed, placed(counts, known));
  const target = carriedOn(known, found);
  const likelihood = likelihoods(counts, target, 1 + Math.max(largest(known), largest(target)));
  const carried = new Set(target);
  const sizes = new Map<number, number>();
  for (const theme of known) sizes.set(theme, (sizes.get(theme) ?? 0) + 1);
  const movers = [...known.keys()]
    .filter((row) => known[row]! >= 0 && target[row] !== known[row])
    .map((row) => {
      const theme = known[row]!;
      const rank = carried.has(theme) ? known.length : sizes.get(theme)!;
      return { row, rank, gain: likelihood(row, target[row]!) - likelihood(row, theme) };
    })
    .sort((a, b) => a.rank - b.rank || b.gain - a.gain || a.row - b.row);
  const most = Math.floor(mayMove * known.filter((theme) => theme >= 0).length);
  for (const { row } of movers.slice(most)) target[row] = known[row]!;
  return target;
}

/** The known themes, and of each new comment the one that it is likeliest to have. */
function placed(counts: Counts, known: Int32Array): Int32Array {
  const themes = 1 + largest(known);
  const likelihood = likelihoods(counts, known, themes);
  return known.map((theme, row) =>
    theme < 0 ? indexOfMax(Array.from({ length: themes }, (_, z) => likelihood(row, z))) : theme,
  );
}

/** Log likelihood of a comment and a theme together, by a multinomial learnt from the themes given (−1 teaches none). */
function likelihoods(counts: Counts, themeOf: Int32Array, themes: number): (row: number, theme: number) => number {
  const { logs, shares } = learn(counts, themeOf, themes);
  const { starts, columns } = counts;
  return (row, theme) => {
    let sum = shares[theme]!;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) sum += logs[columns[at]! * (themes + 1) + theme]!;
    return sum;
  };
}

/** The themes found, under the numbers of the known ones they carry on (most comments in common); the others after those. */
function carriedOn(known: Int32Array, found: Int32Array): Int32Array {
  const rows = [...known.keys()].filter((row) => known[row]! >= 0);
  const before = rows.map((row) => known[row]!);
  const now = rows.map((row) => found[row]!);
  const carries = matched(now, before);
  const pairs = new Map(now.map((theme, at) => [theme, { number: carries[at]!, both: 0, before: 0, now: 0 }]));
  const byNumber = new Map(pairs.values().map((pair) => [pair.number, pair]));
  now.forEach((theme, at) => {
    const pair = pairs.get(theme)!;
    pair.now++;
    if (before[at] === pair.number) pair.both++;
    const other = byNumber.get(before[at]!);
    if (other) other.before++;
  });
  const isCarrying = (theme: number) => {
    const pair = pairs.get(theme);
    return pair !== undefined && pair.both >= leastCommon * (pair.before + pair.now - pair.both);
  };
  let next = 1 + largest(known);
  const themes = [...new Set(found)].sort((a, b) => a - b);
  const numbers = new Map(themes.map((theme) => [theme, isCarrying(theme) ? pairs.get(theme)!.number : next++]));
  return found.map((theme) => numbers.get(theme)!);
}

const largest = (values: Int32Array) => values.reduce((a, b) => Math.max(a, b), -1);
