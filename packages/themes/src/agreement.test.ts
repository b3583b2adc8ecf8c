import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accuracy, agreement, matched } from './agreement.ts';

test('the worked example of Manning et al., figure 16.4 and after', () => {
  const found = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2];
  const labelled = [0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 2, 0, 0, 2, 2, 2];
  const { nmi, ari, purity } = agreement(found, labelled);
  expect(purity).toBeCloseTo(0.71, 2);
  expect(nmi).toBeCloseTo(0.36, 2);
  // Their 20 pairs together in both; 40 and 44 in each; 136 in all.
  expect(ari).toBeCloseTo((20 - (40 * 44) / 136) / (42 - (40 * 44) / 136), 12);
});

test.each([
  [[0, 0, 1, 1], [1, 1, 0, 0], 1, 1],
  [[0, 0, 1, 2], [0, 0, 1, 1], 0.8, 0.5714],
  [[0, 0, 0, 0], [0, 1, 2, 3], 0, 0],
  [[0, 0, 1, 1], [0, 1, 0, 1], 0, -0.5],
])('%j against %j, as scikit-learn documents it', (found, labelled, nmi, ari) => {
  expect(agreement(found, labelled).nmi).toBeCloseTo(nmi, 4);
  expect(agreement(found, labelled).ari).toBeCloseTo(ari, 4);
});

test('accuracy, macro-F1 and what shares are off by', () => {
  const { accuracy: share, macroF1, totalVariation } = accuracy([0, 0, 0, 1], [0, 0, 1, 1]);
  expect(share).toBe(0.75);
  expect(macroF1).toBeCloseTo((4 / 5 + 2 / 3) / 2, 12);
  expect(totalVariation).toBe(0.25);
});

test('no other matching of themes to labels agrees on more comments', () => {
  const pair = fc.record({ theme: fc.nat(4), label: fc.nat(4) });
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 40 }), (pairs) => {
      const found = pairs.map(({ theme }) => theme);
      const labelled = pairs.map(({ label }) => label);
      const agreeing = (labels: ArrayLike<number>) => labelled.filter((label, at) => label === labels[at]).length;
      const best = Math.max(...permutations([0, 1, 2, 3, 4]).map((of) => agreeing(found.map((theme) => of[theme]!))));
      expect(agreeing(matched(found, labelled))).toBe(best);
    }),
  );
});

function permutations(values: number[]): number[][] {
  if (values.length <= 1) return [values];
  return values.flatMap((first) =>
    permutations(values.filter((value) => value !== first)).map((rest) => [first, ...rest]),
  );
}
