import { expect, test } from 'vitest';
import { negativeBinomialTail } from './negative-binomial.ts';

test('of size 1 it is the geometric distribution, whose tail is a power', () => {
  // r = 1: variance = mean + mean².
  for (const mean of [0.2, 3, 40]) {
    const q = mean / (1 + mean);
    for (const count of [1, 5, 60])
      expect(negativeBinomialTail(count, mean, mean + mean * mean) / q ** count).toBeCloseTo(1, 9);
  }
});

test('of size 2, too', () => {
  // P(X ≥ k) = q^k (1 + k p) with p = 2 / (2 + mean).
  const mean = 5;
  const p = 2 / (2 + mean);
  for (const count of [1, 7, 50]) {
    const tail = (1 - p) ** count * (1 + count * p);
    expect(negativeBinomialTail(count, mean, mean + (mean * mean) / 2) / tail).toBeCloseTo(1, 9);
  }
});

test('without clumps it is Poisson', () => {
  const mean = 2.5;
  const below = Math.exp(-mean) * (1 + mean + mean ** 2 / 2 + mean ** 3 / 6);
  expect(negativeBinomialTail(4, mean, mean)).toBeCloseTo(1 - below, 12);
  expect(negativeBinomialTail(4, mean, mean * 0.5)).toBeCloseTo(1 - below, 12);
  expect(negativeBinomialTail(4, mean, mean * (1 + 1e-7))).toBeCloseTo(1 - below, 6);
});

test('the tail falls from 1, and far out it is small, not lost', () => {
  expect(negativeBinomialTail(0, 3, 9)).toBe(1);
  let before = 1;
  for (let count = 1; count < 400; count++) {
    const tail = negativeBinomialTail(count, 20, 50);
    expect(tail).toBeLessThan(before);
    expect(tail).toBeGreaterThan(0);
    before = tail;
  }
  expect(negativeBinomialTail(50_000, 49_000, 60_000)).toBeCloseTo(negativeBinomialTail(50_001, 49_000, 60_000), 4);
});

test('there is no tail of half a comment, nor where nothing is expected', () => {
  expect(() => negativeBinomialTail(1.5, 2, 2)).toThrow(RangeError);
  expect(() => negativeBinomialTail(1, 0, 0)).toThrow(RangeError);
});
