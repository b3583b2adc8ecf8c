import { expect, test } from 'vitest';
import { seeded } from './random.ts';

const draws = <T>(times: number, draw: () => T) => Array.from({ length: times }, draw);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('the same seed draws the same, another another', () => {
  const of = (seed: number) => draws(5, seeded(seed).uniform);
  expect(of(7)).toEqual(of(7));
  expect(of(7)).not.toEqual(of(8));
});

test('draws have the mean and variance of their distribution', () => {
  const random = seeded(1);
  const hits = draws(4000, () => random.binomial(100, 0.3));
  expect(Math.abs(mean(hits) - 30)).toBeLessThan(4 * Math.sqrt(21 / 4000));
  expect(Math.abs(mean(hits.map((value) => (value - 30) ** 2)) - 21)).toBeLessThan(2);
  expect(Math.abs(mean(draws(4000, () => random.binomial(10, 0.9))) - 9)).toBeLessThan(0.1);
  const normal = draws(4000, random.normal);
  expect(Math.abs(mean(normal))).toBeLessThan(0.07);
  expect(Math.abs(mean(normal.map((value) => value ** 2)) - 1)).toBeLessThan(0.1);
});
