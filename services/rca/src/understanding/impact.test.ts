import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Answers, addHealth, type CustomerSaid, healthWithout, noTotals, npsOf, without } from './impact.ts';

const policy = parsePolicy(presetPolicy()).rca.health;
const themes = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'));
const said = fc.record({
  nps: fc.option(fc.nat(10)),
  at: fc.nat(100),
  negativeWords: fc.nat(3),
  redLine: fc.boolean(),
  themes,
});
const customer: fc.Arbitrary<CustomerSaid> = fc.record({
  said: fc.array(said, { minLength: 1, maxLength: 4 }),
  cases: fc.integer({ min: 2, max: 4 }),
  resolved: fc.nat(2),
});

const answersOf = (scores: number[]): Answers => ({
  of: scores.length,
  promoters: scores.filter((score) => score >= 9).length,
  detractors: scores.filter((score) => score <= 6).length,
});

test('NPS without a theme is that of the answers that do not mention it', () => {
  const answer = fc.record({ score: fc.nat(10), themes });
  fc.assert(
    fc.property(fc.array(answer), (answers) => {
      const all = answersOf(answers.map(({ score }) => score));
      for (const theme of ['a', 'b', 'c'] as const) {
        const of = (mentions: boolean) =>
          answersOf(answers.filter((one) => one.themes.includes(theme) === mentions).map(({ score }) => score));
        expect(npsOf(without(all, of(true)))).toEqual(npsOf(of(false)));
      }
    }),
    { seed: 1 },
  );
});

test('health without a theme is that of a world where those comments were never written', () => {
  const totalsOf = (customers: readonly CustomerSaid[]) => {
    const totals = noTotals();
    for (const one of customers) addHealth(totals, one, 6, policy);
    return totals;
  };
  fc.assert(
    fc.property(fc.array(customer), (customers) => {
      const totals = totalsOf(customers);
      for (const theme of ['a', 'b', 'c', 'unheard-of']) {
        const silent = customers
          .map((one) => ({ ...one, said: one.said.filter(({ themes }) => !(themes as string[]).includes(theme)) }))
          .filter((one) => one.said.length > 0);
        const anew = totalsOf(silent);
        const { customers: left, value } = healthWithout(totals, theme);
        expect(left).toBe(anew.all.customers);
        if (left === 0) expect(value).toBe(null);
        else expect(value).toBeCloseTo(anew.all.sum / left, 8);
      }
    }),
    { seed: 2 },
  );
});
