import { expect, test } from 'vitest';
import { importHolidays, makeUpDay } from './ical.ts';

const file = (...events: string[]) =>
  [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:test',
    ...events.map(
      (event, i) =>
        `BEGIN:VEVENT\nUID:${/RRULE|RECURRENCE-ID/.test(event) ? 'repeated' : i}\nDTSTAMP:20260101T000000Z\n${event}\nEND:VEVENT`,
    ),
    'END:VCALENDAR',
  ]
    .join('\n')
    .replaceAll('\n', '\r\n');
const read = (text: string, more: object = {}) =>
  importHolidays({ text, from: '2026-01-01', until: '2028-12-31', ...more });
const dates = (...events: string[]) => read(file(...events)).exceptions.map(({ date }) => date);

test('a holiday of several days ends the day before its DTEND', () => {
  expect(read(file('SUMMARY:清明\nDTSTART;VALUE=DATE:20260404\nDTEND;VALUE=DATE:20260407')).exceptions).toEqual([
    { date: '2026-04-04', name: '清明', intervals: [] },
    { date: '2026-04-05', name: '清明', intervals: [] },
    { date: '2026-04-06', name: '清明', intervals: [] },
  ]);
});

test('a day without DTEND, with a DURATION, or ending as it starts is read as meant', () => {
  expect(dates('DTSTART;VALUE=DATE:20261225')).toEqual(['2026-12-25']);
  expect(dates('DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225')).toEqual(['2026-12-25']);
  expect(dates('DTSTART;VALUE=DATE:20261225\nDURATION:P2D')).toEqual(['2026-12-25', '2026-12-26']);
});

test('yearly holidays repeat until UNTIL, COUNT times, or until the last date asked for', () => {
  const yearly = (rule: string) => dates(`DTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY${rule}`);
  expect(yearly(';UNTIL=20270501')).toEqual(['2026-05-01', '2027-05-01']);
  expect(yearly(';COUNT=2')).toEqual(['2026-05-01']);
  expect(yearly('')).toEqual(['2026-05-01', '2027-05-01', '2028-05-01']);
  expect(yearly(';BYMONTH=11;BYDAY=4TH')).toEqual(['2026-11-26', '2027-11-25', '2028-11-23']);
});

test('a repetition left out, moved or cancelled is not there', () => {
  expect(dates('DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20270501')).toEqual([
    '2026-05-01',
    '2028-05-01',
  ]);
  const changed = (change: string) =>
    dates('DTSTART;VALUE=DATE:20260501\nRRULE:FREQ=YEARLY', `RECURRENCE-ID;VALUE=DATE:20270501\n${change}`);
  expect(changed('DTSTART;VALUE=DATE:20270503')).toEqual(['2026-05-01', '2027-05-03', '2028-05-01']);
  expect(changed('DTSTART;VALUE=DATE:20270501\nSTATUS:CANCELLED')).toEqual(['2026-05-01', '2028-05-01']);
  expect(dates('DTSTART;VALUE=DATE:20260501\nSTATUS:CANCELLED')).toEqual([]);
});

test('folded lines, escapes, a byte order mark and a zone on the date are read', () => {
  const text = file('SUMMARY:New Year\\, and\n  the day after\\; it\nDTSTART;TZID=Asia/Shanghai;VALUE=DATE:20260101');
  expect(read(`\uFEFF${text}\r\n`).exceptions).toEqual([
    { date: '2026-01-01', name: 'New Year, and the day after; it', intervals: [] },
  ]);
});

test('make-up workdays are worked like the day given', () => {
  const intervals = [{ from: '09:00', to: '18:00' }];
  const text = file(
    'SUMMARY:春节(休)\nDTSTART;VALUE=DATE:20260215',
    'SUMMARY:春节(班)\nDTSTART;VALUE=DATE:20260214',
    'SUMMARY:National Day(Workday)\nDTSTART;VALUE=DATE:20261010',
  );
  expect(read(text, { makeUp: { summary: makeUpDay, intervals } }).exceptions).toEqual([
    { date: '2026-02-14', name: '春节(班)', intervals },
    { date: '2026-02-15', name: '春节(休)', intervals: [] },
    { date: '2026-10-10', name: 'National Day(Workday)', intervals },
  ]);
});

test('a date that is both a holiday and a workday is an error, two holidays on a date are one exception', () => {
  const both = file('SUMMARY:a\nDTSTART;VALUE=DATE:20260214', 'SUMMARY:b 班\nDTSTART;VALUE=DATE:20260214');
  expect(() => read(both, { makeUp: { summary: makeUpDay, intervals: [] } })).toThrow(
    'the iCalendar file calls 2026-02-14 both a holiday (a) and a workday (b 班)',
  );
  expect(read(both).exceptions).toEqual([{ date: '2026-02-14', name: 'a, b 班', intervals: [] }]);
});

test('events of a part of a day close nothing and are named', () => {
  expect(read(file('SUMMARY:Party\nDTSTART;TZID=Asia/Shanghai:20260101T180000'))).toEqual({
    exceptions: [],
    ignored: ['Party'],
  });
});

test.each([
  ['', 'does not begin with BEGIN:VCALENDAR'],
  ['<html>', 'does not begin with BEGIN:VCALENDAR'],
  ['BEGIN:VCALENDAR\nBEGIN:VEVENT', 'the iCalendar file cannot be read'],
  [file('SUMMARY:x'), 'an event has no DTSTART'],
  [file('SUMMARY:x\nDTSTART;VALUE=DATE:20261345'), 'the iCalendar event "x" cannot be read: 2026-13-45 is no date'],
  [file('SUMMARY:x\nDTSTART;VALUE=DATE:2026'), 'cannot be read'],
  [file('SUMMARY:x\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=SOMETIMES'), 'invalid frequency'],
  [file('SUMMARY:x\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=HOURLY'), 'a whole day cannot repeat hourly'],
])('a bad file is one clear error: %j', (text, message) => {
  expect(() => read(text)).toThrow(message);
});
