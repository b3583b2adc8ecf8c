import * as fc from 'fast-check';
import type { Span } from './business-time.ts';
import { Calendar, type Interval, weekdays } from './calendar.ts';

/** Places whose clocks misbehave in different ways, each with the days around which they do. */
const places = [
  { timeZone: 'America/New_York', days: ['2026-03-08', '2026-11-01', '2026-12-31'] },
  { timeZone: 'Europe/London', days: ['2026-03-29', '2026-10-25', '1970-01-01'] },
  { timeZone: 'Australia/Lord_Howe', days: ['2026-04-05', '2026-10-04'] },
  { timeZone: 'Asia/Kathmandu', days: ['2026-07-01'] },
  { timeZone: 'Asia/Shanghai', days: ['2026-02-14', '2027-01-01'] },
  { timeZone: 'Pacific/Apia', days: ['2011-12-30'] },
  { timeZone: 'America/Santiago', days: ['2026-04-05', '2026-09-06'] },
];

const minute = 60_000;
const day = 24 * 60;

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** Any number of intervals in a day, some touching, some near the hours at which clocks are changed. */
const intervals: fc.Arbitrary<Interval[]> = fc
  .uniqueArray(fc.oneof(fc.integer({ min: 0, max: day }), fc.integer({ min: 0, max: 240 }), fc.constant(day)), {
    maxLength: 8,
  })
  .chain((edges) => fc.tuple(fc.constant(edges.sort((a, b) => a - b)), fc.boolean()))
  .map(([edges, touching]) => {
    const pairs = touching
      ? edges.slice(1).map((edge, i) => [edges[i]!, edge])
      : edges.flatMap((edge, i) => (i % 2 === 0 && i + 1 < edges.length ? [[edge, edges[i + 1]!]] : []));
    return pairs.map(([from, to]) => ({ from: clock(from!), to: clock(to!) }));
  });

/** A calendar, and a whole minute within two days of a day on which its clock may be changed. */
export const calendarAndStart: fc.Arbitrary<{ calendar: Calendar; start: Date }> = fc
  .constantFrom(...places)
  .chain(({ timeZone, days }) =>
    fc.record({
      timeZone: fc.constant(timeZone),
      near: fc.constantFrom(...days).map((date) => Date.parse(date)),
      minutes: fc.integer({ min: -2 * day, max: 2 * day }),
      week: fc.record(
        Object.fromEntries(weekdays.map((name) => [name, intervals])) as Record<
          (typeof weekdays)[number],
          typeof intervals
        >,
      ),
      exceptions: fc.uniqueArray(
        fc.record({ after: fc.integer({ min: -3, max: 4 }), intervals: fc.oneof(intervals, fc.constant([])) }),
        { selector: (one) => one.after, maxLength: 4 },
      ),
    }),
  )
  .map(({ timeZone, near, minutes, week, exceptions }) => ({
    calendar: Calendar.parse({
      name: 'random',
      timeZone,
      week,
      exceptions: exceptions.map((one) => ({
        date: new Date(near + one.after * day * minute).toISOString().slice(0, 10),
        intervals: one.intervals,
      })),
    }),
    start: new Date(near + minutes * minute),
  }));

/** Asks the wall clock of the zone minute by minute. Slow, and nothing it could get wrong in the same way. */
export function openMinutes(calendar: Calendar, from: Date, to: Date, except: Span[] = []): number {
  const wall = new Intl.DateTimeFormat('en-CA', {
    timeZone: calendar.timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  let open = 0;
  for (let at = from.getTime(); at < to.getTime(); at += minute) {
    if (except.some((pause) => pause.from.getTime() <= at && at < pause.to.getTime())) continue;
    const part = Object.fromEntries(wall.formatToParts(at).map(({ type, value }) => [type, value]));
    const time = `${part.hour}:${part.minute}`;
    const exception = calendar.exceptions.find(({ date }) => date === `${part.year}-${part.month}-${part.day}`);
    const today = exception?.intervals ?? calendar.week[part.weekday!.slice(0, 3).toLowerCase() as 'mon'];
    if (today.some((interval) => interval.from <= time && time < interval.to)) open++;
  }
  return open;
}
