import { describe, expect, test } from 'vitest';
import {
  approximatePower,
  enoughOn,
  neededAfter,
  neededEach,
  type Plan,
  power,
  smallestDetectableChange,
} from './power.ts';

const plan = (share: number, expectedShare: number, before: number, rest: Partial<Plan> = {}): Plan => ({
  share,
  expectedShare,
  before,
  alpha: 0.05,
  sided: 'fell',
  ...rest,
});

describe('power', () => {
  // The formula evaluated by mpmath at 50 digits; the first is the example of R's power.prop.test (.740).
  test.each([
    ['two-sided', plan(0.5, 0.75, 50, { sided: 'two' }), 50, 0.740167193453611],
    ['one-sided', plan(0.75, 0.5, 50), 50, 0.833983523355428],
    ['a theme of 9 % halved', plan(0.09, 0.045, 1500), 1500, 0.9994818122767029],
    ['a strict α and unequal sides', plan(0.09, 0.045, 1500, { alpha: 0.005 }), 600, 0.8532350299032682],
    [
      'with a control group',
      plan(0.2, 0.14, 900, { control: { share: 0.25, before: 1000, perAfter: 1.5 } }),
      700,
      0.7249758695460486,
    ],
  ])('by the formula: %s', (_, given, after, expected) => {
    expect(approximatePower(given, after)).toBeCloseTo(expected, 10);
  });

  // Every pair of outcomes with scipy 1.17.1: binom.pmf twice, fisher_exact or the pooled z as `twoProportions` would.
  test.each([
    ['one-sided', plan(0.05, 0.005, 150), 150, 0.7105949644283389],
    ['two-sided', plan(0.2, 0.05, 60, { sided: 'two' }), 80, 0.7940308999821499],
    ['with a strict α', plan(0.05, 0.005, 300, { alpha: 0.005 }), 240, 0.7612515537645863],
    ['of a rise of what is common', plan(0.95, 0.995, 300, { alpha: 0.005, sided: 'rose' }), 240, 0.7612515537645863],
  ])('of few hits is exact: %s', (_, given, after, expected) => {
    expect(power(given, after)).toBeCloseTo(expected, 10);
  });

  test('a change the other way, or no comments, are never called', () => {
    expect(power(plan(0.1, 0.2, 100), 1000)).toBe(0);
    expect(power(plan(0.1, 0.05, 100, { sided: 'rose' }), 1000)).toBe(0);
    expect(power(plan(0.1, 0.05, 0), 1000)).toBe(0);
    expect(power(plan(0.1, 0.05, 1000, { control: { share: 0.1, before: 1000, perAfter: 0 } }), 1000)).toBe(0);
  });
});

describe('how many comments', () => {
  test("R's example of the formula: 76.7 on each side", () => {
    const example = (each: number) => approximatePower(plan(0.5, 0.75, each, { sided: 'two' }), each);
    // R finds the fraction: n = 76.7.
    expect(example(76.65)).toBeLessThan(0.9);
    expect(example(76.75)).toBeGreaterThan(0.9);
  });

  test('on two equal sides', () => {
    const given = { share: 0.2, expectedShare: 0.1, alpha: 0.05, sided: 'fell' as const };
    const each = neededEach(given, 0.8);
    expect(power({ ...given, before: each }, each)).toBeGreaterThanOrEqual(0.8);
    expect(power({ ...given, before: each - 1 }, each - 1)).toBeLessThan(0.8);
  });

  test('one fewer would not do', () => {
    const given = plan(0.09, 0.045, 1500);
    const needed = neededAfter(given, 0.8);
    expect(power(given, needed)).toBeGreaterThanOrEqual(0.8);
    expect(power(given, needed - 1)).toBeLessThan(0.8);
  });

  test('no number makes up for too small a baseline', () => {
    expect(neededAfter(plan(0.09, 0.045, 20), 0.8)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the smallest change that would be seen', () => {
  // Bisection of the mpmath formula.
  test('of 9 % among 1,500 comments a side', () => {
    const { expectedShare: _, ...rest } = plan(0.09, 0, 1500);
    expect(smallestDetectableChange(rest, 1500, 0.8)).toBeCloseTo(0.024317018802143764, 9);
  });

  test('is a rise where one is asked for, as large as the fall of what is left', () => {
    const { expectedShare: _, ...rest } = plan(0.91, 1, 1500, { sided: 'rose' });
    expect(smallestDetectableChange(rest, 1500, 0.8)).toBeCloseTo(0.024317018802143764, 9);
  });

  test('is undefined where not even a fall to nothing would be', () => {
    const { expectedShare: _, ...rest } = plan(0.02, 0, 60);
    expect(smallestDetectableChange(rest, 60, 0.8)).toBeUndefined();
  });
});

test('the day there is enough follows from the rate', () => {
  const start = new Date('2027-02-01T00:00:00Z');
  expect(enoughOn(start, 557, 100)).toEqual(new Date('2027-03-11T23:45:36Z'));
  expect(enoughOn(start, 557, 0)).toBeUndefined();
  expect(enoughOn(start, Number.POSITIVE_INFINITY, 100)).toBeUndefined();
});
