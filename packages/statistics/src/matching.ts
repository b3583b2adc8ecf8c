import type { Interval } from './interval.ts';
import { criticalZ } from './normal.ts';

export interface Candidate {
  id: string;
  /** Must be the same for a match: tier, channel, region … */
  stratum: string;
  /** Should be near: tenure, value, orders before … in the same order for all. */
  near: readonly number[];
}

export interface Matched<T extends Candidate> {
  pairs: { treated: T; control: T }[];
  /** Treated without a control in their stratum and near enough: they count for nothing afterwards. */
  unmatched: T[];
  /** Per `near` column, (mean of treated − mean of controls) ÷ pooled spread of all treated and controls. */
  imbalance: { before: number[]; after: number[] };
}

/**
 * One control for each treated, exact on the stratum, nearest within it, each control used once. Distance is Euclid's over
 * columns divided by their pooled spread; farther than `caliper` such spreads is no match. Greedy in the order of ids, ties
 * by id, so the same people give the same pairs in whatever order they come. P. R. Rosenbaum, D. B. Rubin, The American
 * Statistician 39 (1985) 33–38, doi 10.1080/00031305.1985.10479383; imbalance as standardised difference, of which .1 is
 * the usual limit, P. C. Austin, Statistics in Medicine 28 (2009) 3083–3107, doi 10.1002/sim.3697.
 */
export function matchControls<T extends Candidate>(
  treated: readonly T[],
  controls: readonly T[],
  caliper = Number.POSITIVE_INFINITY,
): Matched<T> {
  // Sums depend on the order of their terms in the last digit, and a tie on that.
  const [ours, theirs] = [treated.toSorted(byId), controls.toSorted(byId)];
  const spreads = pooledSpreads(ours, theirs);
  const scale = (one: T) => ({
    one,
    at: one.near.map((value, column) => (spreads[column]! > 0 ? value / spreads[column]! : 0)),
  });
  const free = Map.groupBy(theirs.map(scale), ({ one }) => one.stratum);
  const pairs: { treated: T; control: T }[] = [];
  const unmatched: T[] = [];
  for (const { one, at } of ours.map(scale)) {
    const pool = free.get(one.stratum) ?? [];
    let [best, nearest] = [-1, Number.POSITIVE_INFINITY];
    pool.forEach((control, index) => {
      const distance = squaredDistance(at, control.at);
      if (distance < nearest) [best, nearest] = [index, distance];
    });
    if (best < 0 || Math.sqrt(nearest) > caliper) unmatched.push(one);
    else pairs.push({ treated: one, control: pool.splice(best, 1)[0]!.one });
  }
  const imbalance = (left: readonly T[], right: readonly T[]) =>
    spreads.map((spread, column) =>
      spread > 0
        ? (mean(left.map(({ near }) => near[column]!)) - mean(right.map(({ near }) => near[column]!))) / spread
        : 0,
    );
  return {
    pairs,
    unmatched,
    imbalance: {
      before: imbalance(ours, theirs),
      after: imbalance(
        pairs.map((pair) => pair.treated),
        pairs.map((pair) => pair.control),
      ),
    },
  };
}

/**
 * The mean difference within pairs with its large-sample interval, mean ± z s/√n; for yes-or-no outcomes (1 and 0) that is
 * the paired difference of two proportions (A. Agresti, Categorical Data Analysis, 3rd ed. 2013, ch. 11). Throws
 * RangeError for fewer than two pairs.
 */
export function pairedDifference(differences: readonly number[], confidence = 0.95): Interval {
  const n = differences.length;
  if (n < 2) throw new RangeError('fewer than two pairs');
  const estimate = mean(differences);
  const variance = differences.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / (n - 1);
  const reach = criticalZ(confidence) * Math.sqrt(variance / n);
  return { estimate, lower: estimate - reach, upper: estimate + reach };
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let column = 0; column < a.length; column++) sum += (a[column]! - b[column]!) ** 2;
  return sum;
}

const byId = (a: Candidate, b: Candidate): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** √((s²treated + s²controls) / 2) of each column. */
function pooledSpreads(treated: readonly Candidate[], controls: readonly Candidate[]): number[] {
  const width = (treated[0] ?? controls[0])?.near.length ?? 0;
  return Array.from({ length: width }, (_, column) => {
    const sides = [treated, controls].map((side) => variance(side.map(({ near }) => near[column]!)));
    return Math.sqrt((sides[0]! + sides[1]!) / 2);
  });
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.length < 2 ? 0 : values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}
