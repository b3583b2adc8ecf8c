import type { Interval } from '@heard/statistics/interval';
import { type Candidate, type Matched, matchControls, pairedDifference } from '@heard/statistics/matching';

/**
 * Whether recovering customers pays, and whether the recovered end up more loyal than those who were never failed.
 *
 * Recovered customers are compared with customers who were like them before: the same stratum, the nearest in tenure and
 * value, each compared once. Only the difference counts, never what the recovered spent in all. With too few pairs, or
 * pairs that are not alike, nothing is said; a difference whose interval holds nothing is reported as none shown.
 */
export interface Followed extends Candidate {
  retained: boolean;
  /** Spent since, in minor units. */
  revenueMinor: number;
}

export interface Matching {
  /** Farther apart than this many spreads is no match. */
  caliper: number;
  minPairs: number;
  /** The largest standardised difference between the sides of the pairs; .1 is usual. */
  maxImbalance: number;
  confidence: number;
}

/** `not-measured`: the same of everybody on either side, as where nobody brought it. */
export type Finding = 'more' | 'less' | 'no-difference-shown' | 'too-few-pairs' | 'not-alike' | 'not-measured';

export interface Comparison {
  pairs: number;
  unmatched: number;
  imbalance: Matched<Followed>['imbalance'];
  retained: Outcome;
  /** Per customer, in minor units. */
  revenue: Outcome;
}

export interface Outcome {
  finding: Finding;
  /** Recovered − controls; undefined where nothing may be said. */
  difference: Interval | undefined;
}

/** The paradox holds for an outcome found to be `more`. */
export function recoveryParadox(
  recovered: readonly Followed[],
  neverFailed: readonly Followed[],
  matching: Matching,
): Comparison {
  return compare(recovered, neverFailed, matching);
}

export interface RevenueSaved extends Comparison {
  /** Of the matched customers together, in minor units; undefined unless a difference was shown. */
  saved: Interval | undefined;
}

/** Against unhappy customers whom nobody reached. */
export function revenueSaved(
  recovered: readonly Followed[],
  unreached: readonly Followed[],
  matching: Matching,
): RevenueSaved {
  const comparison = compare(recovered, unreached, matching);
  const { finding, difference } = comparison.revenue;
  if (!difference || (finding !== 'more' && finding !== 'less')) return { ...comparison, saved: undefined };
  const total = (perCustomer: number) => perCustomer * comparison.pairs;
  const { estimate, lower, upper } = difference;
  return { ...comparison, saved: { estimate: total(estimate), lower: total(lower), upper: total(upper) } };
}

function compare(treated: readonly Followed[], controls: readonly Followed[], matching: Matching): Comparison {
  const { pairs, unmatched, imbalance } = matchControls(treated, controls, matching.caliper);
  const everybody = [...treated, ...controls];
  const outcome = (of: (one: Followed) => number): Outcome => {
    if (pairs.length < Math.max(2, matching.minPairs)) return { finding: 'too-few-pairs', difference: undefined };
    if (imbalance.after.some((value) => Math.abs(value) > matching.maxImbalance)) {
      return { finding: 'not-alike', difference: undefined };
    }
    if (everybody.every((one) => of(one) === of(everybody[0]!))) {
      return { finding: 'not-measured', difference: undefined };
    }
    const difference = pairedDifference(
      pairs.map((pair) => of(pair.treated) - of(pair.control)),
      matching.confidence,
    );
    if (difference.lower > 0) return { finding: 'more', difference };
    if (difference.upper < 0) return { finding: 'less', difference };
    return { finding: 'no-difference-shown', difference };
  };
  return {
    pairs: pairs.length,
    unmatched: unmatched.length,
    imbalance,
    retained: outcome(({ retained }) => (retained ? 1 : 0)),
    revenue: outcome(({ revenueMinor }) => revenueMinor),
  };
}
