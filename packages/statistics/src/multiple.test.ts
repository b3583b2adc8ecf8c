import fc from 'fast-check';
import { expect, test } from 'vitest';
import { benjaminiHochberg } from './multiple.ts';

// The fifteen p values of Benjamini and Hochberg's own example (1995): four are called at .05.
// Adjusted values by scipy 1.17.1, false_discovery_control.
const published = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
];
const adjusted = [
  0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714285714286, 0.06385714285714286, 0.0645, 0.0765, 0.486,
  0.5811818181818181, 0.714875, 0.7532307692307693, 0.8132142857142857, 1,
];

test('the example of the paper, in whatever order', () => {
  const found = benjaminiHochberg(published);
  found.forEach((value, at) => {
    expect(value).toBeCloseTo(adjusted[at]!, 10);
  });
  expect(found.filter((p) => p <= 0.05)).toHaveLength(4);
  expect(benjaminiHochberg(published.toReversed())).toEqual(found.toReversed());
});

test('it calls what stepping up from the largest p value calls', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 }), (p) => {
      const sorted = p.toSorted((a, b) => a - b);
      const last = sorted.findLastIndex((value, at) => value <= (0.05 * (at + 1)) / p.length);
      const called = benjaminiHochberg(p).filter((value) => value <= 0.05 + 1e-15).length;
      expect(called).toBeGreaterThanOrEqual(last + 1);
      expect(benjaminiHochberg(p).filter((value) => value <= 0.05 - 1e-15).length).toBeLessThanOrEqual(last + 1);
    }),
  );
});
