import type { Interval } from './interval.ts';
import { criticalZ, normalTail } from './normal.ts';

export interface Coefficient {
  name: string;
  /** Log odds per unit of the column. */
  estimate: number;
  error: number;
  z: number;
  p: number;
  /** e^estimate with Wald limits. */
  oddsRatio: Interval;
}

export type LogisticFit =
  | { outcome: 'fitted'; coefficients: Coefficient[]; logLikelihood: number; rounds: number }
  /** Some combination of the columns tells the outcomes apart without error: the estimates have no finite maximum. */
  | { outcome: 'separated'; by: string[] }
  /** A column is constant or a sum of others: nothing can tell their parts apart. */
  | { outcome: 'collinear' };

const MOST_ROUNDS = 40;

/**
 * Logistic regression with an intercept by iteratively reweighted least squares (Newton's method, from β = 0), Wald
 * intervals from the inverse Fisher information: P. McCullagh, J. A. Nelder, Generalized Linear Models, 2nd ed. 1989,
 * §4.4, doi 10.1201/9780203753736. Ends when no coefficient, in spreads of its column, moves by more than 1e-10.
 *
 * Columns are centred and scaled inside, so years beside cents do no harm; estimates are per unit as given. Under separation
 * (A. Albert, J. A. Anderson, Biometrika 71 (1984) 1–10, doi 10.1093/biomet/71.1.1) the likelihood settles while
 * coefficients grow for ever: that is said, with the columns that grow, instead of a number.
 */
export function logistic(
  columns: Readonly<Record<string, readonly number[]>>,
  outcomes: readonly boolean[],
  confidence = 0.95,
): LogisticFit {
  const names = Object.keys(columns);
  const n = outcomes.length;
  if (names.some((name) => columns[name]!.length !== n)) throw new RangeError('columns and outcomes differ in length');
  const scaled = names.map((name) => scale(columns[name]!));
  if (n === 0 || scaled.some(({ spread }) => !(spread > 0))) return { outcome: 'collinear' };
  const width = names.length + 1;
  const rows = outcomes.map((_, row) => [1, ...scaled.map(({ values }) => values[row]!)]);
  let beta = new Array<number>(width).fill(0);
  let likelihood = Number.NEGATIVE_INFINITY;
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    const { score, information } = derivatives(rows, outcomes, beta);
    const root = cholesky(information);
    if (!root) return round === 1 ? { outcome: 'collinear' } : separated(names, beta);
    const step = solve(root, score);
    let next = beta.map((value, at) => value + step[at]!);
    let reached = logLikelihood(rows, outcomes, next);
    for (let halving = 0; reached < likelihood - 1e-9 * Math.abs(likelihood) && halving < 30; halving++) {
      next = next.map((value, at) => (value + beta[at]!) / 2);
      reached = logLikelihood(rows, outcomes, next);
    }
    const moved = Math.max(...next.map((value, at) => Math.abs(value - beta[at]!)));
    beta = next;
    likelihood = reached;
    if (moved < 1e-10) {
      const last = cholesky(derivatives(rows, outcomes, beta).information);
      if (!last) return separated(names, beta);
      return { outcome: 'fitted', coefficients: describe(last), logLikelihood: likelihood, rounds: round };
    }
  }
  return separated(names, beta);

  function describe(root: number[][]): Coefficient[] {
    const z = criticalZ(confidence);
    // β of the columns as given = jacobian · β of the scaled ones.
    const jacobian = [
      [1, ...scaled.map(({ mean, spread }) => -mean / spread)],
      ...scaled.map(({ spread }, at) => Array.from({ length: width }, (_, to) => (to === at + 1 ? 1 / spread : 0))),
    ];
    return ['intercept', ...names].map((name, at) => {
      const weights = jacobian[at]!;
      const estimate = dot(weights, beta);
      const error = Math.sqrt(dot(weights, solve(root, weights)));
      const limits = { lower: Math.exp(estimate - z * error), upper: Math.exp(estimate + z * error) };
      const p = 2 * normalTail(Math.abs(estimate / error));
      return { name, estimate, error, z: estimate / error, p, oddsRatio: { estimate: Math.exp(estimate), ...limits } };
    });
  }
}

/** Those past ±8 spreads on the log-odds scale grow; where none is that far yet, the farthest does. */
function separated(names: readonly string[], beta: readonly number[]): LogisticFit {
  const sizes = beta.slice(1).map(Math.abs);
  const bound = Math.min(8, Math.max(...sizes));
  return { outcome: 'separated', by: names.filter((_, at) => sizes[at]! >= bound) };
}

function scale(values: readonly number[]): { values: number[]; mean: number; spread: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { values: values.map((value) => (value - mean) / spread), mean, spread };
}

function derivatives(rows: readonly number[][], outcomes: readonly boolean[], beta: readonly number[]) {
  const width = beta.length;
  const score = new Array<number>(width).fill(0);
  const information = Array.from({ length: width }, () => new Array<number>(width).fill(0));
  rows.forEach((row, at) => {
    const chance = 1 / (1 + Math.exp(-dot(row, beta)));
    const residual = (outcomes[at] ? 1 : 0) - chance;
    const weight = chance * (1 - chance);
    for (let i = 0; i < width; i++) {
      score[i]! += row[i]! * residual;
      for (let j = 0; j <= i; j++) information[i]![j]! += weight * row[i]! * row[j]!;
    }
  });
  return { score, information };
}

function logLikelihood(rows: readonly number[][], outcomes: readonly boolean[], beta: readonly number[]): number {
  return rows.reduce((sum, row, at) => {
    const signed = outcomes[at] ? -dot(row, beta) : dot(row, beta);
    return sum - (Math.max(0, signed) + Math.log1p(Math.exp(-Math.abs(signed))));
  }, 0);
}

/** Lower triangle L with L·Lᵀ = the matrix (of which only the lower half is read); undefined when it has no full rank. */
function cholesky(matrix: readonly number[][]): number[][] | undefined {
  const root = matrix.map(() => new Array<number>(matrix.length).fill(0));
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]![j]!;
      for (let k = 0; k < j; k++) rest -= root[i]![k]! * root[j]![k]!;
      if (i !== j) root[i]![j] = rest / root[j]![j]!;
      else if (rest > 1e-12 * matrix[i]![i]!) root[i]![i] = Math.sqrt(rest);
      else return undefined;
    }
  }
  return root;
}

function solve(root: readonly number[][], right: readonly number[]): number[] {
  const forward: number[] = [];
  for (let i = 0; i < right.length; i++) {
    let rest = right[i]!;
    for (let k = 0; k < i; k++) rest -= root[i]![k]! * forward[k]!;
    forward.push(rest / root[i]![i]!);
  }
  const result = new Array<number>(right.length);
  for (let i = right.length - 1; i >= 0; i--) {
    let rest = forward[i]!;
    for (let k = i + 1; k < right.length; k++) rest -= root[k]![i]! * result[k]!;
    result[i] = rest / root[i]![i]!;
  }
  return result;
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
