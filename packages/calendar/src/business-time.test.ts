import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from './business-time.ts';
import { alwaysOpen, Calendar, everyDay } from './calendar.ts';
import { calendarAndStart, openMinutes } from './fixture-calendars.ts';

const minute = 60_000;
const hour = 60 * minute;

const officeDay = [
  { from: '09:00', to: '12:30' },
  { from: '13:30', to: '18:30' },
];
const office = compile(
  Calendar.parse({
    name: 'office',
    timeZone: 'Asia/Shanghai',
    week: { mon: officeDay, tue: officeDay, wed: officeDay, thu: officeDay, fri: officeDay, sat: [], sun: [] },
    exceptions: [
      { date: '2026-02-14', name: '春节（班）', intervals: officeDay },
      ...['15', '16', '17', '18', '19', '20', '21', '22', '23'].map((day) => ({
        date: `2026-02-${day}`,
        name: '春节',
        intervals: [],
      })),
    ],
  }),
);
const shanghai = (wall: string) => new Date(`${wall}:00+08:00`);
const later = (from: Date, minutes: number) => new Date(from.getTime() + minutes * minute);

test('an hour from 12:00 leaves out the lunch break', () => {
  expect(office.advance(shanghai('2026-03-02T12:00'), hour)).toEqual(shanghai('2026-03-02T14:00'));
  expect(office.elapsed(shanghai('2026-03-02T12:00'), shanghai('2026-03-02T14:00'))).toBe(hour);
});

test('half an hour from 12:00 is over at closing time, not at the next opening', () => {
  expect(office.advance(shanghai('2026-03-02T12:00'), hour / 2)).toEqual(shanghai('2026-03-02T12:30'));
});

test('an hour from Friday 18:00 ends on Monday', () => {
  expect(office.advance(shanghai('2026-03-06T18:00'), hour)).toEqual(shanghai('2026-03-09T09:30'));
});

test('a make-up Saturday is worked, and the holiday after it is not', () => {
  expect(office.isOpen(shanghai('2026-02-14T10:00'))).toBe(true);
  expect(office.isOpen(shanghai('2026-02-16T10:00'))).toBe(false);
  expect(office.advance(shanghai('2026-02-14T18:00'), hour)).toEqual(shanghai('2026-02-24T09:30'));
});

test('the next opening is now where it is open', () => {
  expect(office.nextOpen(shanghai('2026-03-02T12:30'))).toEqual(shanghai('2026-03-02T13:30'));
  expect(office.nextOpen(shanghai('2026-03-02T09:00'))).toEqual(shanghai('2026-03-02T09:00'));
});

const nights = compile(everyDay('nights', 'America/New_York', [{ from: '01:00', to: '04:00' }]));

test('the night that puts the clock forward has an hour less to work', () => {
  expect(nights.openIntervals(new Date('2026-03-08T00:00:00-05:00'), new Date('2026-03-08T12:00:00-04:00'))).toEqual([
    { from: new Date('2026-03-08T01:00:00-05:00'), to: new Date('2026-03-08T04:00:00-04:00') },
  ]);
  expect(nights.elapsed(new Date('2026-03-08T05:00:00Z'), new Date('2026-03-08T12:00:00Z'))).toBe(2 * hour);
});

test('the night that puts the clock back has an hour more', () => {
  expect(nights.elapsed(new Date('2026-11-01T04:00:00Z'), new Date('2026-11-01T12:00:00Z'))).toBe(4 * hour);
});

test('always open is natural time, across any number of years', () => {
  const time = compile(alwaysOpen);
  const [from, to] = [new Date('2019-05-05T05:05:05.005Z'), new Date('2031-01-01T00:00:00Z')];
  expect(time.elapsed(from, to)).toBe(to.getTime() - from.getTime());
  expect(time.advance(from, to.getTime() - from.getTime())).toEqual(to);
  expect(time.openIntervals(from, to)).toEqual([{ from, to }]);
});

test('a calendar that never opens says so instead of searching for ever', () => {
  const never = compile(everyDay('closed shop', 'UTC', []));
  const from = new Date('2026-01-01T00:00:00Z');
  expect(() => never.advance(from, 1)).toThrow('calendar "closed shop" is not open for 10 years after 2026-01-01');
  expect(() => never.nextOpen(from)).toThrow('closed shop');
  expect(never.advance(from, 0)).toEqual(from);
  expect(never.elapsed(from, new Date('2027-01-01T00:00:00Z'))).toBe(0);
});

test('dates and durations that are none are refused', () => {
  expect(() => office.elapsed(new Date('nonsense'), new Date(0))).toThrow('invalid date');
  for (const ms of [-1, Number.NaN, Infinity]) expect(() => office.advance(new Date(0), ms)).toThrow('to advance by');
});

const spans = fc.integer({ min: 0, max: 3 * 24 * 60 });

test('elapsed is what a walk over each minute of the wall clock counts', () => {
  void fc.assert(
    fc.property(calendarAndStart, spans, ({ calendar, start }, minutes) => {
      const end = later(start, minutes);
      expect(compile(calendar).elapsed(start, end)).toBe(openMinutes(calendar, start, end) * minute);
    }),
    { numRuns: 150 },
  );
});

test('advance is the earliest instant by which that much has elapsed', () => {
  void fc.assert(
    fc.property(calendarAndStart, fc.integer({ min: 1, max: 10 * 24 * hour }), ({ calendar, start }, ms) => {
      const time = compile(calendar);
      fc.pre(Object.values(calendar.week).some((intervals) => intervals.length > 0));
      const at = time.advance(start, ms);
      expect(time.elapsed(start, at)).toBe(ms);
      expect(time.elapsed(start, new Date(at.getTime() - 1))).toBe(ms - 1);
    }),
    { numRuns: 150 },
  );
});

test('elapsed adds up over any cut, and the open intervals add up to it', () => {
  void fc.assert(
    fc.property(calendarAndStart, fc.nat(900 * 24 * 60), fc.nat(900 * 24 * 60), ({ calendar, start }, one, two) => {
      const time = compile(calendar);
      const [cut, end] = [later(start, one), later(start, one + two)];
      const whole = time.elapsed(start, end);
      expect(time.elapsed(start, cut) + time.elapsed(cut, end)).toBe(whole);
      const open = time.openIntervals(start, end);
      expect(open.reduce((sum, { from, to }) => sum + to.getTime() - from.getTime(), 0)).toBe(whole);
      expect(open.every(({ from }, i) => i === 0 || open[i - 1]!.to < from)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('the next opening is open, and nothing before it is', () => {
  void fc.assert(
    fc.property(calendarAndStart, ({ calendar, start }) => {
      fc.pre(Object.values(calendar.week).some((intervals) => intervals.length > 0));
      const time = compile(calendar);
      const opens = time.nextOpen(start);
      expect(time.isOpen(opens)).toBe(true);
      expect(time.elapsed(start, opens)).toBe(0);
      expect(time.isOpen(start)).toBe(opens.getTime() === start.getTime());
    }),
  );
});
