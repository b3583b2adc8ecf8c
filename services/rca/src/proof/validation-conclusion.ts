import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Event, newEvent } from '@heard/events/event';
import type { Service } from '@heard/service/service';
import { cancelTimers, type Timer } from '@heard/service/timers';
import { sql } from 'kysely';
import { aimOf, initiativeProven } from '../initiatives/initiatives.ts';
import { type Registered, readRegistrations } from './registrations.ts';
import { type Conclusion, conclude, type Evidence } from './validation.ts';
import { countPending, gatherEvidence } from './validation-counts.ts';

export const timerOf = (registrationId: string) => ({ kind: 'validation', key: registrationId });
export const holderOf = (registrationId: string) => `validation ${registrationId}`;

const minute = 60_000;

/** Concludes what is due; waits while comments are still to be assigned, for they would be missing from the count. */
export async function concludeDue(service: Service, tx: Tx, timers: readonly Timer[]): Promise<void> {
  for (const { key, dueAt } of timers) {
    // The database's clock said it is due; this process's may be a little behind.
    const at = new Date(Math.max(service.clock.now().getTime(), dueAt.getTime()));
    const events = await concludeOnce(tx, key, at);
    if (events === 'pending') {
      await service.setTimers(tx, [{ ...timerOf(key), dueAt: new Date(at.getTime() + minute) }]);
    } else await service.bus.publish(tx, events);
  }
}

/** On demand. Throws Rejection while the window is open or comments are still to be assigned. */
export async function concludeNow(tx: Tx, registrationId: string, by: string, at: Date): Promise<Event[]> {
  const events = await concludeOnce(tx, registrationId, at, by);
  if (events === 'pending') {
    throw new Rejection(
      'still-counting',
      'comments of its windows are still to be assigned; it concludes when they are',
    );
  }
  await cancelTimers(tx, [timerOf(registrationId)]);
  return events;
}

/** What was concluded before stays; then there is nothing to tell. Without `by` it is whoever registered it. */
async function concludeOnce(tx: Tx, registrationId: string, at: Date, by?: string): Promise<Event[] | 'pending'> {
  await sql`select from registrations where registration_id = ${registrationId} for update`.execute(tx);
  const [registered] = await readRegistrations(tx, [registrationId]);
  if (!registered || (await isConcluded(tx, registrationId))) return [];
  if (at >= registered.themes[0]!.after.until && (await countPending(tx, registered)) > 0) return 'pending';
  const evidence = await gatherEvidence(tx, registered);
  const cases = registered.themes.map((registration, n) => ({ registration, evidence: evidence[n]! }));
  const conclusions = conclude(cases, at);
  await insertVerdicts(tx, conclusions, evidence, at);
  await sql`delete from held_frames where holder = ${holderOf(registrationId)}`.execute(tx);
  return [...validated(registered, conclusions, at), ...(await proven(tx, registered, conclusions, by, at))];
}

async function isConcluded(tx: Tx, registrationId: string): Promise<boolean> {
  const { rows } = await sql`
    select from verdicts join validations using (validation_id) where registration_id = ${registrationId} limit 1`.execute(
    tx,
  );
  return rows.length > 0;
}

async function insertVerdicts(tx: Tx, conclusions: Conclusion[], evidence: Evidence[], at: Date): Promise<void> {
  const lines = conclusions.map((conclusion, n) => ({ conclusion, evidence: evidence[n]! }));
  await sql`
    insert into verdicts (validation_id, verdict, concluded_at, evidence, conclusion)
    select (l -> 'conclusion' ->> 'validationId')::uuid, l -> 'conclusion' ->> 'verdict', ${at.toISOString()}, l -> 'evidence', l -> 'conclusion'
      from jsonb_array_elements(${JSON.stringify(lines)}::jsonb) as l`.execute(tx);
}

function validated({ initiativeId, themes }: Registered, conclusions: Conclusion[], at: Date): Event[] {
  if (initiativeId === null) return [];
  return conclusions.map(({ validationId, verdict, difference }, n) => {
    const { estimate, lower, upper } = difference;
    const fact = { initiativeId, themeId: themes[n]!.themeId, at: at.toISOString() };
    const data = { ...fact, validationId, verdict, difference: { estimate, lower, upper } };
    return newEvent('initiative.validated', initiativeId, data, at);
  });
}

/** The initiative is proven by the theme it is against, not by those registered beside it. */
async function proven(
  tx: Tx,
  { initiativeId, themes, registeredBy }: Registered,
  conclusions: Conclusion[],
  by: string | undefined,
  at: Date,
): Promise<Event[]> {
  if (initiativeId === null) return [];
  const { themeId } = await aimOf(tx, initiativeId);
  const own = conclusions.find((_, n) => themes[n]!.themeId === themeId);
  if (own?.verdict !== 'confirmed') return [];
  const { validationId } = own;
  const measuredFrom = themes[0]!.after.from;
  return initiativeProven(tx, initiativeId, { validationId, measuredFrom, by: by ?? registeredBy, at });
}
