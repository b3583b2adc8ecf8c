import { type Count, checkCount, type Interval } from './interval.ts';
import { criticalZ } from './normal.ts';

/** Events over the time (or the customers) in which they could happen. */
export interface Volume {
  events: number;
  exposure: number;
}

/**
 * after ÷ before − 1 of two shares (−.15 = 15 % less), interval by Katz: the logarithm of the ratio has the variance
 * 1/x₁ − 1/n₁ + 1/x₂ − 1/n₂. D. Katz et al., Biometrics 34 (1978) 469–474, doi 10.2307/2530610.
 * Throws RangeError when a side has no hit: then there is no ratio to speak of.
 */
export function shareChange(before: Count, after: Count, confidence = 0.95): Interval {
  checkCount(before);
  checkCount(after);
  return change(
    after.hits / after.of / (before.hits / before.of),
    1 / before.hits - 1 / before.of + 1 / after.hits - 1 / after.of,
    confidence,
  );
}

/**
 * after ÷ before − 1 of two rates of events, whose logarithm has the variance d₁/x₁ + d₂/x₂; d, the dispersion, is 1 for
 * events that come by themselves (Poisson) and more where one event brings others, as posts do. K. J. Rothman,
 * S. Greenland, T. L. Lash, Modern Epidemiology, 3rd ed. 2008, ch. 14. Throws like `shareChange`.
 */
export function volumeChange(before: Volume, after: Volume, confidence = 0.95, dispersion = 1): Interval {
  return change(
    after.events / after.exposure / (before.events / before.exposure),
    dispersion * (1 / before.events + 1 / after.events),
    confidence,
  );
}

function change(ratio: number, variance: number, confidence: number): Interval {
  if (!(ratio > 0 && Number.isFinite(ratio))) throw new RangeError('a side without events has no relative change');
  const reach = criticalZ(confidence) * Math.sqrt(variance);
  return { estimate: ratio - 1, lower: ratio * Math.exp(-reach) - 1, upper: ratio * Math.exp(reach) - 1 };
}
