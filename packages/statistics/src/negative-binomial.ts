import { normalTail } from './normal.ts';

/**
 * P(X ≥ count) of a count with this mean and variance: negative binomial of size r = mean² / (variance − mean), Poisson
 * where the variance is not larger than the mean. Added up from `count` on, each term from the one before,
 * p(k+1) = p(k) · (k + r)/(k + 1) · mean/(r + mean); N. L. Johnson, A. W. Kemp, S. Kotz, Univariate Discrete
 * Distributions, 3rd ed. 2005, §5.1, doi 10.1002/0471715816. Relative precision about 1e-9; where a count above 100,000 is asked for,
 * the normal approximation. Throws RangeError unless mean > 0 and count is whole and not negative.
 */
export function negativeBinomialTail(count: number, mean: number, variance: number): number {
  if (!(mean > 0) || !Number.isSafeInteger(count) || count < 0) throw new RangeError(`no tail of ${count} at ${mean}`);
  if (count === 0) return 1;
  if (count > 100_000) return normalTail((count - 0.5 - mean) / Math.sqrt(Math.max(mean, variance)));
  const isPoisson = variance <= mean * (1 + 1e-9);
  const r = isPoisson ? Number.POSITIVE_INFINITY : (mean * mean) / (variance - mean);
  const log = (k: number) =>
    isPoisson ? Math.log(mean / (k + 1)) : Math.log(((k + r) / (k + 1)) * (mean / (r + mean)));
  let term = isPoisson ? -mean : -r * Math.log1p(mean / r);
  // Below the mean the other side is shorter, and nothing is lost by taking it from 1.
  if (count <= mean) {
    let below = 0;
    for (let k = 0; k < count; k++) {
      below += Math.exp(term);
      term += log(k);
    }
    return Math.max(0, 1 - below);
  }
  for (let k = 0; k < count; k++) term += log(k);
  let [sum, part] = [1, 1];
  for (let k = count; part > sum * 1e-12 && k < count + 1_000_000; k++) {
    part *= Math.exp(log(k));
    sum += part;
  }
  return Math.min(1, Math.exp(term) * sum);
}
