import type { Sided } from './interval.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { twoProportions } from './proportion.ts';

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
 * The chance that the test of the plan calls the expected change when the second side has `after` comments. Where a side
 * expects fewer than 20 hits or misses it is exact, the chance that `twoProportions` calls the change; else, and with a
 * control group, it is that of `approximatePower`. An expectation against the side of the test is never called: 0.
 */
export function power(plan: Plan, after: number): number {
  const { share, expectedShare, before, sided, control } = plan;
  if (!(after > 0 && before > 0)) return 0;
  const drop = share - expectedShare;
  if ((sided === 'fell' && drop <= 0) || (sided === 'rose' && drop >= 0)) return 0;
  const fewest = Math.min(before * share, before * (1 - share), after * expectedShare, after * (1 - expectedShare));
  return !control && fewest < FEW ? exactPower(plan, Math.floor(after)) : approximatePower(plan, after);
}

/**
 * Φ((|p₂ − p₁| − z √(p̄q̄(1/n₁ + 1/n₂))) / √(p₁q₁/n₁ + p₂q₂/n₂)), for a two-sided test with the other tail added.
 * J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions, 3rd ed. 2003, ch. 4 (R's
 * power.prop.test with strict). With a control group the four unpooled variances are added, in test and truth alike.
 */
export function approximatePower({ share, expectedShare, before, alpha, sided, control }: Plan, after: number): number {
  const difference = Math.abs(share - expectedShare);
  const pooled = (before * share + after * expectedShare) / (before + after);
  let ofTest = pooled * (1 - pooled) * (1 / before + 1 / after);
  let ofTruth = (share * (1 - share)) / before + (expectedShare * (1 - expectedShare)) / after;
  if (control) {
    ofTruth += control.share * (1 - control.share) * (1 / control.before + 1 / (after * control.perAfter));
    ofTest = ofTruth;
  }
  if (ofTruth === 0) return difference > 0 ? 1 : 0;
  if (!Number.isFinite(ofTruth)) return 0;
  const z = -normalQuantile(sided === 'two' ? alpha / 2 : alpha) * Math.sqrt(ofTest);
  const error = Math.sqrt(ofTruth);
  const reached = normalCdf((difference - z) / error);
  return reached + (sided === 'two' ? normalCdf((-difference - z) / error) : 0);
}

const FEW = 20;

/**
 * Every outcome of both sides that the test calls, times its chance. The called outcomes of the second side are a tail
 * whose edge only moves one way as the hits of the first grow, so each edge is sought from the one before.
 */
function exactPower({ share, expectedShare, before, alpha, sided }: Plan, after: number): number {
  // A share that rose is a share of misses that fell.
  const fell = expectedShare < share;
  const [was, is] = fell ? [share, expectedShare] : [1 - share, 1 - expectedShare];
  const called = (first: number, second: number) =>
    second / after < first / before &&
    twoProportions({ hits: first, of: before }, { hits: second, of: after }, sided === 'two' ? 'two' : 'fell').p <=
      alpha;
  const [first, second] = [binomial(before, was), binomial(after, is)];
  let [edge, reached, sum] = [0, 0, 0];
  first.chances.forEach((chance, at) => {
    while (edge < second.chances.length && called(first.from + at, second.from + edge)) {
      reached += second.chances[edge]!;
      edge++;
    }
    sum += chance * reached;
  });
  return sum;
}

/** The chances of `from`, `from` + 1, … hits, without those below 1e-15 of the likeliest; they sum to 1. */
function binomial(n: number, p: number): { from: number; chances: number[] } {
  if (p <= 0) return { from: 0, chances: [1] };
  if (p >= 1) return { from: n, chances: [1] };
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  const [down, up] = [[] as number[], [1]];
  for (let x = mode, weight = 1; x > 0; x--) {
    weight *= x / (n - x + 1) / odds;
    if (weight < 1e-15) break;
    down.push(weight);
  }
  for (let x = mode, weight = 1; x < n; x++) {
    weight *= ((n - x) / (x + 1)) * odds;
    if (weight < 1e-15) break;
    up.push(weight);
  }
  const weights = [...down.reverse(), ...up];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { from: mode - down.length, chances: weights.map((weight) => weight / total) };
}

/** The fewest comments of the second side that give at least the wanted power; Infinity if 16 million do not. */
export function neededAfter(plan: Plan, wanted: number): number {
  return fewest((after) => power(plan, after) >= wanted);
}

/** The fewest comments on each of two equal sides. */
export function neededEach(plan: Omit<Plan, 'before' | 'control'>, wanted: number): number {
  return fewest((each) => power({ ...plan, before: each }, each) >= wanted);
}

/**
 * The smallest change of the share, in shares, that would be called with at least the wanted power: a fall, or a rise
 * where the plan asks for one; undefined when not even the largest would. Precise to 1e-12, by the Illinois rule
 * (M. Dowell, P. Jarratt, BIT 11 (1971) 168–174, doi 10.1007/BF01934364).
 */
export function smallestDetectableChange(
  plan: Omit<Plan, 'expectedShare'>,
  after: number,
  wanted: number,
): number | undefined {
  const sign = plan.sided === 'rose' ? 1 : -1;
  const excess = (change: number) => power({ ...plan, expectedShare: plan.share + sign * change }, after) - wanted;
  let [low, high] = [0, sign === 1 ? 1 - plan.share : plan.share];
  let [below, above] = [excess(low), excess(high)];
  if (above < 0) return undefined;
  let side = 0;
  for (let round = 0; high - low > 1e-12 && round < 200; round++) {
    const change = (low * above - high * below) / (above - below);
    const found = excess(change);
    if (Math.abs(found) < 1e-13) return change;
    if (found > 0) [high, above, below, side] = [change, found, side === 1 ? below / 2 : below, 1];
    else [low, below, above, side] = [change, found, side === -1 ? above / 2 : above, -1];
  }
  return high;
}

const WEEK = 7 * 24 * 3_600_000;

/** When `needed` comments will have come at a steady rate from `start` on; undefined when they never will. */
export function enoughOn(start: Date, needed: number, perWeek: number): Date | undefined {
  if (!Number.isFinite(needed) || !(perWeek > 0)) return undefined;
  return new Date(start.getTime() + Math.ceil((needed / perWeek) * WEEK));
}

const MOST = 2 ** 24;

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
