import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HealthFacts, healthOf } from './health.ts';

const policy = parsePolicy(presetPolicy()).rca.health;
const facts: HealthFacts = {
  ...{ nps: 8, contacts: 12, months: 6, cases: 4, resolved: 3, negativeWords: 1, redLine: false },
};
const of = (over: Partial<HealthFacts>) => healthOf({ ...facts, ...over }, policy);

test('the four parts are weighed by the policy', () => {
  const { parts, score, colour, missing } = healthOf(facts, policy);
  expect(parts).toEqual({ nps: 80, frequency: 50, resolution: 75, negative: 80 });
  expect(score).toBeCloseTo(0.35 * 80 + 0.2 * 50 + 0.3 * 75 + 0.15 * 80, 10);
  expect([colour, missing]).toEqual(['green', []]);
});

test('a part nobody can know is named and its weight goes to the others', () => {
  const { parts, score, missing } = of({ nps: null, cases: 0, resolved: 0 });
  expect([parts.nps, parts.resolution, missing]).toEqual([null, null, ['nps', 'resolution']]);
  expect(score).toBeCloseTo((0.2 * 50 + 0.15 * 80) / 0.35, 10);
});

test('the best is 100, the worst 0, and more words than the policy says take no more', () => {
  expect(of({ nps: 10, contacts: 24, resolved: 4, negativeWords: 0 }).score).toBeCloseTo(100, 10);
  expect(of({ nps: 0, contacts: 0, resolved: 0, negativeWords: 5 }).score).toBe(0);
  expect(of({ negativeWords: 500 }).score).toBe(of({ negativeWords: 5 }).score);
});

test('bands begin at their limits, and a red line is red whatever the score', () => {
  const even = (score: number) => ({
    ...policy,
    weights: { nps: 1, frequency: 0, resolution: 0, negative: 0 },
    green: score,
  });
  expect(healthOf({ ...facts, nps: 7 }, even(70)).colour).toBe('green');
  expect(healthOf({ ...facts, nps: 7 }, even(71)).colour).toBe('yellow');
  expect(healthOf({ ...facts, nps: 3 }, even(71)).colour).toBe('red');
  expect(of({ nps: 10, redLine: true }).colour).toBe('red');
});

test('the score stays within 0 and 100 and never falls when a part gets better', () => {
  const any = fc.record({
    nps: fc.option(fc.integer({ min: 0, max: 9 })),
    contacts: fc.nat(50),
    months: fc.constantFrom(1, 6),
    cases: fc.integer({ min: 1, max: 9 }),
    resolved: fc.constant(0),
    negativeWords: fc.integer({ min: 1, max: 20 }),
    redLine: fc.boolean(),
  });
  fc.assert(
    fc.property(any, (one) => {
      const { score } = healthOf(one, policy);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(100 + 1e-9);
      const better: Partial<HealthFacts>[] = [
        { nps: one.nps === null ? null : one.nps + 1 },
        { contacts: one.contacts + 1 },
        { resolved: 1 },
        { negativeWords: one.negativeWords - 1 },
      ];
      for (const change of better) {
        expect(healthOf({ ...one, ...change }, policy).score).toBeGreaterThanOrEqual(score - 1e-9);
      }
    }),
    { seed: 11 },
  );
});
