import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Candidate, matchControls, pairedDifference } from './matching.ts';

const one = (id: string, stratum: string, ...near: number[]): Candidate => ({ id, stratum, near });
const ids = ({ pairs }: ReturnType<typeof matchControls>) =>
  pairs.map(({ treated, control }) => [treated.id, control.id]);

test('the nearest of the same stratum is taken, once', () => {
  const treated = [one('t1', 'vip', 10), one('t2', 'vip', 11), one('t3', 'basic', 10)];
  const controls = [one('c1', 'vip', 12), one('c2', 'vip', 30), one('c3', 'basic', 99), one('c4', 'new', 10)];
  expect(ids(matchControls(treated, controls))).toEqual([
    ['t1', 'c1'],
    ['t2', 'c2'],
    ['t3', 'c3'],
  ]);
});

test('one too far away or without a stratum is left out and named', () => {
  const found = matchControls(
    [one('t1', 'vip', 10), one('t2', 'vip', 500), one('t3', 'gone', 10)],
    [one('c1', 'vip', 11), one('c2', 'vip', 12)],
    0.5,
  );
  expect(ids(found)).toEqual([['t1', 'c1']]);
  expect(found.unmatched.map(({ id }) => id)).toEqual(['t2', 't3']);
});

test('the order in which people come does not matter', () => {
  const people = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1 }),
      stratum: fc.constantFrom('a', 'b'),
      near: fc.tuple(fc.nat(9), fc.nat(9)),
    }),
    { selector: ({ id }) => id, maxLength: 30 },
  );
  fc.assert(
    fc.property(people, people, (treated, controls) => {
      expect(ids(matchControls(treated.toReversed(), controls.toReversed()))).toEqual(
        ids(matchControls(treated, controls)),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('matching makes alike what was not', () => {
  const treated = Array.from({ length: 50 }, (_, n) => one(`t${n}`, 'all', 50 + n));
  const controls = Array.from({ length: 200 }, (_, n) => one(`c${n}`, 'all', n));
  const { imbalance } = matchControls(treated, controls);
  expect(Math.abs(imbalance.before[0]!)).toBeGreaterThan(0.5);
  expect(imbalance.after[0]).toBe(0);
});

// Approval of the prime minister twice asked (794, 150, 86, 570), Agresti, Categorical Data Analysis, 3rd ed. 2013,
// ch. 11: .04 with ±.0187; digits by numpy 2.4.6 and scipy 1.17.1.
test('the difference within pairs has its interval', () => {
  const differences = [...new Array(794 + 570).fill(0), ...new Array(150).fill(1), ...new Array(86).fill(-1)];
  const found = pairedDifference(differences);
  expect(found.estimate).toBeCloseTo(0.04, 12);
  expect(found.lower).toBeCloseTo(0.021278031720136488, 10);
  expect(found.upper).toBeCloseTo(0.058721968279863514, 10);
});
