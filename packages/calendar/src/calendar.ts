import { Temporal } from 'temporal-polyfill';
import * as z from 'zod';

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/;
export const TimeOfDay = z.string().regex(timeOfDay, 'must be a time of day such as 09:00');

/** Minutes since midnight of "09:00"; "24:00" is the end of the day. */
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

const Interval = z
  .strictObject({
    from: TimeOfDay,
    to: z.string().regex(new RegExp(`${timeOfDay.source}|^24:00$`), 'must be a time of day such as 18:30, or 24:00'),
  })
  .refine(({ from, to }) => minutesOf(from) < minutesOf(to), {
    message:
      'must end later than it starts; work past midnight is an interval to 24:00 and one from 00:00 the next day',
  });
export type Interval = z.infer<typeof Interval>;

const Intervals = z.array(Interval).superRefine((intervals, context) => {
  for (const [i, { from, to }] of intervals.entries()) {
    const next = intervals[i + 1];
    if (next && minutesOf(next.from) < minutesOf(to))
      context.addIssue({
        code: 'custom',
        path: [i + 1],
        message: `${next.from}–${next.to} must come after ${from}–${to} and not overlap it`,
      });
  }
});

const CalendarDate = z.iso.date('must be a date such as 2026-10-01');

export const TimeZone = z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai');

function isTimeZone(name: string): boolean {
  // Offsets such as +08:00 are zones to Intl, but they know no summer time: an operator who wrote one meant a place.
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Monday first, as the operator writes the week. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const Exception = z.strictObject({
  date: CalendarDate,
  name: z.string().min(1).max(100).optional(),
  intervals: Intervals.meta({ description: 'None: closed all day. Some: open then, as on a make-up workday (调休).' }),
});
export type Exception = z.infer<typeof Exception>;

/** When work is done, as an operator writes it: local times of a place. An exception replaces its whole day. */
export const Calendar = z.strictObject({
  name: z.string().min(1).max(60),
  timeZone: TimeZone,
  week: z.strictObject({
    mon: Intervals,
    tue: Intervals,
    wed: Intervals,
    thu: Intervals,
    fri: Intervals,
    sat: Intervals,
    sun: Intervals,
  }),
  exceptions: z.array(Exception).superRefine((exceptions, context) => {
    const seen = new Set<string>();
    for (const [i, { date }] of exceptions.entries()) {
      if (seen.has(date)) context.addIssue({ code: 'custom', path: [i, 'date'], message: `${date} is there twice` });
      seen.add(date);
    }
  }),
  knownUntil: CalendarDate.optional().meta({
    description: 'The last date whose holidays are known; later days count as plain weekdays.',
  }),
});
export type Calendar = z.infer<typeof Calendar>;

/** The same intervals on each day of the week. */
export function everyDay(name: string, timeZone: string, intervals: Interval[]): Calendar {
  const week = Object.fromEntries(weekdays.map((day) => [day, intervals])) as Calendar['week'];
  return { name, timeZone, week, exceptions: [] };
}

export const alwaysOpen: Calendar = everyDay('24x7', 'UTC', [{ from: '00:00', to: '24:00' }]);

/**
 * Days after today, in the calendar's own zone, whose holidays are known: 0 on the last of them, negative later.
 * Undefined where the calendar does not say how far it is known, as one without holidays need not.
 */
export function daysLeft(calendar: Calendar, now: Date): number | undefined {
  if (!calendar.knownUntil) return undefined;
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(calendar.timeZone)
    .toPlainDate();
  return today.until(calendar.knownUntil).days;
}
