import { expect, test } from 'vitest';
import { criticalZ, normalCdf, normalQuantile, normalTail } from './normal.ts';

// scipy 1.17.1, scipy.stats.norm.

test('the normal distribution is right to 1e-9 in the middle and far out', () => {
  expect(normalCdf(-1.96)).toBeCloseTo(0.024997895148220435, 12);
  expect(normalCdf(3)).toBeCloseTo(0.9986501019683699, 12);
  expect(normalTail(1)).toBeCloseTo(0.15865525393145707, 12);
  expect(normalCdf(-10) / 7.61985302416047e-24).toBeCloseTo(1, 9);
  expect(normalTail(8) / 6.22096057427174e-16).toBeCloseTo(1, 9);
});

test('its quantiles too', () => {
  expect(normalQuantile(0.3)).toBeCloseTo(-0.5244005127080409, 12);
  expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 12);
  expect(normalQuantile(0.9)).toBeCloseTo(1.2815515655446004, 12);
  expect(criticalZ(0.95)).toBeCloseTo(1.959963984540054, 12);
  expect(() => criticalZ(95)).toThrow(RangeError);
});
