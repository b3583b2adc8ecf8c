import { seeded } from '@heard/statistics/random';
import { expect, test } from 'vitest';
import { type Followed, recoveryParadox, revenueSaved } from './recovery-paradox.ts';

const matching = { caliper: 0.2, minPairs: 100, maxImbalance: 0.1, confidence: 0.95 };

/** Customers of longer tenure stay more; `lift` is what being one of these adds. */
function people(seed: number, prefix: string, many: number, years: number, lift: number): Followed[] {
  const random = seeded(seed);
  return Array.from({ length: many }, (_, n) => {
    const tenure = years * random.uniform();
    const retained = random.chance(0.3 + 0.08 * tenure + lift);
    return { id: `${prefix}${n}`, stratum: 'vip', near: [tenure], retained, revenueMinor: retained ? 10_000 : 0 };
  });
}
const share = (side: readonly Followed[]) => side.filter(({ retained }) => retained).length / side.length;

test('where selection explains all of it, no difference is shown but for chance', () => {
  let [shown, gross] = [0, 0];
  for (let seed = 0; seed < 40; seed++) {
    const [recovered, others] = [people(2 * seed, 'r', 300, 6, 0), people(2 * seed + 1, 'c', 1000, 4, 0)];
    gross += (share(recovered) - share(others)) / 40;
    const found = recoveryParadox(recovered, others, matching);
    if (found.retained.finding !== 'no-difference-shown') shown++;
    expect(found.pairs + found.unmatched).toBe(300);
    expect(found.unmatched).toBeGreaterThan(50);
  }
  expect(gross).toBeGreaterThan(0.05);
  // One in twenty is expected.
  expect(shown).toBeLessThanOrEqual(6);
});

test('a real difference is found, and its interval holds it', () => {
  const found = recoveryParadox(people(3, 'r', 800, 4, 0.15), people(4, 'c', 3000, 4, 0), matching);
  expect(found.retained.finding).toBe('more');
  expect(found.retained.difference!.lower).toBeLessThan(0.15);
  expect(found.retained.difference!.upper).toBeGreaterThan(0.15);
});

test('revenue saved is that of the matched beyond their controls, or nothing', () => {
  const saved = revenueSaved(people(3, 'r', 800, 4, 0.15), people(4, 'c', 3000, 4, 0), matching);
  expect(saved.saved!.estimate).toBeCloseTo(saved.revenue.difference!.estimate * saved.pairs, 6);
  const none = revenueSaved(people(5, 'r', 400, 6, 0), people(6, 'c', 1500, 4, 0), matching);
  expect(none.revenue.finding).toBe('no-difference-shown');
  expect(none.saved).toBeUndefined();
});

test('too few pairs say nothing', () => {
  const found = recoveryParadox(people(1, 'r', 99, 4, 0.5), people(2, 'c', 1500, 4, 0), matching);
  expect(found.retained).toEqual({ finding: 'too-few-pairs', difference: undefined });
});

test('pairs that are not alike say nothing', () => {
  const older = people(1, 'r', 400, 4, 0).map((one) => ({ ...one, near: [one.near[0]! + 3] }));
  const found = recoveryParadox(older, people(2, 'c', 500, 4, 0), { ...matching, caliper: 9 });
  expect(found.retained.finding).toBe('not-alike');
});

test('an outcome that is the same of everybody was not measured', () => {
  const unbrought = (side: Followed[]) => side.map((one) => ({ ...one, revenueMinor: 0 }));
  const found = revenueSaved(unbrought(people(3, 'r', 800, 4, 0.15)), unbrought(people(4, 'c', 3000, 4, 0)), matching);
  expect(found.revenue).toEqual({ finding: 'not-measured', difference: undefined });
  expect(found.saved).toBeUndefined();
  expect(found.retained.finding).toBe('more');
});
