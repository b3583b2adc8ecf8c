import type { Tx } from '@heard/bus/log';
import { type Event, newEvent } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import type { Timer } from '@heard/service/timers';
import { sql } from 'kysely';
import { clearVictims, expireFlags } from './abuse-flags.ts';
import { Alerts, personOf } from './alerts.ts';
import { assign } from './assignment.ts';
import { nextAvailable } from './people.ts';
import { Desk } from './store.ts';

const drainSize = 500;

/** Fires digests, drains the queue, ends parks and asks customers whether they are content again. */
export function fireTimers(service: Service): void {
  const { bus, clock, policies } = service;
  service.fireTimers(async (tx, timers) => {
    const now = clock.now();
    const keys = (kind: string) => timers.filter((timer) => timer.kind === kind).map((timer) => timer.key);
    const events = await deliverDigests(tx, keys('digest').map(personOf), now);
    const policy = await policies.current(tx);
    if (keys('drain').length > 0) events.push(...(await drain(service, tx, policy, now)));
    const [parked, unchecked] = [keys('park'), keys('check')];
    if (parked.length > 0 || unchecked.length > 0) {
      const desk = await Desk.forCases(tx, now, [...new Set([...parked, ...unchecked])]);
      for (const file of desk.files) {
        const cause = { correlationid: file.feedbackId };
        if (parked.includes(file.caseId)) desk.apply(file, { do: 'end-park' }, cause);
        const channel = policy.recoveryCheck.channel as 'sms';
        if (unchecked.includes(file.caseId)) desk.apply(file, { do: 'check-recovery', channel }, cause);
      }
      await finish(service, tx, desk, new Alerts(desk, policy), policy);
      events.push(...desk.events);
    }
    const flags = keys('abuse-flag');
    if (flags.length > 0) events.push(...(await expireFlags(tx, flags, now, policy)));
    await bus.publish(tx, events);
  });
}

/** Writes what was decided, and sets the timers that follow from it. */
export async function finish(
  service: Service,
  tx: Tx,
  desk: Desk,
  alerts: Alerts,
  policy: VersionedPolicy,
): Promise<void> {
  await desk.save();
  const diagnosed = desk.events.filter(({ type }) => type === 'case.diagnosed' || type === 'case.resolved');
  const customers = [...new Set(diagnosed.map(({ subject }) => subject))];
  if (customers.length > 0) desk.events.push(...(await clearVictims(tx, desk.now, policy, customers)));
  const timers: Timer[] = [...alerts.digests, ...timersOf(desk, policy)];
  await service.setTimers(tx, timers, 'if-earlier');
}

/** Somebody came, or has a free hand: look at the queue. */
export function drainTimer(now: Date): Timer {
  return { kind: 'drain', key: 'queue', dueAt: now };
}

/** What must be looked at again, from what has just happened to the cases of a desk. */
function timersOf(desk: Desk, policy: VersionedPolicy): Timer[] {
  const timers: Timer[] = [];
  for (const { data, type } of desk.events) {
    if (type === 'case.parked' && data.until)
      timers.push({ kind: 'park', key: data.caseId, dueAt: new Date(data.until) });
    if (type === 'case.resolved') {
      const dueAt = new Date(desk.now.getTime() + policy.recoveryCheck.after);
      timers.push({ kind: 'check', key: data.caseId, dueAt });
    }
    if (type === 'case.queued') {
      const dueAt = nextHand(desk);
      if (dueAt) timers.push({ kind: 'drain', key: 'queue', dueAt });
    }
  }
  return timers;
}

/** When the next shift begins or the next leave ends. */
function nextHand({ people, now }: Desk): Date | undefined {
  const ahead = people.flatMap((person) => nextAvailable(person, now) ?? []).filter((at) => at > now);
  return ahead.toSorted((a, b) => a.getTime() - b.getTime())[0];
}

async function drain(service: Service, tx: Tx, policy: VersionedPolicy, now: Date): Promise<Event[]> {
  const desk = await Desk.forQueue(tx, now, drainSize);
  const waiting = desk.files;
  for (const file of waiting) assign(desk, file, policy, { correlationid: file.feedbackId });
  await finish(service, tx, desk, new Alerts(desk, policy), policy);
  const placed = waiting.filter((file) => file.owner !== null).length;
  const next = placed > 0 && waiting.length === drainSize ? now : placed < waiting.length ? nextHand(desk) : undefined;
  if (next) await service.setTimers(tx, [drainTimer(next)], 'if-earlier');
  return desk.events;
}

async function deliverDigests(tx: Tx, people: readonly string[], now: Date): Promise<Event[]> {
  const events: Event[] = [];
  for (const person of people) {
    const digestId = stableId('digest', person, now.toISOString());
    const { rows } = await sql<{ alertId: string; customerId: string; feedbackId: string }>`
      update alerts set delivered_at = ${now.toISOString()}, digest_id = ${digestId}
       where level = 'digest' and delivered_at is null and coalesce(people[1], '') = ${person}
      returning alert_id as "alertId", customer_id as "customerId", feedback_id as "feedbackId"`.execute(tx);
    for (const row of rows) {
      const data = { ...row, at: now.toISOString(), digestId };
      events.push(newEvent('alert.delivered', row.customerId, data, now, { correlationid: row.feedbackId }));
    }
  }
  return events;
}
