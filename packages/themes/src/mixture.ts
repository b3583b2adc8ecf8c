import { type Random, shuffled } from './random.ts';
import type { Counts } from './vocabulary.ts';

export interface MixtureOptions {
  /** The most themes there can be; some end up empty. */
  themes: number;
  /** Pseudo-comments per theme. */
  alpha: number;
  /** Pseudo-counts per term and theme: small makes many narrow themes, large few wide ones. */
  beta: number;
  sweeps: number;
  /** Temperature of the first sweep; falls to 0 linearly over the first 70 % of the sweeps. */
  heat: number;
  /** Where to start; at random without. */
  start?: Int32Array;
}

/**
 * The theme of each comment by the Dirichlet multinomial mixture for short texts (GSDMM: Yin & Wang, KDD 2014,
 * doi 10.1145/2623330.2623715), collapsed Gibbs sampling annealed to a maximum: at temperature T a comment
 * goes to theme z with probability ∝ p(z)^(1/T); at 0 to the best one. Stops when a sweep at 0 moves less than a
 * thousandth of the comments.
 */
export function mixture({ starts, columns, vocabulary }: Counts, options: MixtureOptions, random: Random): Int32Array {
  const { themes, alpha, beta, sweeps, heat } = options;
  const rows = starts.length - 1;
  const theme = options.start?.slice() ?? Int32Array.from({ length: rows }, () => Math.floor(random() * themes));
  const logs = logTable(rows + 1, beta);
  const sizeLogs = logTable(rows + 1, alpha);
  const rising = risingLogs(columns.length + 1, beta * vocabulary.length);
  const sizes = new Int32Array(themes);
  const totals = new Int32Array(themes);
  const counts = new Int32Array(vocabulary.length * themes);
  const weights = new Float32Array(vocabulary.length * themes).fill(logs[0]!);
  const move = (row: number, to: number, by: 1 | -1) => {
    sizes[to]! += by;
    totals[to]! += by * (starts[row + 1]! - starts[row]!);
    for (let at = starts[row]!; at < starts[row + 1]!; at++) {
      const cell = columns[at]! * themes + to;
      counts[cell]! += by;
      weights[cell] = logs[counts[cell]!]!;
    }
  };
  for (let row = 0; row < rows; row++) move(row, theme[row]!, 1);

  const scores = new Float64Array(themes);
  const order = shuffled(rows, random);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const temperature = Math.max(0, heat * (1 - sweep / (0.7 * sweeps)));
    let moved = 0;
    for (const row of order) {
      const own = theme[row]!;
      const from = starts[row]!;
      const to = starts[row + 1]!;
      if (from === to) continue;
      sumRows(weights, columns, from, to, themes, scores);
      for (let z = 0; z < themes; z++) {
        scores[z]! += sizeLogs[sizes[z]!]! + rising[totals[z]!]! - rising[totals[z]! + to - from]!;
      }
      scores[own] = sizeLogs[sizes[own]! - 1]! + rising[totals[own]! - to + from]! - rising[totals[own]!]!;
      for (let at = from; at < to; at++) scores[own]! += logs[counts[columns[at]! * themes + own]! - 1]!;
      const next = temperature < 0.05 ? indexOfMax(scores) : draw(scores, temperature, random);
      if (next === own) continue;
      moved++;
      move(row, own, -1);
      move(row, next, 1);
      theme[row] = next;
    }
    if (temperature < 0.05 && moved < rows / 1000) break;
  }
  return theme;
}

/** Log probability of comments and themes together, parameters integrated out; what `mixture` climbs. */
export function jointLikelihood(
  { starts, columns, vocabulary }: Counts,
  themeOf: Int32Array,
  { themes, alpha, beta }: Pick<MixtureOptions, 'themes' | 'alpha' | 'beta'>,
): number {
  const counts = new Int32Array(vocabulary.length * themes);
  const totals = new Int32Array(themes);
  const sizes = new Int32Array(themes);
  themeOf.forEach((theme, row) => {
    sizes[theme]!++;
    totals[theme]! += starts[row + 1]! - starts[row]!;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) counts[columns[at]! * themes + theme]!++;
  });
  const ofSize = risingLogs(themeOf.length, alpha);
  const ofTotal = risingLogs(columns.length, beta * vocabulary.length);
  const ofCount = risingLogs(themeOf.length, beta);
  let joint = -risingLogs(themeOf.length, alpha * themes)[themeOf.length]!;
  for (let z = 0; z < themes; z++) joint += ofSize[sizes[z]!]! - ofTotal[totals[z]!]!;
  for (const n of counts) joint += ofCount[n]!;
  return joint;
}

/** scores = Σ of the rows of `weights` (themes wide) that a comment's terms name; four at a time. */
export function sumRows(
  weights: Float32Array,
  columns: Int32Array,
  from: number,
  to: number,
  themes: number,
  scores: Float64Array,
): void {
  scores.fill(0);
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const a = columns[at]! * themes;
    const b = columns[at + 1]! * themes;
    const c = columns[at + 2]! * themes;
    const d = columns[at + 3]! * themes;
    for (let z = 0; z < themes; z++) {
      scores[z]! += weights[a + z]! + weights[b + z]! + weights[c + z]! + weights[d + z]!;
    }
  }
  for (; at < to; at++) {
    const a = columns[at]! * themes;
    for (let z = 0; z < themes; z++) scores[z]! += weights[a + z]!;
  }
}

function logTable(length: number, offset: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => Math.log(index + offset));
}

/** Entry n = Σ log(offset + i) over i < n, so a difference of two entries is the log of a rising factorial. */
export function risingLogs(length: number, offset: number): Float64Array {
  const sums = new Float64Array(length + 1);
  for (let index = 0; index < length; index++) sums[index + 1] = sums[index]! + Math.log(index + offset);
  return sums;
}

export function indexOfMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}

function draw(scores: Float64Array, temperature: number, random: Random): number {
  const top = scores[indexOfMax(scores)]!;
  let sum = 0;
  for (let z = 0; z < scores.length; z++) {
    const below = (scores[z]! - top) / temperature;
    // What is this unlikely is never drawn, and most themes are.
    scores[z] = below < -30 ? 0 : Math.exp(below);
    sum += scores[z]!;
  }
  let left = random() * sum;
  for (let z = 0; z < scores.length; z++) {
    left -= scores[z]!;
    if (left < 0) return z;
  }
  return scores.length - 1;
}
