import { expect, test } from 'vitest';
import { latentVectors, sphericalKMeans } from './lsa.ts';
import { randomFrom } from './random.ts';
import { count } from './vocabulary.ts';

const comments = [['a', 'b'], ['a', 'b', 'c'], ['c', 'd'], ['d', 'e'], ['d', 'e', 'c'], []];

test('a subspace as wide as the vocabulary keeps the cosines of the TF-IDF rows', () => {
  const { values, width } = latentVectors(count(comments), 5, randomFrom(1));
  const row = (at: number) => values.subarray(at * width, (at + 1) * width);
  const cosine = (one: number, other: number) => row(one).reduce((sum, value, at) => sum + value * row(other)[at]!, 0);
  const idf = (df: number) => Math.log(7 / (1 + df)) + 1;
  const [a, b, c, d] = [idf(2), idf(2), idf(3), idf(3)] as const;
  expect(cosine(0, 1)).toBeCloseTo((a * a + b * b) / Math.hypot(a, b) / Math.hypot(a, b, c), 4);
  expect(cosine(1, 2)).toBeCloseTo((c * c) / Math.hypot(a, b, c) / Math.hypot(c, d), 4);
  expect(cosine(0, 3)).toBeCloseTo(0, 4);
  expect([...row(5)]).toEqual([0, 0, 0, 0, 0]);
});

test('k-means parts what shares no term', () => {
  const vectors = latentVectors(
    count([
      ['a', 'b'],
      ['a', 'b'],
      ['d', 'e'],
      ['d', 'e'],
    ]),
    2,
    randomFrom(1),
  );
  const [one, two, three, four] = sphericalKMeans(vectors, 2, 10, randomFrom(1));
  expect([one, three]).toEqual([two, four]);
  expect(one).not.toBe(three);
});
