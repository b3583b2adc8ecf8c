import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile, type Span } from './business-time.ts';
import { alwaysOpen, everyDay } from './calendar.ts';
import { calendarAndStart, openMinutes } from './fixture-calendars.ts';
import { dueAt, type Pause, rebase, unpausedElapsed } from './pauses.ts';

const minute = 60_000;
const hour = 60 * minute;
const at = (time: string) => new Date(`2026-03-02T${time}:00Z`);
const later = (from: Date, ms: number) => new Date(from.getTime() + ms);
const natural = compile(alwaysOpen);
const office = compile(
  everyDay('office', 'UTC', [
    { from: '09:00', to: '12:00' },
    { from: '13:00', to: '18:00' },
  ]),
);

test('a pause over lunch takes off only the time that would have counted', () => {
  const pauses = [{ from: at('11:30'), to: at('13:30') }];
  expect(unpausedElapsed(office, at('09:00'), pauses, at('15:00'))).toBe(4 * hour);
  expect(dueAt(office, at('09:00'), 4 * hour, pauses)).toEqual({ at: at('15:00') });
});

test('pauses that overlap count once', () => {
  const pauses = [
    { from: at('10:00'), to: at('11:00') },
    { from: at('10:30'), to: at('10:45') },
    { from: at('10:50'), to: at('11:20') },
  ];
  expect(unpausedElapsed(natural, at('09:00'), pauses, at('12:00'))).toBe(hour + 40 * minute);
});

test('while a pause is open nobody knows when the clock is due, only what is left', () => {
  const pauses = [{ from: at('10:00'), to: null }];
  expect(dueAt(natural, at('09:00'), 4 * hour, pauses)).toEqual({
    at: null,
    pausedSince: at('10:00'),
    remainingMs: 3 * hour,
  });
  expect(unpausedElapsed(natural, at('09:00'), pauses, at('17:00'))).toBe(hour);
});

test('a budget used up before the pause stays due when it was', () => {
  expect(dueAt(natural, at('09:00'), hour, [{ from: at('10:00'), to: null }])).toEqual({ at: at('10:00') });
});

test('a pause that ends before it starts is refused', () => {
  expect(() => dueAt(natural, at('09:00'), hour, [{ from: at('10:00'), to: at('09:30') }])).toThrow('a pause ends');
});

test('a new budget keeps what has elapsed, and one already used up is due now', () => {
  expect(rebase({ elapsedMs: hour, newBudgetMs: 3 * hour, time: office, at: at('11:00') })).toEqual(at('14:00'));
  expect(rebase({ elapsedMs: 4 * hour, newBudgetMs: 3 * hour, time: office, at: at('11:00') })).toEqual(at('11:00'));
});

const day = 24 * 60;
const closedPauses = fc.array(
  fc.record({ after: fc.integer({ min: -day, max: 3 * day }), length: fc.integer({ min: 0, max: day }) }),
  { maxLength: 6 },
);
const placed = (start: Date, pauses: { after: number; length: number }[]): Span[] =>
  pauses.map(({ after, length }) => ({
    from: later(start, after * minute),
    to: later(start, (after + length) * minute),
  }));

test('unpaused time is what a walk over each minute counts, whatever the pauses', () => {
  void fc.assert(
    fc.property(calendarAndStart, closedPauses, fc.nat(2 * day), fc.boolean(), (random, gaps, minutes, open) => {
      const { calendar, start } = random;
      const now = later(start, minutes * minute);
      const spans = placed(start, gaps);
      const pauses: Pause[] = spans.map((span, i) => (open && i === 0 ? { from: span.from, to: null } : span));
      const seen = pauses.map(({ from, to }) => ({ from, to: to ?? later(now, day * minute) }));
      const counted = unpausedElapsed(compile(calendar), start, pauses, now);
      expect(counted).toBe(openMinutes(calendar, start, now, seen) * minute);
    }),
    { numRuns: 150 },
  );
});

test('due is the earliest instant at which the budget has run unpaused; after an open pause it is unknown', () => {
  const budgets = fc.integer({ min: 1, max: 5 * day * minute });
  void fc.assert(
    fc.property(calendarAndStart, closedPauses, budgets, fc.boolean(), ({ calendar, start }, gaps, budget, open) => {
      fc.pre(Object.values(calendar.week).some((intervals) => intervals.length > 0));
      const time = compile(calendar);
      const pauses: Pause[] = placed(start, gaps).map((span, i) => (open && i === 0 ? { ...span, to: null } : span));
      const due = dueAt(time, start, budget, pauses);
      if (due.at) {
        expect(unpausedElapsed(time, start, pauses, due.at)).toBe(budget);
        expect(unpausedElapsed(time, start, pauses, later(due.at, -1))).toBe(budget - 1);
      } else {
        const everLater = later(start, 30 * day * minute);
        expect(unpausedElapsed(time, start, pauses, everLater)).toBe(budget - due.remainingMs);
        expect(due.remainingMs).toBeGreaterThan(0);
      }
    }),
    { numRuns: 150 },
  );
});

test('a change of calendar and budget keeps elapsed: the rest of the new budget runs in the new calendar', () => {
  const budgets = fc.nat(5 * day * minute);
  void fc.assert(
    fc.property(calendarAndStart, calendarAndStart, budgets, budgets, (old, next, elapsedMs, newBudgetMs) => {
      fc.pre(Object.values(next.calendar.week).some((intervals) => intervals.length > 0));
      const time = compile(next.calendar);
      const changedAt = old.start;
      const due = rebase({ elapsedMs, newBudgetMs, time, at: changedAt });
      expect(elapsedMs + time.elapsed(changedAt, due)).toBe(Math.max(elapsedMs, newBudgetMs));
    }),
  );
});
