import type { Tx } from '@heard/bus/log';
import { type Event, newEvent, ofType } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Timer } from '@heard/service/timers';
import { sql } from 'kysely';
import { clearVictims, expireFlags } from './abuse-flags.ts';
import { Alerts, personOf } from './alerts.ts';
import { assign, rehome } from './assignment.ts';
import { readCustomer } from './customers.ts';
import type { Assignment } from './deliveries.ts';
import { nextAvailable } from './people.ts';
import { Desk, lockPeople } from './store.ts';
import { customerMessage } from './texts.ts';

const drainSize = 500;

/** Fires digests, drains the queue, ends parks and asks customers whether they are content again. */
export function fireTimers(service: Assignment): void {
  const { bus, clock, policies } = service;
  service.fireTimers(async (tx, timers) => {
    const now = clock.now();
    const keys = (kind: string) => timers.filter((timer) => timer.kind === kind).map((timer) => timer.key);
    await service.deliveries.fire(tx, keys('deliver'));
    const events = await deliverDigests(service, tx, keys('digest').map(personOf), now);
    const [queue, parked, unchecked, flags] = [keys('drain'), keys('park'), keys('check'), keys('abuse-flag')];
    if (queue.length + parked.length + unchecked.length + flags.length > 0) {
      const policy = await policies.current(tx);
      if (queue.length > 0) events.push(...(await drain(service, tx, policy, now)));
      if (flags.length > 0) events.push(...(await expireFlags(tx, flags, now, policy)));
      if (parked.length + unchecked.length > 0) events.push(...(await wake(service, tx, policy, parked, unchecked)));
    }
    await bus.publish(tx, events);
  }, lockPeople);
}

/** Ends parks, and asks customers of resolved cases whether they are content again. */
async function wake(
  service: Assignment,
  tx: Tx,
  policy: VersionedPolicy,
  parked: readonly string[],
  unchecked: readonly string[],
): Promise<Event[]> {
  const desk = await Desk.forCases(tx, service.clock.now(), [...new Set([...parked, ...unchecked])], 'everybody');
  const alerts = new Alerts(desk, policy);
  for (const file of desk.files) {
    const cause = { correlationid: file.feedbackId };
    const { channel } = policy.recoveryCheck;
    if (unchecked.includes(file.caseId)) desk.apply(file, { do: 'check-recovery', channel }, cause);
    if (!parked.includes(file.caseId) || desk.apply(file, { do: 'end-park' }, cause).length === 0) continue;
    rehome(desk, file, policy, cause);
    alerts.ofReturn(file);
  }
  await finish(service, tx, desk, alerts, policy);
  return desk.events;
}

/** Writes what was decided, and sets the timers that follow from it. */
export async function finish(
  service: Assignment,
  tx: Tx,
  desk: Desk,
  alerts: Alerts,
  policy: VersionedPolicy,
  causes: readonly Event[] = [],
): Promise<void> {
  await desk.save();
  await service.deliveries.queueAlerts(tx, desk.events, causes);
  await tellCustomers(service, tx, desk);
  const diagnosed = desk.events.filter(({ type }) => type === 'case.diagnosed' || type === 'case.resolved');
  const customers = [...new Set(diagnosed.map(({ subject }) => subject))];
  if (customers.length > 0) desk.events.push(...(await clearVictims(tx, desk.now, policy, customers)));
  const timers = [...alerts.digests, ...timersOf(desk, policy)];
  await service.setTimers(tx, timers.filter(isOfCase));
  await service.setTimers(
    tx,
    timers.filter((timer) => !isOfCase(timer)),
    'if-earlier',
  );
}

/** The newest park or resolution counts; digests and the queue are looked at as early as anybody asked. */
const isOfCase = ({ kind }: Timer) => kind === 'park' || kind === 'check';

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

async function drain(service: Assignment, tx: Tx, policy: VersionedPolicy, now: Date): Promise<Event[]> {
  const desk = await Desk.forQueue(tx, now, policy, drainSize);
  const waiting = desk.files;
  for (const file of waiting) assign(desk, file, policy, { correlationid: file.feedbackId });
  await finish(service, tx, desk, new Alerts(desk, policy), policy);
  const placed = waiting.filter((file) => file.owner !== null).length;
  const { rows: left } = await sql`select 1 from cases where state = 'new' limit 1`.execute(tx);
  const next = placed > 0 && waiting.length === drainSize ? now : nextHand(desk);
  if (next && left.length > 0) await service.setTimers(tx, [drainTimer(next)], 'if-earlier');
  return desk.events;
}

/** The message to whom nobody reached, and the recovery check, where the customer can be written to. */
async function tellCustomers({ deliveries }: Assignment, tx: Tx, desk: Desk): Promise<void> {
  for (const { data } of ofType(desk.events, 'case.message-sent')) {
    const { caseId, customerId, purpose, channel } = data;
    const customer = await readCustomer(tx, customerId);
    const address = channel === 'email' ? customer?.email : customer?.phone;
    const target = deliveries.targetOf(channel === 'email' ? 'smtp' : 'sms');
    if (!customer || !address || !target || customer.optOuts.includes(channel)) continue;
    const message = customerMessage(purpose, desk.of(customerId)?.language ?? 'zh', customer);
    await deliveries.queueCustomerMessage(tx, { caseId, purpose, target, address, ...message });
  }
}

async function deliverDigests(
  { deliveries }: Assignment,
  tx: Tx,
  people: readonly string[],
  now: Date,
): Promise<Event[]> {
  const events: Event[] = [];
  for (const person of people) {
    const digestId = stableId('digest', person, now.toISOString());
    const { rows } = await sql<{
      alertId: string;
      customerId: string;
      feedbackId: string;
      caseId: string | null;
      people: string[];
    }>`
      update alerts set delivered_at = ${now.toISOString()}, digest_id = ${digestId}
       where level = 'digest' and delivered_at is null and coalesce(people[1], '') = ${person}
      returning alert_id as "alertId", customer_id as "customerId", feedback_id as "feedbackId", case_id as "caseId",
        people`.execute(tx);
    await deliveries.queueDigest(tx, digestId, rows);
    for (const { alertId, customerId, feedbackId } of rows) {
      const data = { alertId, customerId, feedbackId, at: now.toISOString(), digestId };
      events.push(newEvent('alert.delivered', customerId, data, now, { correlationid: feedbackId }));
    }
  }
  return events;
}
