import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoOf } from './instant.ts';

test('any date is written as toISOString writes it', () => {
  const some = fc.oneof(
    fc.date({ noInvalidDate: true }),
    fc.integer({ min: -200_000, max: 200_000 }).map((ms) => new Date(ms)),
  );
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 5 }), (dates) => {
      expect(dates.map(isoOf)).toEqual(dates.map((date) => date.toISOString()));
    }),
  );
});

test('what is no date throws', () => {
  expect(() => isoOf(new Date(Number.NaN))).toThrow(RangeError);
  expect(isoOf(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
});
