import * as z from 'zod';
import { type BusinessTime, compile, type Span } from './business-time.ts';
import { everyDay, type Interval, TimeOfDay } from './calendar.ts';

/** Each day from 21:00 to 08:00, say, on the wall of whoever is not to be disturbed. May go past midnight. */
export const QuietHours = z
  .strictObject({ from: TimeOfDay, to: TimeOfDay })
  .refine(({ from, to }) => from !== to, 'must not start and end at the same time: that is never, or always');
export type QuietHours = z.infer<typeof QuietHours>;

/** `at`, or the end of the quiet hours it lies in. */
export function outsideQuietHours(at: Date, quiet: QuietHours, timeZone: string): Date {
  return daily(quiet.to, quiet.from, timeZone).nextOpen(at);
}

export interface ContactQuestion {
  from: Date;
  /** No contact from this instant on: the deadline. */
  until: Date;
  /** Null: may be called at any hour. */
  quiet: QuietHours | null;
  /** The customer's. */
  timeZone: string;
  /** The working time of each owner; one owner at work is enough. */
  shifts: Span[][];
  /** When the customer asked to be called: then and at no other time, at night too if they said so. */
  wished?: Span;
}

/** When an owner is at work and the customer may be disturbed, in order. */
export function contactWindows(question: ContactQuestion): Span[] {
  return both(allowed(question), onShift(question));
}

export type Feasibility =
  | { ok: true; firstWindow: Span }
  | {
      ok: false;
      /** The customer's night reaches to the deadline; nobody works until then; or those two never meet. */
      reason: 'quiet-hours' | 'no-shift' | 'no-window';
      /**
       * The first one after the deadline, as far as the shifts are known; where a wish cannot be met, the first one at
       * all.
       */
      nextWindow?: Span;
    };

/** Whether the customer can be reached before the deadline `until`, told before time is lost. */
export function feasible(question: ContactQuestion): Feasibility {
  const [firstWindow] = contactWindows(question);
  if (firstWindow) return { ok: true, firstWindow };
  const until = latest(question.until, ...question.shifts.flat().map((shift) => shift.to));
  const [asWished] = contactWindows({ ...question, from: latest(question.from, question.until), until });
  const [nextWindow] =
    asWished || !question.wished ? [asWished] : contactWindows({ ...question, until, wished: undefined });
  return { ok: false, reason: whyNot(question), ...(nextWindow && { nextWindow }) };
}

function whyNot(question: ContactQuestion) {
  if (question.until <= question.from) return 'no-window';
  if (allowed(question).length === 0) return question.wished ? 'no-window' : 'quiet-hours';
  const { wished } = question;
  const asked = wished
    ? { ...question, from: latest(question.from, wished.from), until: earliest(question.until, wished.to) }
    : question;
  return onShift(asked).length === 0 ? 'no-shift' : 'no-window';
}

/** Longer than any calling hours: a short quiet span may fall into the hour that summer time skips. */
const twoDays = 2 * 86_400_000;

export type MovedDeadline =
  | { kind: 'kept'; at: Date }
  /** Both are for people to see. */
  | { kind: 'moved'; at: Date; instead: Date }
  /** Too urgent to wait for the morning by itself: the owner calls at night or agrees to `proposed`. */
  | { kind: 'ask-owner'; at: Date; proposed: Date };

/**
 * A deadline in the customer's night, or so soon after it that the night took the time away, moves to `graceMs` after
 * the night (counted in hours the customer may be called). Kept where the deadline and `from` lie in the same day's
 * calling hours. A later deadline never becomes due before an earlier one.
 */
export function moveOutOfQuietHours(deadline: {
  from: Date;
  until: Date;
  quiet: QuietHours;
  timeZone: string;
  graceMs: number;
  priority: 'P0' | 'P1' | 'P2';
}): MovedDeadline {
  const { from, until, quiet, timeZone, graceMs, priority } = deadline;
  const hours = daily(quiet.to, quiet.from, timeZone);
  const lastMoment = hours.nextOpen(new Date(until.getTime() - 1));
  const opened = hours
    .openIntervals(new Date(lastMoment.getTime() - twoDays), new Date(lastMoment.getTime() + 1))
    .at(-1)!;
  const at = hours.advance(opened.from, graceMs);
  if (opened.from <= from || at <= until) return { kind: 'kept', at: until };
  return priority === 'P0' ? { kind: 'ask-owner', at: until, proposed: at } : { kind: 'moved', at, instead: until };
}

function allowed({ quiet, timeZone, from, until, wished }: ContactQuestion): Span[] {
  if (wished) return both([{ from, to: until }], [wished]);
  if (!quiet) return from < until ? [{ from, to: until }] : [];
  return daily(quiet.to, quiet.from, timeZone).openIntervals(from, until);
}

function onShift({ shifts, from, until }: ContactQuestion): Span[] {
  return from < until ? both(joined(shifts.flat()), [{ from, to: until }]) : [];
}

function joined(spans: Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    const last = result.at(-1);
    if (!last || last.to < span.from) result.push({ ...span });
    else if (span.to > last.to) last.to = span.to;
  }
  return result;
}

/** What two lists, each in order and without overlap, have in common. */
function both(left: Span[], right: Span[]): Span[] {
  const result: Span[] = [];
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const [a, b] = [left[i]!, right[j]!];
    const from = latest(a.from, b.from);
    const to = earliest(a.to, b.to);
    if (from < to) result.push({ from, to });
    if (to < b.to) i++;
    else j++;
  }
  return result;
}

function latest(...dates: Date[]): Date {
  return new Date(Math.max(...dates.map(Number)));
}

function earliest(...dates: Date[]): Date {
  return new Date(Math.min(...dates.map(Number)));
}

const compiled = new Map<string, BusinessTime>();

/** The hours from–to of each day; they may go past midnight. Kept, because a zone's year is asked for again and again. */
function daily(from: string, to: string, timeZone: string): BusinessTime {
  const key = `${from} ${to} ${timeZone}`;
  let time = compiled.get(key);
  if (!time) {
    const intervals: Interval[] =
      from < to
        ? [{ from, to }]
        : [
            { from: '00:00', to },
            { from, to: '24:00' },
          ].filter((one) => one.from !== one.to);
    time = compile(everyDay(key, timeZone, intervals));
    // Zones come from outside and are written in many ways: forget rather than grow.
    if (compiled.size >= 1_000) compiled.clear();
    compiled.set(key, time);
  }
  return time;
}
