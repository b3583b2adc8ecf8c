import { jointLikelihood, mixture } from './mixture.ts';
import { randomFrom } from './random.ts';
import { sampled } from './sample.ts';
import type { Terms } from './tokens.ts';
import { count } from './vocabulary.ts';

/**
 * How many themes a mixture finds that is given more than enough of them: the exponential of the entropy of their sizes
 * (Hill, Ecology 54, 1973), as how many small ones it keeps is chance, on average over three. How readily it opens
 * themes depends on the smoothing; the data choose that as well: narrower themes are tried as long as they are likelier.
 */
export function estimateThemes(texts: string[], terms: ReadonlyMap<string, Terms>, most: number, seed: number): number {
  const counts = count(sampled(texts, 2000).map((text) => terms.get(text)!));
  const themes = Math.min(most, Math.ceil((counts.starts.length - 1) / 5));
  const found = (beta: number, start: number) => {
    const themeOf = mixture(counts, { themes, alpha: 1, beta, sweeps: 10, heat: 3 }, randomFrom(start));
    return { beta, themeOf, likelihood: jointLikelihood(counts, themeOf, { themes, alpha: 1, beta }) };
  };
  let best = found(0.3, seed);
  for (const beta of [0.2, 0.1, 0.05]) {
    const narrower = found(beta, seed);
    if (narrower.likelihood <= best.likelihood) break;
    best = narrower;
  }
  const likeBest = [best, found(best.beta, seed + 1), found(best.beta, seed + 2)];
  const numbers = likeBest.map(({ themeOf }) => effectiveNumber(themeOf, themes));
  return Math.round(numbers.reduce((sum, one) => sum + one, 0) / numbers.length);
}

export function effectiveNumber(themeOf: Int32Array, themes: number): number {
  const sizes = new Float64Array(themes);
  for (const theme of themeOf) sizes[theme]!++;
  const shares = sizes.map((size) => size / themeOf.length);
  return Math.exp(-shares.reduce((sum, share) => (share === 0 ? sum : sum + share * Math.log(share)), 0));
}
