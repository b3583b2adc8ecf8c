import type { BusinessTime } from '@heard/calendar/business-time';
import type { AlertLevel, ClockKind, PauseReason, Priority, Role } from '@heard/events/vocabulary';
import { type Ladder, nextStep, type Progress, type Step, stepDue } from './ladder.ts';
import { deadline, type Quiet, type Terms } from './terms.ts';

/**
 * One deadline of a case.
 *
 * It uses up its span in the time of its calendar, and only while it is not paused. It warns at the policy's percents,
 * goes up its ladder, and breaches at its due time, never before and never while paused. Only its own end ends it;
 * no clock touches another. After a breach it goes on until it ends, and then says that it was late. A raised priority
 * may shorten it, counted from the moment we knew. A changed calendar or policy moves it, either way, and keeps what
 * has been used; a breach stays a breach, and what has ended stays as it ended. The silent days are the one deadline it
 * is good to reach: `observation` is met by its due time.
 */
export interface Clock extends Timing, Progress {
  clockId: string;
  caseId: string;
  customerId: string;
  kind: ClockKind;
  /** The promise, request or wish; empty where a kind has only one. */
  about: string;
  cycle: number;
  priority: Priority;
  owner: string | null;
  team: string | null;
  state: 'running' | 'paused' | 'breached' | 'met' | 'missed' | 'cancelled';
  startedAt: Date;
  warnedPercent: number;
  endedAt: Date | null;
  breachedAt: Date | null;
  metBy: 'contact' | 'unreachable-protocol' | null;
  /** As it stood at the start: its warnings and its ladder stay. */
  policyVersion: number;
  correlation: string | null;
}

/** `usedMs` of calendar time were used up by `runsFrom`; the span counts from `baseMs`, what a raised priority found used. */
export interface Timing {
  spanMs: number;
  baseMs: number;
  usedMs: number;
  runsFrom: Date;
  pausedAt: Date | null;
  /** Natural time of all pauses so far: the ceiling moves by it. */
  pausedMs: number;
  ceilingMs: number | null;
  calendar: string;
  calendarVersion: number;
  /** Of a paused clock: where it was due when it stopped. */
  dueAt: Date;
  naturalDueAt: Date | null;
}

/** What a clock wakes by. */
export interface Rules {
  time: BusinessTime;
  warnAt: readonly number[];
  steps: readonly Step[];
  timeZone: string;
}

export type CancelReason =
  | 'parked'
  | 'closed'
  | 'resolved'
  | 'reopened'
  | 'handed-over'
  | 'withdrawn'
  | 'skipped'
  | 'policy';

export type RescheduleReason = 'calendar' | 'policy';

export type ClockFact =
  | { type: 'clock.warned'; percent: number }
  | { type: 'clock.breached' }
  | { type: 'clock.paused'; reason: PauseReason; remainingMs: number; timing: Timing }
  | { type: 'clock.resumed'; timing: Timing; steppedAt: Date | null }
  | { type: 'clock.shortened'; priority: Priority; previousDueAt: Date; timing: Timing; policyVersion: number }
  | { type: 'clock.rescheduled'; reason: RescheduleReason; previousDueAt: Date; timing: Timing; policyVersion: number }
  | { type: 'clock.met'; inTime: boolean; by?: 'contact' | 'unreachable-protocol' }
  | { type: 'clock.cancelled'; reason: CancelReason }
  | { type: 'escalation.stepped'; step: number; round: number; tell: ('owner' | Role)[]; level: AlertLevel };

export function isLive({ state }: Clock): boolean {
  return state === 'running' || state === 'paused' || state === 'breached';
}

/** A clock's time at its start. */
export function begin(startedAt: Date, terms: Terms): Timing {
  const { spanMs, ceilingMs, calendar, quiet } = terms;
  const timing = { spanMs, ceilingMs, baseMs: 0, usedMs: 0, runsFrom: startedAt, pausedAt: null, pausedMs: 0 };
  const ceilingAt = ceilingMs === null ? null : new Date(startedAt.getTime() + ceilingMs);
  return {
    ...timing,
    calendar: calendar.name,
    calendarVersion: calendar.version,
    ...deadline(calendar.time, quiet, { from: startedAt, remainingMs: spanMs, ceilingAt }),
  };
}

/** Calendar time used up by then, without the pauses. */
export function used(clock: Clock, time: BusinessTime, at: Date): number {
  return clock.usedMs + (clock.state === 'paused' ? 0 : time.elapsed(clock.runsFrom, at));
}

/** When this clock next has something to say; null when it has nothing more. */
export function nextDue(clock: Clock, rules: Rules): Date | null {
  if (clock.state !== 'running' && clock.state !== 'breached') return null;
  const step = nextStep(ladderOf(clock, rules), clock)?.at;
  if (clock.state === 'breached') return step ?? null;
  const percent = rules.warnAt.find((one) => one > clock.warnedPercent);
  const warning = percent === undefined ? clock.dueAt : momentOf(clock, rules.time, percent);
  return earliest(clock.dueAt, warning, step ?? clock.dueAt);
}

/** What a clock says when it wakes: a late waking gives only the last warning and the highest step due, or the breach. */
export function wake(clock: Clock, rules: Rules, now: Date): ClockFact[] {
  if (clock.state !== 'running' && clock.state !== 'breached') return [];
  const facts = tell(clock, rules, now);
  const after = facts.reduce((one, fact) => evolve(one, fact, now), clock);
  if (!isLive(after)) return facts;
  const next = stepDue(ladderOf(after, rules), after, now);
  if (!next) return facts;
  const { step, round } = next;
  const { tell: people, level } = rules.steps[step]!;
  return [...facts, { type: 'escalation.stepped', step, round, tell: people, level }];
}

function tell(clock: Clock, { time, warnAt }: Rules, now: Date): ClockFact[] {
  if (clock.state !== 'running') return [];
  if (now >= clock.dueAt)
    return [clock.kind === 'observation' ? { type: 'clock.met', inTime: true } : { type: 'clock.breached' }];
  const due = warnAt.filter((percent) => percent > clock.warnedPercent && now >= momentOf(clock, time, percent));
  return due.length > 0 ? [{ type: 'clock.warned', percent: due.at(-1)! }] : [];
}

/** `protocol`: the finished attempts to reach a silent customer count as the contact, in time if they were. */
export function meet(clock: Clock, at: Date, protocol?: { inTime: boolean }): ClockFact[] {
  if (!isLive(clock) || at < clock.startedAt) return [];
  if (protocol) return [{ type: 'clock.met', inTime: protocol.inTime, by: 'unreachable-protocol' }];
  const inTime = clock.state === 'paused' ? clock.breachedAt === null : at <= clock.dueAt;
  return [{ type: 'clock.met', inTime, ...(clock.kind === 'first-contact' && { by: 'contact' as const }) }];
}

export function cancel(clock: Clock, reason: CancelReason, at: Date): ClockFact[] {
  if (!isLive(clock)) return [];
  // Who ends a case when its silent days are over may be quicker than the timer.
  if (clock.kind === 'observation' && at >= clock.dueAt) return [{ type: 'clock.met', inTime: true }];
  return [{ type: 'clock.cancelled', reason }];
}

export function pause(clock: Clock, reason: PauseReason, at: Date, time: BusinessTime): ClockFact[] {
  if (clock.state !== 'running' && clock.state !== 'breached') return [];
  const late: ClockFact[] = clock.state === 'running' && at >= clock.dueAt ? [{ type: 'clock.breached' }] : [];
  const remainingMs = at < clock.dueAt ? time.elapsed(at, clock.dueAt) : -time.elapsed(clock.dueAt, at);
  const timing = {
    ...timingOf(clock),
    usedMs: used(clock, time, at),
    runsFrom: later(at, clock.runsFrom),
    pausedAt: at,
  };
  return [...late, { type: 'clock.paused', reason, remainingMs, timing }];
}

/** Goes on with what was left; the ceiling and a waiting ladder move by the pause. */
export function resume(clock: Clock, at: Date, time: BusinessTime, quiet: Quiet | null): ClockFact[] {
  if (clock.state !== 'paused' || !clock.pausedAt) return [];
  const stoodMs = Math.max(0, at.getTime() - clock.pausedAt.getTime());
  const steppedAt = clock.steppedAt && new Date(clock.steppedAt.getTime() + stoodMs);
  const runsFrom = later(at, clock.runsFrom);
  const timing = { ...timingOf(clock), runsFrom, pausedAt: null, pausedMs: clock.pausedMs + stoodMs };
  const due = clock.breachedAt ? {} : dueOf(clock, timing, time, quiet);
  return [{ type: 'clock.resumed', steppedAt, timing: { ...timing, ...due } }];
}

/** The span of the raised priority, counted from now; nothing where that is not sooner. */
export function shorten(clock: Clock, priority: Priority, at: Date, terms: Terms, time: BusinessTime): ClockFact[] {
  if (!isLive(clock) || clock.breachedAt) return [];
  const usedMs = used(clock, time, at);
  const timing = { ...rebased(clock, usedMs, at, terms), baseMs: usedMs };
  const due = dueOf(clock, timing, terms.calendar.time, terms.quiet);
  const before = clock.pausedAt ? dueOf(clock, { ...timingOf(clock), runsFrom: at }, time, terms.quiet) : clock;
  if (due.dueAt >= before.dueAt) return [];
  const { dueAt: previousDueAt } = clock;
  const { policyVersion } = terms;
  return [{ type: 'clock.shortened', priority, previousDueAt, policyVersion, timing: { ...timing, ...due } }];
}

/** A priority was raised and the deadline stays: the span is the new one from here on, with what it takes to reach as far. */
export function keep(clock: Clock, priority: Priority, terms: Terms | null): Clock {
  const spanMs = terms?.spanMs ?? clock.spanMs;
  return { ...clock, priority, spanMs, baseMs: clock.baseMs + clock.spanMs - spanMs };
}

/**
 * Follows a calendar or a policy that was changed. What has been used, by the calendar that was valid then, stays used;
 * the deadline may move either way, but not into the past. Of the same terms nothing follows.
 */
export function reschedule(
  clock: Clock,
  reason: RescheduleReason,
  at: Date,
  terms: Terms,
  time: BusinessTime,
): ClockFact[] {
  if (!isLive(clock) || clock.breachedAt || (clock.state === 'running' && at >= clock.dueAt)) return [];
  const { calendar, quiet } = terms;
  const keepsCalendar = calendar.name === clock.calendar && calendar.version === clock.calendarVersion;
  if (keepsCalendar && terms.spanMs === clock.spanMs && terms.ceilingMs === clock.ceilingMs) {
    const same = dueOf(clock, clock, time, quiet).dueAt.getTime() === clock.dueAt.getTime();
    if (same || clock.state === 'paused') return [];
  }
  const timing = rebased(clock, used(clock, time, at), at, terms);
  const due = dueOf(clock, timing, calendar.time, quiet);
  const { dueAt: previousDueAt } = clock;
  const { policyVersion } = terms;
  return [{ type: 'clock.rescheduled', reason, previousDueAt, policyVersion, timing: { ...timing, ...due } }];
}

export function acknowledge(clock: Clock): Clock {
  return clock.step >= 0 ? { ...clock, acknowledged: true } : clock;
}

export function evolve(clock: Clock, fact: ClockFact, at: Date): Clock {
  switch (fact.type) {
    case 'clock.warned':
      return { ...clock, warnedPercent: fact.percent };
    case 'clock.breached':
      return { ...clock, state: 'breached', breachedAt: at };
    case 'clock.paused':
      return { ...clock, ...fact.timing, state: 'paused' };
    case 'clock.resumed':
      return {
        ...clock,
        ...fact.timing,
        steppedAt: fact.steppedAt,
        state: clock.breachedAt ? 'breached' : 'running',
      };
    case 'clock.shortened':
      return { ...clock, ...fact.timing, priority: fact.priority };
    case 'clock.rescheduled':
      return { ...clock, ...fact.timing };
    case 'clock.met':
      return { ...clock, state: fact.inTime ? 'met' : 'missed', endedAt: at, metBy: fact.by ?? null };
    case 'clock.cancelled':
      return { ...clock, state: 'cancelled', endedAt: at };
    case 'escalation.stepped':
      return { ...clock, step: fact.step, round: fact.round, steppedAt: at, acknowledged: false };
  }
}

/** A clock's time under other terms, from now on. */
function rebased(clock: Clock, usedMs: number, at: Date, terms: Terms): Timing {
  const { spanMs, ceilingMs, calendar } = terms;
  const { name, version: calendarVersion } = calendar;
  const runsFrom = later(at, clock.runsFrom);
  return { ...timingOf(clock), spanMs, ceilingMs, usedMs, runsFrom, calendar: name, calendarVersion };
}

function dueOf(clock: Clock, timing: Timing, time: BusinessTime, quiet: Quiet | null) {
  const { baseMs, spanMs, usedMs, runsFrom: from, ceilingMs, pausedAt, pausedMs } = timing;
  const stoodMs = pausedMs + (pausedAt ? Math.max(0, from.getTime() - pausedAt.getTime()) : 0);
  const ceilingAt = ceilingMs === null ? null : new Date(clock.startedAt.getTime() + ceilingMs + stoodMs);
  return deadline(time, quiet, { from, remainingMs: baseMs + spanMs - usedMs, ceilingAt });
}

/** When this much of the time up to the deadline is used up. */
function momentOf(clock: Clock, time: BusinessTime, percent: number): Date {
  const total = clock.usedMs + time.elapsed(clock.runsFrom, clock.dueAt);
  return time.advance(clock.runsFrom, Math.max(0, Math.ceil((total * percent) / 100) - clock.usedMs));
}

function ladderOf(clock: Clock, { steps, timeZone, time }: Rules): Ladder {
  const reached = (at: number | 'breach') => (at === 'breach' ? clock.dueAt : momentOf(clock, time, at));
  return { steps, timeZone, reached };
}

function timingOf(clock: Clock): Timing {
  const { spanMs, baseMs, usedMs, runsFrom, pausedAt, pausedMs, ceilingMs } = clock;
  const { calendar, calendarVersion, dueAt, naturalDueAt } = clock;
  return {
    ...{ spanMs, baseMs, usedMs, runsFrom, pausedAt, pausedMs, ceilingMs },
    ...{ calendar, calendarVersion, dueAt, naturalDueAt },
  };
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function earliest(...dates: Date[]): Date {
  return new Date(Math.min(...dates.map(Number)));
}
