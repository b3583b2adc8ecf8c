import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { contactWindows, feasible, moveOutOfQuietHours, outsideQuietHours, QuietHours } from './windows.ts';

const minute = 60_000;
const hour = 60 * minute;
const night: QuietHours = { from: '21:00', to: '08:00' };
const timeZone = 'Asia/Shanghai';
/** A time in Shanghai on a day of March 2026. */
const at = (day: number, time: string) => new Date(`2026-03-${String(day).padStart(2, '0')}T${time}:00+08:00`);
const span = (from: Date, to: Date) => ({ from, to });

test('quiet hours over midnight end in the morning, and start exactly when they say', () => {
  expect(outsideQuietHours(at(2, '23:00'), night, timeZone)).toEqual(at(3, '08:00'));
  expect(outsideQuietHours(at(3, '02:00'), night, timeZone)).toEqual(at(3, '08:00'));
  expect(outsideQuietHours(at(2, '21:00'), night, timeZone)).toEqual(at(3, '08:00'));
  expect(outsideQuietHours(at(2, '20:59'), night, timeZone)).toEqual(at(2, '20:59'));
  expect(outsideQuietHours(at(3, '08:00'), night, timeZone)).toEqual(at(3, '08:00'));
});

test('quiet hours within a day, from midnight and until midnight', () => {
  expect(outsideQuietHours(at(2, '13:00'), { from: '12:00', to: '14:00' }, timeZone)).toEqual(at(2, '14:00'));
  expect(outsideQuietHours(at(2, '00:00'), { from: '00:00', to: '07:00' }, timeZone)).toEqual(at(2, '07:00'));
  expect(outsideQuietHours(at(2, '22:00'), { from: '21:00', to: '00:00' }, timeZone)).toEqual(at(3, '00:00'));
});

test('the morning comes an hour earlier when the clock was put forward at night', () => {
  const evening = new Date('2026-03-07T22:00:00-05:00');
  expect(outsideQuietHours(evening, night, 'America/New_York')).toEqual(new Date('2026-03-08T08:00:00-04:00'));
});

test('quiet hours without length and zones that do not exist are refused', () => {
  expect(QuietHours.safeParse({ from: '08:00', to: '08:00' }).error?.message).toContain('never, or always');
  expect(() => outsideQuietHours(at(2, '12:00'), night, 'Mars/Olympus')).toThrow(/Mars\/Olympus/i);
});

const question = {
  from: at(2, '17:00'),
  until: at(3, '12:00'),
  quiet: night,
  timeZone,
  shifts: [[span(at(2, '09:00'), at(2, '18:00')), span(at(3, '07:00'), at(3, '16:00'))]],
};

test('a contact is possible while an owner works and the customer is not to be left alone', () => {
  expect(contactWindows(question)).toEqual([
    span(at(2, '17:00'), at(2, '18:00')),
    span(at(3, '08:00'), at(3, '12:00')),
  ]);
});

test('a second owner adds hours, and hours of both count once', () => {
  const shifts = [...question.shifts, [span(at(2, '17:30'), at(2, '23:00'))]];
  expect(contactWindows({ ...question, shifts })[0]).toEqual(span(at(2, '17:00'), at(2, '21:00')));
});

test('who asked to be called at a certain time is called then, and at night only if they said so', () => {
  const asked = (from: Date, to: Date) => contactWindows({ ...question, wished: span(from, to) });
  expect(asked(at(3, '11:00'), at(3, '13:00'))).toEqual([span(at(3, '11:00'), at(3, '12:00'))]);
  expect(asked(at(3, '06:30'), at(3, '07:30'))).toEqual([span(at(3, '07:00'), at(3, '07:30'))]);
});

test('a wish when nobody works is told with the first time somebody could, one beyond the deadline with itself', () => {
  const evening = span(at(2, '19:00'), at(2, '20:00'));
  expect(feasible({ ...question, wished: evening })).toEqual({
    ok: false,
    reason: 'no-shift',
    nextWindow: span(at(2, '17:00'), at(2, '18:00')),
  });
  const tooLate = span(at(3, '13:00'), at(3, '14:00'));
  expect(feasible({ ...question, wished: tooLate })).toEqual({ ok: false, reason: 'no-window', nextWindow: tooLate });
});

test('a customer without quiet hours can be called whenever somebody works', () => {
  expect(contactWindows({ ...question, quiet: null })[1]).toEqual(span(at(3, '07:00'), at(3, '12:00')));
});

test('a deadline that can be met names the first window', () => {
  expect(feasible(question)).toEqual({ ok: true, firstWindow: span(at(2, '17:00'), at(2, '18:00')) });
});

test('a deadline in the night of the customer cannot be met, and the next window is named', () => {
  expect(feasible({ ...question, from: at(2, '22:00'), until: at(3, '02:00') })).toEqual({
    ok: false,
    reason: 'quiet-hours',
    nextWindow: span(at(3, '08:00'), at(3, '16:00')),
  });
});

test('a deadline before the next shift cannot be met', () => {
  const asked = { ...question, from: at(2, '18:30'), until: at(2, '20:30') };
  expect(feasible(asked)).toMatchObject({ ok: false, reason: 'no-shift', nextWindow: { from: at(3, '08:00') } });
  expect(feasible({ ...asked, shifts: [] })).toEqual({ ok: false, reason: 'no-shift' });
});

test('hours and shifts that never meet, and a deadline already past, leave no window', () => {
  const nightShift = [[span(at(2, '22:00'), at(3, '06:00'))]];
  expect(feasible({ ...question, from: at(2, '20:00'), shifts: nightShift })).toEqual({
    ok: false,
    reason: 'no-window',
  });
  expect(feasible({ ...question, until: at(2, '16:00') })).toEqual({
    ok: false,
    reason: 'no-window',
    nextWindow: span(at(2, '17:00'), at(2, '18:00')),
  });
});

const fourHours = (from: Date, priority: 'P0' | 'P1' | 'P2') =>
  moveOutOfQuietHours({
    from,
    until: new Date(from.getTime() + 4 * hour),
    quiet: night,
    timeZone,
    graceMs: hour,
    priority,
  });

test('four hours that expire in the night move to an hour after it', () => {
  const moved = { kind: 'moved', at: at(3, '09:00') };
  expect(fourHours(at(2, '20:00'), 'P1')).toEqual({ ...moved, instead: at(3, '00:00') });
  expect(fourHours(at(2, '23:00'), 'P2')).toEqual({ ...moved, instead: at(3, '03:00') });
});

test('four hours that expire just after the night move as well', () => {
  expect(fourHours(at(3, '04:10'), 'P1')).toEqual({ kind: 'moved', at: at(3, '09:00'), instead: at(3, '08:10') });
  expect(fourHours(at(3, '05:30'), 'P1')).toEqual({ kind: 'kept', at: at(3, '09:30') });
});

test('four hours of one day are kept, up to the minute the night begins', () => {
  expect(fourHours(at(2, '17:00'), 'P1')).toEqual({ kind: 'kept', at: at(2, '21:00') });
  expect(fourHours(at(2, '17:01'), 'P1')).toMatchObject({ kind: 'moved' });
  expect(fourHours(at(2, '08:00'), 'P0')).toEqual({ kind: 'kept', at: at(2, '12:00') });
});

test('a short deadline given after the night is kept: the night took nothing from it', () => {
  const asked = { from: at(3, '08:10'), until: at(3, '08:40'), quiet: night, timeZone, graceMs: hour };
  expect(moveOutOfQuietHours({ ...asked, priority: 'P1' })).toEqual({ kind: 'kept', at: at(3, '08:40') });
});

test('the most urgent are not moved: the owner is asked', () => {
  expect(fourHours(at(2, '20:00'), 'P0')).toEqual({ kind: 'ask-owner', at: at(3, '00:00'), proposed: at(3, '09:00') });
});

const zones = fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
const timeOfDay = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map(([hours, minutes]) => `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`);
const quietHours = fc.record({ from: timeOfDay, to: timeOfDay }).filter(({ from, to }) => from !== to);
/** Minutes into 2026, a year of all changes of clocks. */
const moment = fc.nat(365 * 24 * 60).map((minutes) => new Date(Date.UTC(2026, 0, 1) + minutes * minute));

/** Asks the wall clock itself. */
function isQuiet(date: Date, { from, to }: QuietHours, zone: string): boolean {
  const wall = date.toLocaleTimeString('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  return from < to ? from <= wall && wall < to : wall >= from || wall < to;
}

test('nothing is moved into quiet hours, nor further than to their end', () => {
  void fc.assert(
    fc.property(moment, quietHours, zones, (date, quiet, zone) => {
      const moved = outsideQuietHours(date, quiet, zone);
      expect(isQuiet(moved, quiet, zone)).toBe(false);
      if (isQuiet(date, quiet, zone)) expect(isQuiet(new Date(moved.getTime() - minute), quiet, zone)).toBe(true);
      else expect(moved).toEqual(date);
    }),
    { numRuns: 1_000 },
  );
});

test('each minute is in a contact window exactly when an owner works and the customer is awake', () => {
  const shift = fc.record({ after: fc.integer({ min: -600, max: 2_000 }), length: fc.integer({ min: 1, max: 900 }) });
  const people = fc.array(fc.array(shift, { maxLength: 3 }), { maxLength: 3 });
  void fc.assert(
    fc.property(moment, fc.nat(2_000), quietHours, zones, people, (from, length, quiet, zone, owners) => {
      const until = new Date(from.getTime() + length * minute);
      const shifts = owners.map((shifts) =>
        shifts.map((one) => {
          const start = from.getTime() + one.after * minute;
          return span(new Date(start), new Date(start + one.length * minute));
        }),
      );
      const windows = contactWindows({ from, until, quiet, timeZone: zone, shifts });
      for (let at = from; at < until; at = new Date(at.getTime() + minute)) {
        const works = shifts.flat().some((shift) => shift.from <= at && at < shift.to);
        const found = windows.some((window) => window.from <= at && at < window.to);
        if (found !== (works && !isQuiet(at, quiet, zone))) expect.fail(`${at.toISOString()} is judged wrongly`);
      }
    }),
    { numRuns: 60 },
  );
});

test('a later deadline never becomes due before an earlier one, and none in quiet hours', () => {
  const graces = fc.integer({ min: 1, max: 180 }).map((minutes) => minutes * minute);
  void fc.assert(
    fc.property(moment, fc.nat(3_000), fc.nat(600), zones, graces, (from, length, more, zone, graceMs) => {
      const due = (minutes: number) => {
        const until = new Date(from.getTime() + minutes * minute);
        return moveOutOfQuietHours({ from, until, quiet: night, timeZone: zone, graceMs, priority: 'P1' }).at;
      };
      const [earlier, later] = [due(length + 1), due(length + 1 + more)];
      expect(later >= earlier).toBe(true);
      expect(isQuiet(new Date(earlier.getTime() - 1), night, zone)).toBe(false);
    }),
    { numRuns: 1_000 },
  );
});
