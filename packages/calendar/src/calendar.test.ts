import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compile } from './business-time.ts';
import { alwaysOpen, Calendar, daysLeft } from './calendar.ts';

const hour = 3_600_000;
const refusal = (change: object) => {
  const result = Calendar.safeParse({ ...alwaysOpen, ...change });
  return result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
};
const monday = (...intervals: object[]) => ({ week: { ...alwaysOpen.week, mon: intervals } });

test('any number of intervals a day is a calendar, and they may touch', () => {
  const three = monday({ from: '00:00', to: '06:00' }, { from: '06:00', to: '07:15' }, { from: '22:00', to: '24:00' });
  expect(refusal(three)).toBeUndefined();
  expect(refusal({})).toBeUndefined();
});

test('an interval over midnight is refused with the way to write it', () => {
  expect(refusal(monday({ from: '22:00', to: '06:00' }))).toBe(
    'week.mon.0: must end later than it starts; work past midnight is an interval to 24:00 and one from 00:00 the next day',
  );
  expect(refusal(monday({ from: '09:00', to: '09:00' }))).toContain('must end later');
});

test('intervals that overlap or stand in the wrong order are named', () => {
  expect(refusal(monday({ from: '09:00', to: '12:30' }, { from: '12:00', to: '18:00' }))).toBe(
    'week.mon.1: 12:00–18:00 must come after 09:00–12:30 and not overlap it',
  );
  expect(refusal(monday({ from: '13:00', to: '18:00' }, { from: '09:00', to: '12:00' }))).toContain('must come after');
});

test('times, dates and zones that do not exist are refused', () => {
  expect(refusal(monday({ from: '9:00', to: '12:00' }))).toContain('must be a time of day such as 09:00');
  expect(refusal(monday({ from: '24:00', to: '24:00' }))).toContain('must be a time of day such as 09:00');
  expect(refusal(monday({ from: '09:00', to: '24:01' }))).toContain('or 24:00');
  expect(refusal({ exceptions: [{ date: '2026-02-29', intervals: [] }] })).toContain('must be a date');
  for (const timeZone of ['Asia/Peking', '+08:00', ''])
    expect(refusal({ timeZone })).toBe('timeZone: must be an IANA time zone such as Asia/Shanghai');
});

test('two exceptions on one date, unknown keys and a missing weekday are refused', () => {
  const twice = [
    { date: '2026-10-01', intervals: [] },
    { date: '2026-10-01', intervals: [{ from: '09:00', to: '10:00' }] },
  ];
  expect(refusal({ exceptions: twice })).toBe('exceptions.1.date: 2026-10-01 is there twice');
  expect(refusal({ holidays: [] })).toContain('holidays');
  expect(refusal({ week: { ...alwaysOpen.week, sun: undefined } })).toContain('week.sun');
});

test('the days left are counted in the zone of the calendar', () => {
  const calendar = { ...alwaysOpen, timeZone: 'Asia/Shanghai', knownUntil: '2026-12-31' };
  expect(daysLeft(calendar, new Date('2026-12-01T15:59:59Z'))).toBe(30);
  expect(daysLeft(calendar, new Date('2026-12-01T16:00:00Z'))).toBe(29);
  expect(daysLeft(calendar, new Date('2026-12-31T12:00:00Z'))).toBe(0);
  expect(daysLeft(calendar, new Date('2027-01-10T12:00:00Z'))).toBe(-10);
  expect(daysLeft(alwaysOpen, new Date())).toBeUndefined();
});

describe('the sample of an office in China', () => {
  const sample = readFileSync(new URL('../samples/cn-office.yaml', import.meta.url), 'utf8');
  const calendar = Calendar.parse(parse(sample));
  const time = compile(calendar);
  const openOn = (date: string) =>
    time.elapsed(new Date(`${date}T00:00:00+08:00`), new Date(`${date}T24:00:00+08:00`)) / hour;

  test('has the holidays and the make-up workdays of 2026', () => {
    expect(['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'].map(openOn)).toEqual(
      Array(6).fill(8.5),
    );
    expect(['2026-01-02', '2026-02-23', '2026-04-06', '2026-06-19', '2026-10-07', '2026-03-07'].map(openOn)).toEqual(
      Array(6).fill(0),
    );
  });

  test('has 248 workdays in 2026', () => {
    const year = time.elapsed(new Date('2026-01-01T00:00:00+08:00'), new Date('2027-01-01T00:00:00+08:00'));
    expect(year / hour / 8.5).toBe(248);
  });

  test('says until when it is known', () => {
    expect(daysLeft(calendar, new Date('2026-12-30T00:00:00Z'))).toBe(1);
  });
});
