import ICAL from 'ical.js';
import * as z from 'zod';
import type { Exception, Interval } from './calendar.ts';

/** Make-up workdays as Chinese holiday files name them: 国庆节(班), "National Day(Workday)". */
export const makeUpDay = /班|make-?up|workday/i;

export interface Import {
  /** The file's text. */
  text: string;
  /** First and last date to take over, such as 2026-01-01: a yearly holiday has no end of its own. */
  from: string;
  until: string;
  /** Days whose summary matches are worked for these intervals, often those of a Monday; without it all days are closed. */
  makeUp?: { summary: RegExp; intervals: Interval[] };
}

export interface Imported {
  exceptions: Exception[];
  /** Summaries of events that take only part of a day: they close nothing, and people should see that. */
  ignored: string[];
}

/**
 * The all-day events of an iCalendar file (RFC 5545) as exceptions, one a date, in order. Repeating events are played
 * out, cancelled ones left out. Throws one error that says what is wrong with the file.
 */
export function importHolidays(source: Import): Imported {
  const names = new Map<string, { closed: Set<string>; worked: Set<string> }>();
  const ignored = new Set<string>();
  for (const event of events(source.text)) {
    const summary = String(event.summary ?? '').trim();
    const worked = source.makeUp ? source.makeUp.summary.test(summary) : false;
    try {
      if (!event.startDate.isDate) ignored.add(summary);
      else
        for (const date of dates(event, source.from, source.until)) {
          const day = names.get(date) ?? { closed: new Set(), worked: new Set() };
          (worked ? day.worked : day.closed).add(summary);
          names.set(date, day);
        }
    } catch (cause) {
      throw new Error(`the iCalendar event "${summary}" cannot be read: ${messageOf(cause)}`, { cause });
    }
  }
  const exceptions = [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([date, day]) => exception(date, day, source));
  return { exceptions, ignored: [...ignored] };
}

function exception(date: string, day: { closed: Set<string>; worked: Set<string> }, { makeUp }: Import): Exception {
  const [closed, worked] = [[...day.closed], [...day.worked]];
  if (closed.length > 0 && worked.length > 0)
    throw new Error(`the iCalendar file calls ${date} both a holiday (${closed}) and a workday (${worked})`);
  const name = [...closed, ...worked].filter(Boolean).join(', ').slice(0, 100);
  return { date, ...(name && { name }), intervals: worked.length > 0 ? makeUp!.intervals : [] };
}

function events(text: string): ICAL.Event[] {
  const body = text.replace(/^\uFEFF/, '').trim();
  if (!/^BEGIN:VCALENDAR/i.test(body))
    throw new Error('this is not an iCalendar file: it does not begin with BEGIN:VCALENDAR');
  try {
    const parsed = ICAL.parse(body);
    // Several calendars in one file come back as a list of them.
    const calendars = (typeof parsed[0] === 'string' ? [parsed] : parsed) as ConstructorParameters<
      typeof ICAL.Component
    >[0][];
    return calendars
      .flatMap((calendar) => new ICAL.Component(calendar).getAllSubcomponents('vevent'))
      .map((component) => {
        if (!component.hasProperty('dtstart')) throw new Error('an event has no DTSTART');
        return new ICAL.Event(component);
      })
      .filter((event) => !event.isRecurrenceException());
  } catch (cause) {
    throw new Error(`the iCalendar file cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** The dates the event covers. Its end is exclusive; where it ends as it starts, as careless files say, one date. */
function dates(event: ICAL.Event, from: string, until: string): string[] {
  refuseImpossibleDate(event);
  const found: string[] = [];
  const occurrences = event.isRecurring() ? event.iterator() : undefined;
  if (occurrences) refuseFineFrequency(event);
  let start: ICAL.Time | undefined = occurrences ? occurrences.next() : event.startDate;
  while (start && start.toString() <= until) {
    const { item, startDate, endDate } = event.getOccurrenceDetails(start);
    const date = startDate.clone();
    do {
      if (date.toString() >= from && date.toString() <= until && !isCancelled(item)) found.push(date.toString());
      date.adjust(1, 0, 0, 0);
    } while (date.compare(endDate) < 0 && date.toString() <= until);
    start = occurrences?.next();
  }
  return found;
}

function isCancelled(event: ICAL.Event): boolean {
  return String(event.component.getFirstPropertyValue('status')).toUpperCase() === 'CANCELLED';
}

/** The library turns the 45th of a month into a day of the next. */
function refuseImpossibleDate(event: ICAL.Event): void {
  for (const property of [
    ...event.component.getAllProperties('dtstart'),
    ...event.component.getAllProperties('dtend'),
  ]) {
    const written = property.toJSON()[3];
    if (!z.iso.date().safeParse(written).success) throw new Error(`${written} is no date`);
  }
}

function refuseFineFrequency(event: ICAL.Event): void {
  const [fine] = Object.keys(event.getRecurrenceTypes()).filter((frequency) =>
    /SECONDLY|MINUTELY|HOURLY/.test(frequency),
  );
  if (fine) throw new Error(`a whole day cannot repeat ${fine.toLowerCase()}`);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
