import { describe, expect, test } from 'vitest';
import { type Measure, review } from './effect-review.ts';

const at = (date: string) => new Date(`${date}T00:00:00Z`);
const window = (from: string, until: string) => ({ from: at(from), until: at(until) });
const fixedAt = at('2027-01-01');
const before = window('2026-07-01', '2027-01-01');
const after = window('2027-01-01', '2027-07-01');

const negative: Measure = {
  level: 'voc',
  metric: 'social negative volume',
  comparator: 'prev_period',
  window: after,
  compared: before,
  better: 'less',
  figures: { kind: 'volume', before: 4000, after: 1180, dispersion: 1 },
};
const repurchase: Measure = {
  ...negative,
  level: 'business',
  metric: 'repurchase in 12 months',
  better: 'more',
  figures: { kind: 'share', before: { hits: 3000, of: 10_000 }, after: { hits: 3540, of: 10_000 } },
};
const codeOf = (measure: Partial<Measure>) => () => review([{ ...negative, ...measure } as Measure], fixedAt, 0.95);
const code = (expected: string) => expect.objectContaining({ name: 'Rejection', code: expected });

describe('the review', () => {
  test('gives every change with its interval and what it was compared with', () => {
    const { measures } = review([negative, repurchase], fixedAt, 0.95);
    // 1,180 in 181 days against 4,000 in 184.
    expect(measures[0]!.change!.estimate).toBeCloseTo(1180 / 181 / (4000 / 184) - 1, 12);
    expect(measures[0]).toMatchObject({ finding: 'better', comparator: 'prev_period', compared: before });
    expect(measures[1]!.change!.estimate).toBeCloseTo(0.18, 12);
    expect(measures[1]!.change!.lower).toBeGreaterThan(0.1);
    expect(measures[1]!.finding).toBe('better');
  });

  test('names the levels nothing was measured at', () => {
    expect(review([negative, repurchase], fixedAt, 0.95).missing).toEqual(['operations']);
  });

  test('calls a change that may be none no evidence, and one the wrong way worse', () => {
    const finding = (hits: number) =>
      review(
        [{ ...repurchase, figures: { kind: 'share', before: { hits: 300, of: 1000 }, after: { hits, of: 1000 } } }],
        fixedAt,
        0.95,
      ).measures[0]!.finding;
    expect(finding(310)).toBe('no-evidence');
    expect(finding(220)).toBe('worse');
  });

  test('has no ratio where nothing was counted', () => {
    const none = review(
      [{ ...negative, figures: { kind: 'volume', before: 0, after: 7, dispersion: 1 } }],
      fixedAt,
      0.95,
    );
    expect(none.measures[0]).toMatchObject({ change: undefined, finding: 'no-evidence' });
  });
});

describe('what a figure is compared with', () => {
  test('is what its word says', () => {
    expect(codeOf({ comparator: 'baseline', compared: window('2026-01-01', '2026-07-01') })).not.toThrow();
    expect(codeOf({ comparator: 'same_period_last_year', compared: window('2026-01-01', '2026-07-01') })).not.toThrow();
    expect(codeOf({ comparator: 'prev_period', compared: window('2026-01-01', '2026-07-01') })).toThrow(
      code('comparator-mismatch'),
    );
    expect(codeOf({ comparator: 'same_period_last_year', compared: before })).toThrow(code('comparator-mismatch'));
    const later = { window: window('2027-07-01', '2028-01-01'), compared: after };
    expect(codeOf({ ...later, comparator: 'prev_period' })).not.toThrow();
    expect(codeOf({ ...later, comparator: 'baseline' })).toThrow(code('comparator-mismatch'));
  });

  test('may be a leap year ago', () => {
    const leap = { window: window('2029-02-01', '2029-03-01'), compared: window('2028-02-01', '2028-02-29') };
    expect(codeOf({ ...leap, comparator: 'same_period_last_year' })).not.toThrow();
  });

  test('is not measured before the fix', () => {
    expect(codeOf({ window: window('2026-12-01', '2027-03-01') })).toThrow(code('window-before-fix'));
  });
});
