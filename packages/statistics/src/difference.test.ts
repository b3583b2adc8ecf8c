import { expect, test } from 'vitest';
import { differenceInDifferences } from './difference.ts';

const treated = { before: { hits: 135, of: 1500 }, after: { hits: 68, of: 1600 } };
const control = { before: { hits: 220, of: 1000 }, after: { hits: 205, of: 1100 } };

// Estimate, z and p: the interaction of statsmodels 0.15.0, OLS(cov_type='HC0') on one row per comment. Limits: its
// 'newcomb' intervals of both sides, joined by Zou and Donner's formula.
test('the fall beyond that of the control', () => {
  const found = differenceInDifferences(treated, control, 'two');
  expect(found.estimate).toBeCloseTo(-0.013863636363637494, 10);
  expect(found.z).toBeCloseTo(-0.702480021574526, 10);
  expect(found.p).toBeCloseTo(0.4823798566351586, 10);
  expect(found.lower).toBeCloseTo(-0.05264714438828868, 10);
  expect(found.upper).toBeCloseTo(0.02482057664172583, 10);
});

test('a side that fell as much as its control did nothing', () => {
  const found = differenceInDifferences(treated, treated, 'fell');
  expect(found.estimate).toBe(0);
  expect(found.p).toBeCloseTo(0.5, 12);
});
