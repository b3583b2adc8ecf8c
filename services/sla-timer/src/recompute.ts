import type { Tx } from '@heard/bus/log';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Timer } from '@heard/service/timers';
import { sql } from 'kysely';
import { cancel, isLive, type RescheduleReason, reschedule } from './clock.ts';
import type { ClockFace } from './store.ts';
import { isOff, termsOf } from './terms.ts';

/**
 * What makes the live clocks follow a changed calendar or policy: a durable timer, whose key says how far it has come.
 * It does so many cases in a transaction and sets itself for the rest, so a crash repeats nothing and forgets nothing.
 */
const batchSize = 200;
const first = '00000000-0000-0000-0000-000000000000';

export function recomputeAll(reason: RescheduleReason, now: Date): Timer {
  return { kind: 'recompute', key: `${reason} ${first}`, dueAt: now };
}

/** The clocks of one customer, who got a calendar or lost it. */
export function recomputeCustomer(customerId: string, now: Date): Timer {
  return { kind: 'recompute', key: `customer ${customerId}`, dueAt: now };
}

export interface Batch {
  reason: RescheduleReason;
  cases: { caseId: string; customerId: string }[];
  /** Undefined after the last. */
  next?: Timer;
}

export async function batchOf(tx: Tx, { kind, key, dueAt }: Timer): Promise<Batch> {
  const space = key.indexOf(' ');
  const [scope, place] = [key.slice(0, space), key.slice(space + 1)];
  if (scope === 'customer') {
    const { rows } = await sql<Batch['cases'][number]>`
      select case_id as "caseId", customer_id as "customerId" from cases where customer_id = ${place}`.execute(tx);
    return { reason: 'calendar', cases: rows };
  }
  const { rows } = await sql<Batch['cases'][number]>`
    select distinct case_id as "caseId", customer_id as "customerId" from clocks
     where case_id > ${place}::uuid and state in ('running', 'paused', 'breached')
     order by case_id limit ${batchSize}`.execute(tx);
  const last = rows.at(-1);
  const next = last && rows.length === batchSize ? { kind, key: `${scope} ${last.caseId}`, dueAt } : undefined;
  return { reason: scope as RescheduleReason, cases: rows, next };
}

export function recompute(face: ClockFace, { reason, cases }: Batch, policy: VersionedPolicy, at: Date): void {
  for (const { caseId } of cases) {
    const file = face.file(caseId);
    for (const clock of face.ofCase(caseId)) {
      if (!isLive(clock)) continue;
      const cause = { correlationid: clock.correlation ?? undefined };
      if (isOff(clock.kind, policy)) {
        face.apply(clock, cancel(clock, 'policy', at), at, cause);
        continue;
      }
      const terms = termsOf(clock.kind, file, policy, (name) => face.calendars.inForce(name));
      const { time } = face.calendars.of(clock.calendar, clock.calendarVersion);
      if (terms) face.apply(clock, reschedule(clock, reason, at, terms, time), at, cause);
    }
  }
}
