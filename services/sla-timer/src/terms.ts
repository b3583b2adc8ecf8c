import type { BusinessTime } from '@heard/calendar/business-time';
import { moveOutOfQuietHours, type QuietHours } from '@heard/calendar/windows';
import type { ClockKind, Priority } from '@heard/events/vocabulary';
import type { Policy } from '@heard/policy/policy';

/** What the policy asks of one kind of clock of one case, and the calendar its time is counted by. */
export interface Terms {
  policyVersion: number;
  spanMs: number;
  calendar: CalendarInForce;
  /** Natural time from the start, whatever the calendar. */
  ceilingMs: number | null;
  quiet: Quiet | null;
}

export interface CalendarInForce {
  name: string;
  version: number;
  time: BusinessTime;
}

/** The hours in which the customer is not to be disturbed, and the time an owner gets after them. */
export interface Quiet {
  hours: QuietHours;
  timeZone: string;
  graceMs: number;
}

/** A case, as far as its deadlines depend on it. */
export interface Circumstances {
  priority: Priority;
  /** The customer's; null: the policy's. */
  timeZone: string | null;
  /** The customer's own; null: the one the policy names for the priority. */
  calendar: string | null;
}

/** Null for a kind that has no span of its own but is told when it is due. */
export function termsOf(
  kind: ClockKind,
  { priority, timeZone, calendar }: Circumstances,
  policy: Policy & { version: number },
  inForce: (name: string) => CalendarInForce,
): Terms | null {
  const spanMs = spanOf(kind, priority, policy);
  if (spanMs === null) return null;
  const { contact, sla } = policy;
  // Nobody is called at night to meet a deadline; of a P0 the owner decides (A13).
  const waitsForMorning = priority !== 'P0' && (kind === 'first-contact' || kind === 'first-attempt');
  const quiet = { hours: contact.quietHours, timeZone: timeZone ?? sla.timeZone, graceMs: contact.quietGrace };
  return {
    spanMs,
    policyVersion: policy.version,
    calendar: inForce(calendar ?? sla.calendar[priority]),
    ceilingMs: kind === 'first-contact' ? sla.hardCeiling : null,
    quiet: waitsForMorning ? quiet : null,
  };
}

/** The terms of a deadline somebody was told: natural time, and nothing moves it. */
export function told(startedAt: Date, dueAt: Date, policyVersion: number, natural: CalendarInForce): Terms {
  const spanMs = Math.max(0, dueAt.getTime() - startedAt.getTime());
  return { spanMs, policyVersion, calendar: natural, ceilingMs: null, quiet: null };
}

function spanOf(kind: ClockKind, priority: Priority, { sla }: Policy): number | null {
  switch (kind) {
    case 'acknowledgement':
      return sla.acknowledge[priority];
    case 'first-attempt':
      return sla.firstAttempt[priority];
    case 'first-contact':
      return sla.firstContact[priority];
    case 'next-reply':
      return sla.nextReply[priority];
    case 'resolution':
      return sla.resolution;
    case 'approval':
      return sla.approval[priority];
    case 'technical':
      return sla.technical[priority];
    default:
      return null;
  }
}

export function isOff(kind: ClockKind, { sla }: Policy): boolean {
  return (sla.off as readonly ClockKind[] | undefined)?.includes(kind) ?? false;
}

export interface Deadline {
  dueAt: Date;
  /** Without regard to the customer's night, where that makes a difference. */
  naturalDueAt: Date | null;
}

/**
 * When what is left of a clock's time is used up, counted from `from`, never before it. The customer's night puts that
 * off; the ceiling cuts it, night or not.
 */
export function deadline(
  time: BusinessTime,
  quiet: Quiet | null,
  rest: { from: Date; remainingMs: number; ceilingAt: Date | null },
): Deadline {
  const { from, remainingMs, ceilingAt } = rest;
  const cut = (at: Date) => (ceilingAt && ceilingAt < at ? new Date(Math.max(+ceilingAt, +from)) : at);
  const natural = time.advance(from, Math.max(0, remainingMs));
  const naturalDueAt = cut(natural);
  const dueAt = quiet ? cut(outOfTheNight(from, natural, quiet)) : naturalDueAt;
  return { dueAt, naturalDueAt: dueAt > naturalDueAt ? naturalDueAt : null };
}

function outOfTheNight(from: Date, until: Date, { hours, timeZone, graceMs }: Quiet): Date {
  return moveOutOfQuietHours({ from, until, quiet: hours, timeZone, graceMs, priority: 'P1' }).at;
}
