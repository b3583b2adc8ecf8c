import type { ClockKind, Priority } from '@heard/events/vocabulary';
import type { Policy } from '@heard/policy/policy';

/**
 * One deadline of a case.
 *
 * It starts when the feedback was accepted, warns at the policy's percents of its span, and breaches at its due time,
 * never before. Only its own end ends it: a live contact ends first-contact, a resolution ends resolution; neither
 * touches the other. After a breach it goes on until it ends, and then says that it was late. A raised priority may
 * shorten it, counted from the moment we knew; nothing ever makes it longer.
 */
export interface Clock {
  clockId: string;
  caseId: string;
  customerId: string;
  kind: ClockKind;
  cycle: number;
  priority: Priority;
  state: 'running' | 'breached' | 'met' | 'missed' | 'cancelled';
  startedAt: Date;
  dueAt: Date;
  warnedPercent: number;
  warnAt: number[];
  endedAt: Date | null;
  breachedAt: Date | null;
  policyVersion: number;
  correlation: string | null;
}

export type ClockFact =
  | { type: 'clock.warned'; percent: number }
  | { type: 'clock.breached' }
  | { type: 'clock.met'; inTime: boolean }
  | { type: 'clock.cancelled'; reason: 'parked' | 'closed' | 'resolved' }
  | { type: 'clock.shortened'; dueAt: Date; previousDueAt: Date; priority: Priority };

export function span(kind: ClockKind, priority: Priority, { sla }: Policy): number {
  return kind === 'first-contact' ? Math.min(sla.firstContact[priority], sla.hardCeiling) : sla.resolution;
}

export function isLive({ state }: Clock): boolean {
  return state === 'running' || state === 'breached';
}

/** When this clock next has something to say; null when it has nothing more. */
export function nextDue(clock: Clock): Date | null {
  if (clock.state !== 'running') return null;
  const percent = clock.warnAt.find((one) => one > clock.warnedPercent);
  return percent === undefined ? clock.dueAt : momentOf(clock, percent);
}

/** What a clock says when it wakes: a late waking gives only the last warning that is due, or the breach. */
export function wake(clock: Clock, now: Date): ClockFact[] {
  if (clock.state !== 'running') return [];
  if (now >= clock.dueAt) return [{ type: 'clock.breached' }];
  const due = clock.warnAt.filter((percent) => percent > clock.warnedPercent && now >= momentOf(clock, percent));
  return due.length > 0 ? [{ type: 'clock.warned', percent: due.at(-1)! }] : [];
}

export function meet(clock: Clock, at: Date): ClockFact[] {
  return isLive(clock) ? [{ type: 'clock.met', inTime: at <= clock.dueAt }] : [];
}

export function cancel(clock: Clock, reason: 'parked' | 'closed' | 'resolved'): ClockFact[] {
  return isLive(clock) ? [{ type: 'clock.cancelled', reason }] : [];
}

export function shorten(clock: Clock, priority: Priority, at: Date, policy: Policy): ClockFact[] {
  if (!isLive(clock)) return [];
  const dueAt = new Date(at.getTime() + span(clock.kind, priority, policy));
  if (dueAt >= clock.dueAt) return [];
  return [{ type: 'clock.shortened', dueAt, previousDueAt: clock.dueAt, priority }];
}

export function evolve(clock: Clock, fact: ClockFact, at: Date): Clock {
  switch (fact.type) {
    case 'clock.warned':
      return { ...clock, warnedPercent: fact.percent };
    case 'clock.breached':
      return { ...clock, state: 'breached', breachedAt: at };
    case 'clock.met':
      return { ...clock, state: fact.inTime ? 'met' : 'missed', endedAt: at };
    case 'clock.cancelled':
      return { ...clock, state: 'cancelled', endedAt: at };
    case 'clock.shortened':
      return { ...clock, dueAt: fact.dueAt, priority: fact.priority };
  }
}

function momentOf(clock: Clock, percent: number): Date {
  const start = clock.startedAt.getTime();
  return new Date(start + ((clock.dueAt.getTime() - start) * percent) / 100);
}
