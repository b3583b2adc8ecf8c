import { expect, test } from 'vitest';
import { type Assumption, customersKept, exposure, profitShare, returnOnCost, revenueKept } from './roi.ts';

const entered = (name: string, low: number, estimate: number, high: number): Assumption => ({
  name,
  low,
  estimate,
  high,
  source: 'entered',
});
const exactly = (name: string, value: number) => entered(name, value, value, value);

test('a hundred detractors are heard of by 700 to 1,000 people', () => {
  const figure = exposure(exactly('detractors', 100));
  expect(figure).toMatchObject({ low: 700, estimate: 850, high: 1000, unit: 'people', label: 'estimate' });
  expect(figure.assumptions.map(({ name, source }) => [name, source])).toEqual([
    ['detractors', 'entered'],
    ['listeners per detractor', 'rule-of-thumb'],
  ]);
});

test('five points less churn give 25 to 95 % more profit', () => {
  const figure = profitShare(exactly('less churn', 0.05));
  expect(figure.low).toBeCloseTo(0.25, 12);
  expect(figure.high).toBeCloseTo(0.95, 12);
});

test('a return lists every assumption of what it is made of, and its range is theirs end by end', () => {
  const kept = customersKept(exactly('customers', 10_000), entered('less churn', 0.01, 0.02, 0.03));
  const revenue = revenueKept(kept, exactly('value each', 50_000));
  const figure = returnOnCost(revenue, exactly('margin', 0.4), entered('cost', 100_000_00, 120_000_00, 200_000_00));
  expect(kept).toMatchObject({ low: 100, estimate: 200, high: 300 });
  expect(revenue).toMatchObject({ low: 5_000_000, high: 15_000_000 });
  expect(figure.low).toBeCloseTo((5_000_000 * 0.4) / 20_000_000 - 1, 12);
  expect(figure.high).toBeCloseTo((15_000_000 * 0.4) / 10_000_000 - 1, 12);
  expect(figure.assumptions.map(({ name }) => name)).toEqual([
    'customers',
    'less churn',
    'value each',
    'margin',
    'cost',
  ]);
});

test('churn that may have risen may have lost revenue', () => {
  const kept = customersKept(exactly('customers', 10_000), entered('less churn', -0.01, 0.01, 0.03));
  expect(revenueKept(kept, entered('value each', 100, 200, 300))).toMatchObject({ low: -30_000, high: 90_000 });
});

test('a return on nothing is refused', () => {
  const revenue = revenueKept(
    customersKept(exactly('customers', 1), exactly('less churn', 1)),
    exactly('value each', 1),
  );
  expect(() => returnOnCost(revenue, exactly('margin', 1), exactly('cost', 0))).toThrow(RangeError);
});
