import type { Sided } from './interval.ts';
import { normalCdf, normalQuantile } from './normal.ts';

/** A comparison to be made: `before` of the first side have been or will be counted, with `share` expected of them. */
export interface Plan {
  share: number;
  expectedShare: number;
  before: number;
  alpha: number;
  sided: Sided;
  /** Compared by difference in differences: its share stays, and for each comment of the second side it has `perAfter`. */
  control?: { share: number; before: number; perAfter: number };
}

/**
 * The chance that the test of the plan calls the expected change when the second side has `after` comments:
 * Φ((|p₂ − p₁| − z √(p̄q̄(1/n₁ + 1/n₂))) / √(p₁q₁/n₁ + p₂q₂/n₂)), for a two-sided test with the other tail added.
 * J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, 3rd ed. 2003, ch. 4 (R's
 * power.prop.test with strict). Where Fisher's test will be used (a cell expects fewer than 5), with their continuity
 * correction, ½(1/n₁ + 1/n₂) off the difference. With a control group the four unpooled variances are added.
 * An expectation against the side of the test is never called: 0.
 */
export function power(plan: Plan, after: number): number {
  const { share, expectedShare, before, alpha, sided, control } = plan;
  if (!(after > 0 && before > 0)) return 0;
  const drop = share - expectedShare;
  if ((sided === 'fell' && drop <= 0) || (sided === 'rose' && drop >= 0)) return 0;
  const pooled = (before * share + after * expectedShare) / (before + after);
  const each = 1 / before + 1 / after;
  let ofTruth = (share * (1 - share)) / before + (expectedShare * (1 - expectedShare)) / after;
  let ofTest = pooled * (1 - pooled) * each;
  let difference = Math.abs(drop);
  if (control) {
    ofTruth += control.share * (1 - control.share) * (1 / control.before + 1 / (after * control.perAfter));
    ofTest = ofTruth;
  } else if (Math.min(before, after) * Math.min(pooled, 1 - pooled) < 5) {
    difference = Math.max(0, difference - each / 2);
  }
  if (ofTruth === 0) return 1;
  const z = -normalQuantile(sided === 'two' ? alpha / 2 : alpha) * Math.sqrt(ofTest);
  const error = Math.sqrt(ofTruth);
  return normalCdf((difference - z) / error) + (sided === 'two' ? normalCdf((-difference - z) / error) : 0);
}

/** The fewest comments of the second side that give at least the wanted power; Infinity if no number does. */
export function neededAfter(plan: Plan, wanted: number): number {
  return fewest((after) => power(plan, after) >= wanted);
}

/** The fewest comments on each of two equal sides. */
export function neededEach(plan: Omit<Plan, 'before' | 'control'>, wanted: number): number {
  return fewest((each) => power({ ...plan, before: each }, each) >= wanted);
}

/**
 * The smallest fall of the share, in shares, that would be called with at least the wanted power; undefined when not
 * even a fall to nothing would. Precise to 1e-12.
 */
export function smallestDetectableDrop(
  plan: Omit<Plan, 'expectedShare'>,
  after: number,
  wanted: number,
): number | undefined {
  const reaches = (drop: number) => power({ ...plan, expectedShare: plan.share - drop }, after) >= wanted;
  if (!reaches(plan.share)) return undefined;
  let [missed, reached] = [0, plan.share];
  while (reached - missed > 1e-12) {
    const middle = (missed + reached) / 2;
    if (reaches(middle)) reached = middle;
    else missed = middle;
  }
  return reached;
}

const WEEK = 7 * 24 * 3_600_000;

/** When `needed` comments will have come at a steady rate from `start` on; undefined when they never will. */
export function enoughOn(start: Date, needed: number, perWeek: number): Date | undefined {
  if (!Number.isFinite(needed) || !(perWeek > 0)) return undefined;
  return new Date(start.getTime() + Math.ceil((needed / perWeek) * WEEK));
}

const MOST = 2 ** 40;

function fewest(enough: (n: number) => boolean): number {
  let high = 1;
  while (!enough(high)) {
    high *= 2;
    if (high > MOST) return Number.POSITIVE_INFINITY;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
