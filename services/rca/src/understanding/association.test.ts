import { type Random, seeded } from '@heard/statistics/random';
import { expect, test } from 'vitest';
import { associate, type Customer } from './association.ts';

const levels = { alpha: 0.05, confidence: 0.95 };
const customer = (over: Partial<Customer> = {}): Customer => ({
  themes: [],
  churned: false,
  tenureDays: 400,
  valueMinor: 90_000,
  channel: 'web',
  segment: 'detractor',
  ...over,
});
const many = (times: number, over: Partial<Customer>) => Array.from({ length: times }, () => customer(over));

const refunds = [
  ...many(30, { themes: ['refund'], churned: true }),
  ...many(70, { themes: ['refund'] }),
  ...many(45, { churned: true }),
  ...many(355, {}),
];

test('the odds of leaving are compared between those who named the theme and the others', () => {
  const [found] = associate(refunds, ['refund'], levels);
  expect(found).toMatchObject({ table: { a: 30, b: 70, c: 45, d: 355 }, wording: 'leavers-name-it-more' });
  // Table2x2 of statsmodels 0.15.0.
  expect(found!.oddsRatio.estimate).toBeCloseTo(3.380952380952381, 9);
  expect(found!.oddsRatio.upper).toBeCloseTo(5.734320458623866, 9);
  expect(found!.phi.estimate).toBeCloseTo(0.21004201260420147, 10);
  // Nothing differs besides the theme, so there is nothing to adjust for.
  expect(found!.adjusted).toMatchObject({ outcome: 'fitted', for: [] });
});

test('a theme with nothing to compare is not listed', () => {
  expect(associate(refunds, ['refund', 'unheard-of'], levels).map(({ themeId }) => themeId)).toEqual(['refund']);
  expect(associate(many(10, { themes: ['refund'], churned: true }), ['refund'], levels)).toEqual([]);
});

test('an odds ratio is shown within each segment too', () => {
  const customers = refunds.map((one, n) => ({ ...one, segment: n % 2 === 0 ? 'detractor' : 'passive' }));
  const [found] = associate(customers, ['refund'], levels);
  expect(found!.withinSegments.map(({ segment }) => segment)).toEqual(['detractor', 'passive']);
  expect(found!.withinSegments[0]!.table).toEqual({ a: 15, b: 35, c: 23, d: 177 });
});

test('a theme after which everybody left is said to separate, not given a number', () => {
  const customers = refunds.map((one, n) => ({ ...one, churned: one.themes.length > 0 || n % 3 === 0 }));
  const [found] = associate(customers, ['refund'], levels);
  expect(found!.adjusted).toEqual({ of: 500, outcome: 'separated', by: ['theme'] });
  expect(found!.oddsRatio.corrected).toBe(true);
});

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** Short tenure and the app bring both the theme and leaving; the theme itself multiplies the odds by `odds`. */
function confounded(random: Random, odds: number): Customer[] {
  return Array.from({ length: 1500 }, () => {
    const years = random.uniform() * 6;
    const app = random.chance(0.4);
    const lean = 0.9 - 0.4 * years + (app ? 0.7 : 0);
    const theme = random.chance(logistic(lean - 1.6));
    return customer({
      themes: theme ? ['refund'] : [],
      churned: random.chance(logistic(lean - 1.8 + (theme ? Math.log(odds) : 0))),
      tenureDays: years * 365.25,
      channel: app ? 'app' : 'web',
      valueMinor: Math.round(Math.exp(9 + random.normal())),
    });
  });
}

test('what tenure and channel bring is taken out', () => {
  let [inside, crude] = [0, 0];
  for (let seed = 0; seed < 40; seed++) {
    const [found] = associate(confounded(seeded(seed), 3), ['refund'], levels);
    const { adjusted, oddsRatio } = found!;
    if (adjusted.outcome === 'fitted' && adjusted.oddsRatio.lower <= 3 && 3 <= adjusted.oddsRatio.upper) inside++;
    if (oddsRatio.lower <= 3 && 3 <= oddsRatio.upper) crude++;
    expect(adjusted).toMatchObject({ for: ['tenure', 'value', 'channel app'] });
  }
  expect(inside).toBeGreaterThanOrEqual(35);
  expect(crude).toBeLessThan(20);
});

test('of many themes that have nothing to do with leaving hardly ever one is called', () => {
  const themes = Array.from({ length: 15 }, (_, n) => `theme ${n}`);
  let [low, called] = [0, 0];
  for (let seed = 0; seed < 20; seed++) {
    const random = seeded(seed);
    const customers = Array.from({ length: 300 }, () =>
      customer({ themes: themes.filter(() => random.chance(0.2)), churned: random.chance(0.3) }),
    );
    const found = associate(customers, themes, levels);
    if (found.some(({ p }) => p <= 0.05)) low++;
    if (found.some(({ wording }) => wording !== 'no-association-shown')) called++;
  }
  expect(low).toBeGreaterThan(6);
  expect(called).toBeLessThanOrEqual(3);
});
