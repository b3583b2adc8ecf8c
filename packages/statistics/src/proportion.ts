import { type Count, checkCount, type Interval, type Sided } from './interval.ts';
import { criticalZ, normalTail } from './normal.ts';

/**
 * A share with the Wilson score interval, without continuity correction:
 * (p̂ + z²/2n ± z √(p̂q̂/n + z²/4n²)) / (1 + z²/n). Never leaves 0…1 and needs no minimum of hits.
 * E. B. Wilson, JASA 22 (1927) 209–212, doi 10.1080/01621459.1927.10502953.
 */
export function wilson(count: Count, confidence = 0.95): Interval {
  checkCount(count);
  const { hits, of: n } = count;
  const z = criticalZ(confidence);
  const share = hits / n;
  const middle = hits + (z * z) / 2;
  const reach = z * Math.sqrt((hits * (n - hits)) / n + (z * z) / 4);
  return {
    estimate: share,
    lower: hits === 0 ? 0 : (middle - reach) / (n + z * z),
    upper: hits === n ? 1 : (middle + reach) / (n + z * z),
  };
}

/**
 * after − before with Newcombe's hybrid score interval (his method 10, "square and add"): the distances of each share to
 * its own Wilson limits are added as squares. R. G. Newcombe, Statistics in Medicine 17 (1998) 873–890,
 * doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
 */
export function newcombe(before: Count, after: Count, confidence = 0.95): Interval {
  const was = wilson(before, confidence);
  const is = wilson(after, confidence);
  const estimate = is.estimate - was.estimate;
  return {
    estimate,
    lower: estimate - Math.hypot(is.estimate - is.lower, was.upper - was.estimate),
    upper: estimate + Math.hypot(is.upper - is.estimate, was.estimate - was.lower),
  };
}

export interface Test {
  method: 'z' | 'fisher';
  /** after − before in standard errors; 0 when both shares are 0 or both are 1. Not given by Fisher's test. */
  z?: number;
  p: number;
}

/**
 * Two-proportion z test with the pooled variance, no continuity correction: z = (p̂₂ − p̂₁) / √(p̄q̄(1/n₁ + 1/n₂)); z² is
 * Pearson's χ² of the 2 × 2 table. J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions,
 * 3rd ed. 2003, ch. 3, doi 10.1002/0471445428.
 */
export function twoProportionZ(before: Count, after: Count, sided: Sided): Test {
  checkCount(before);
  checkCount(after);
  const pooled = (before.hits + after.hits) / (before.of + after.of);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / before.of + 1 / after.of));
  const z = error === 0 ? 0 : (after.hits / after.of - before.hits / before.of) / error;
  return { method: 'z', z, p: sidedP(z, sided) };
}

export function sidedP(z: number, sided: Sided): number {
  if (sided === 'fell') return normalTail(-z);
  if (sided === 'rose') return normalTail(z);
  return Math.min(1, 2 * normalTail(Math.abs(z)));
}

/**
 * Fisher's exact test of before against after. Two-sided: all tables no likelier than the one seen, with R's tolerance of
 * 1e-7 for ties. R. A. Fisher, JRSS 98 (1935) 39–82, doi 10.2307/2342435.
 *
 * The hypergeometric weights come from the ratio of neighbours, w(x+1)/w(x) = (r−x)(k−x) / ((x+1)(n−r−k+x+1)), starting
 * with 1 at the mode, and are divided by their sum: no factorial, so nothing to overflow and no log-gamma whose error
 * grows with the table. Costs as many steps as there are tables with a weight above 1e-300.
 */
export function fisher(before: Count, after: Count, sided: Sided): Test {
  checkCount(before);
  checkCount(after);
  const hits = before.hits + after.hits;
  const misses = before.of + after.of - hits;
  const lowest = Math.max(0, hits - before.of);
  const highest = Math.min(hits, after.of);
  // x = hits after; the odds of going from x to x + 1.
  const up = (x: number) => ((hits - x) / (x + 1)) * ((after.of - x) / (misses - after.of + x + 1));
  const mode = Math.min(highest, Math.floor(((hits + 1) * (after.of + 1)) / (before.of + after.of + 2)));
  const seen = weightAt(after.hits);
  let [total, fell, rose, two] = [0, 0, 0, 0];
  const add = (x: number, weight: number) => {
    total += weight;
    if (x <= after.hits) fell += weight;
    if (x >= after.hits) rose += weight;
    if (weight <= seen * (1 + 1e-7)) two += weight;
  };
  for (let x = mode, weight = 1; x <= highest && weight > 1e-300; weight *= up(x), x++) add(x, weight);
  for (let x = mode - 1, weight = 1; x >= lowest; x--) {
    weight /= up(x);
    if (weight <= 1e-300) break;
    add(x, weight);
  }
  return { method: 'fisher', p: Math.min(1, { fell, rose, two }[sided] / total) };

  function weightAt(target: number): number {
    let weight = 1;
    for (let x = mode; x < target; x++) weight *= up(x);
    for (let x = mode - 1; x >= target; x--) weight /= up(x);
    return weight;
  }
}

/** The smallest count the null hypothesis of equal shares expects in a cell: below 5 the z test is not to be trusted. */
export function smallestExpected(before: Count, after: Count): number {
  const all = before.of + after.of;
  const hits = before.hits + after.hits;
  return (Math.min(before.of, after.of) * Math.min(hits, all - hits)) / all;
}

/** The z test, or Fisher's where a cell expects fewer than 5 (W. G. Cochran, Biometrics 10 (1954) 417–451, doi 10.2307/3001616). */
export function twoProportions(before: Count, after: Count, sided: Sided): Test {
  return smallestExpected(before, after) < 5 ? fisher(before, after, sided) : twoProportionZ(before, after, sided);
}
