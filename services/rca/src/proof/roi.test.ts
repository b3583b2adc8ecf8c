import { expect, test } from 'vitest';
import {
  type Assumption,
  customersKept,
  exactly,
  exposure,
  profitShare,
  returnOnCost,
  revenueKept,
  ruleOfThumb,
} from './roi.ts';

const entered = (name: Assumption['name'], low: number, estimate: number, high: number): Assumption => ({
  ...{ name, low, estimate, high },
  source: 'entered',
});
const known = (name: Assumption['name'], value: number) => exactly(name, value, 'entered');
// Seeds 000 and 003: each tells 7–10 others; 5 points less churn give 25–95 % more profit.
const listeners = ruleOfThumb('listeners-per-detractor', { low: 7, high: 10 });
const perPoint = ruleOfThumb('profit-per-point-of-churn', { low: 0.05, high: 0.19 });

test('a hundred detractors are heard of by 700 to 1,000 people', () => {
  const figure = exposure(known('detractors', 100), listeners);
  expect(figure).toMatchObject({ low: 700, estimate: 850, high: 1000, unit: 'people', label: 'estimate' });
  expect(figure.assumptions.map(({ name, source }) => [name, source])).toEqual([
    ['detractors', 'entered'],
    ['listeners-per-detractor', 'rule-of-thumb'],
  ]);
});

test('five points less churn give 25 to 95 % more profit', () => {
  const figure = profitShare(known('less-churn', 0.05), perPoint);
  expect(figure.low).toBeCloseTo(0.25, 12);
  expect(figure.high).toBeCloseTo(0.95, 12);
});

test('a return lists every assumption of what it is made of, and its range is theirs end by end', () => {
  const kept = customersKept(known('customers', 10_000), entered('less-churn', 0.01, 0.02, 0.03));
  const revenue = revenueKept(kept, known('value-each', 50_000));
  const figure = returnOnCost(revenue, known('margin', 0.4), entered('cost', 100_000_00, 120_000_00, 200_000_00));
  expect(kept).toMatchObject({ low: 100, estimate: 200, high: 300 });
  expect(revenue).toMatchObject({ low: 5_000_000, high: 15_000_000 });
  expect(figure.low).toBeCloseTo((5_000_000 * 0.4) / 20_000_000 - 1, 12);
  expect(figure.high).toBeCloseTo((15_000_000 * 0.4) / 10_000_000 - 1, 12);
  expect(figure.assumptions.map(({ name }) => name)).toEqual([
    'customers',
    'less-churn',
    'value-each',
    'margin',
    'cost',
  ]);
});

test('churn that may have risen may have lost revenue', () => {
  const kept = customersKept(known('customers', 10_000), entered('less-churn', -0.01, 0.01, 0.03));
  expect(revenueKept(kept, entered('value-each', 100, 200, 300))).toMatchObject({ low: -30_000, high: 90_000 });
});

test('a return on nothing is refused', () => {
  const revenue = revenueKept(customersKept(known('customers', 1), known('less-churn', 1)), known('value-each', 1));
  expect(() => returnOnCost(revenue, known('margin', 1), known('cost', 0))).toThrow(RangeError);
});
