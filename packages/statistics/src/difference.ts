import type { Count, Interval, Sided } from './interval.ts';
import { newcombe, sidedP } from './proportion.ts';

export interface Sides {
  before: Count;
  after: Count;
}

export interface DifferenceInDifferences extends Interval {
  treated: Interval;
  control: Interval;
  z: number;
  p: number;
}

/**
 * What happened to the treated beyond what happened to the control anyway: (after − before) of the treated minus
 * (after − before) of the control, in shares. The interval joins Newcombe's two intervals by recovering their variances
 * (MOVER: G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693–1702, doi 10.1002/sim.3095); the p value is
 * that of the interaction in a linear probability model, z = estimate / √Σ p̂q̂/n with the four shares unpooled.
 * It proves only as much as the two would have moved alike without the fix. `fell` is the test of a negative difference.
 */
export function differenceInDifferences(
  treated: Sides,
  control: Sides,
  sided: Sided,
  confidence = 0.95,
): DifferenceInDifferences {
  const ours = newcombe(treated.before, treated.after, confidence);
  const theirs = newcombe(control.before, control.after, confidence);
  const estimate = ours.estimate - theirs.estimate;
  const variance = [treated.before, treated.after, control.before, control.after].reduce(
    (sum, { hits, of }) => sum + (hits * (of - hits)) / of ** 3,
    0,
  );
  const z = variance === 0 ? 0 : estimate / Math.sqrt(variance);
  return {
    estimate,
    lower: estimate - Math.hypot(ours.estimate - ours.lower, theirs.upper - theirs.estimate),
    upper: estimate + Math.hypot(ours.upper - ours.estimate, theirs.estimate - theirs.lower),
    treated: ours,
    control: theirs,
    z,
    p: sidedP(z, sided),
  };
}
