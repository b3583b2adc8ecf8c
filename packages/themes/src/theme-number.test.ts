import { expect, test } from 'vitest';
import { effectiveNumber } from './theme-number.ts';

test('themes of one size count as many, small ones for little, empty ones for nothing', () => {
  expect(effectiveNumber(Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3), 6)).toBeCloseTo(4);
  const largeAndSmall = Int32Array.from({ length: 100 }, (_, row) => (row < 98 ? 0 : row - 97));
  expect(effectiveNumber(largeAndSmall, 3)).toBeGreaterThan(1);
  expect(effectiveNumber(largeAndSmall, 3)).toBeLessThan(1.2);
});
