import type { Tx } from '@heard/bus/log';
import { type Event, newEvent, ofType } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import type { Timer } from '@heard/service/timers';
import { sql } from 'kysely';
import type { Deliveries } from './deliveries.ts';
import { audience, route } from './routing.ts';
import { type CaseFile, Desk } from './store.ts';

/** Opens, joins and raises cases as triage decides, and follows the observation pool. */
export function consumeTriage(service: Service, deliveries: Deliveries): void {
  const { bus, clock, policies } = service;
  service.consume({
    topics: ['heard.policy', 'heard.triage', 'heard.suppression-list'],
    types: ['policy.published', 'feedback.triaged', 'feedback.regraded', 'stop-list.observing', 'stop-list.left'],
    async handle(tx, events) {
      await policies.apply(tx, ofType(events, 'policy.published'));
      const relevant = events.filter((event) => event.type !== 'policy.published');
      if (relevant.length === 0) return;
      const policy = await policies.current(tx);
      const now = clock.now();
      const feedbackIds = relevant.flatMap((event) => ('feedbackId' in event.data ? [event.data.feedbackId] : []));
      const desk = await Desk.forCustomers(tx, now, [...new Set(relevant.map((e) => e.data.customerId))], feedbackIds);
      const digests: Timer[] = [];
      for (const event of relevant) {
        if (event.type === 'feedback.triaged') take(desk, event, policy, now, digests);
        else if (event.type === 'feedback.regraded') raise(desk, event, policy, now);
        else observe(desk, event);
      }
      await desk.save();
      await service.setTimers(tx, digests, 'if-earlier');
      await deliveries.queueAlerts(tx, desk.events, relevant);
      await bus.publish(tx, desk.events);
    },
  });
}

function take(
  desk: Desk,
  event: Event<'feedback.triaged'>,
  policy: VersionedPolicy,
  now: Date,
  digests: Timer[],
): void {
  const { data } = event;
  let file = desk.of(data.customerId);
  if (file) {
    file.csmId = data.customer.csmId ?? file.csmId;
    const before = file.priority;
    desk.apply(
      file,
      { do: 'join', priority: data.priority, feedbackId: data.feedbackId, known: desk.knows(data.feedbackId) },
      event,
    );
    if (file.priority !== before) reroute(desk, file, policy, event);
  } else if (data.priority && !desk.knows(data.feedbackId)) {
    file = desk.open(
      {
        caseId: stableId('case', data.feedbackId, String(data.revision)),
        customerId: data.customerId,
        feedbackId: data.feedbackId,
        csmId: data.customer.csmId ?? null,
        receivedAt: data.receivedAt,
        openedAt: now.toISOString(),
        contactedAt: null,
        rootCause: null,
      },
      {
        do: 'open',
        priority: data.priority,
        feedbackId: data.feedbackId,
        receivedAt: data.receivedAt,
        policyVersion: data.policyVersion,
      },
      event,
    );
    assign(desk, file, policy, event);
  }
  if (data.alert) alert(desk, { ...data, alert: data.alert }, file, policy, now, event, digests);
}

function raise(desk: Desk, event: Event<'feedback.regraded'>, policy: VersionedPolicy, now: Date): void {
  const { data } = event;
  const file = desk.of(data.customerId);
  if (!file) return;
  file.csmId = data.csmId ?? file.csmId;
  const facts = desk.apply(file, { do: 'raise', priority: data.to, cause: data.feedbackId }, event);
  if (facts.length === 0) return;
  reroute(desk, file, policy, event);
  if (data.alert && data.alert.level !== 'digest')
    alert(desk, { ...data, revision: 0, alert: data.alert }, file, policy, now, event, []);
}

function observe(desk: Desk, event: Event<'stop-list.observing'> | Event<'stop-list.left'>): void {
  const { data } = event;
  const file = desk.of(data.customerId);
  if (!file || data.source !== file.caseId) return;
  if ('until' in data) desk.apply(file, { do: 'observe', until: data.until }, event);
  else if (data.reason === 'observation' && data.cause === 'observation-over' && file.state === 'observing') {
    desk.apply(file, { do: 'close', outcome: 'recovered', by: 'observation' }, event);
  }
}

/** Gives a case to whoever the ladder names, or leaves it in the queue. */
export function assign(desk: Desk, file: CaseFile, policy: VersionedPolicy, cause: Event | object): void {
  const found = route(file.priority, file.csmId, desk.people, policy);
  if (found) desk.apply(file, { do: 'assign', ...found }, cause);
  else if (file.owner === null && file.version === 1)
    desk.apply(file, { do: 'queue', roles: policy.routing[file.priority] }, cause);
}

/** Before the first live contact a case whose priority rose moves to whom the ladder names before its owner's role. */
function reroute(desk: Desk, file: CaseFile, policy: VersionedPolicy, cause: Event): void {
  if (file.contacted || file.state === 'parked' || file.state === 'resolved' || file.state === 'observing') return;
  const found = route(file.priority, file.csmId, desk.people, policy);
  const rung = file.ownerRole ? policy.routing[file.priority].indexOf(file.ownerRole) : -1;
  if (found && (rung < 0 || found.rung < rung)) desk.apply(file, { do: 'assign', ...found }, cause);
}

type Alerting = Pick<Event<'feedback.triaged'>['data'], 'customerId' | 'feedbackId' | 'revision'> & {
  alert: NonNullable<Event<'feedback.triaged'>['data']['alert']>;
};

function alert(
  desk: Desk,
  data: Alerting,
  file: CaseFile | undefined,
  policy: VersionedPolicy,
  now: Date,
  cause: Event,
  digests: Timer[],
): void {
  const owner = file?.owner ? [file.owner] : [];
  const people = [...new Set([...owner, ...audience(data.alert.audiences, desk.people)])];
  const at = now.toISOString();
  const isDigest = data.alert.level === 'digest' && file !== undefined;
  const deliverBy = isDigest ? digestBy(file, policy, now) : null;
  if (deliverBy) digests.push({ kind: 'digest', key: digestKey(people[0] ?? ''), dueAt: deliverBy });
  desk.alert(
    {
      alertId: stableId('alert', data.feedbackId, String(data.revision), data.alert.level),
      customerId: data.customerId,
      feedbackId: data.feedbackId,
      caseId: file?.caseId ?? null,
      level: data.alert.level,
      audiences: data.alert.audiences,
      people,
      raisedAt: at,
      deliverBy: deliverBy?.toISOString() ?? null,
      deliveredAt: isDigest ? null : at,
    },
    cause,
  );
}

/** One digest per person; alerts of a case nobody owns yet wait under the empty name. */
const digestKey = (personId: string) => `to:${personId}`;
const personOf = (key: string) => key.slice('to:'.length);

/** The next digest, but never later than the policy's share of the first-contact deadline (A9). */
function digestBy(file: CaseFile, policy: VersionedPolicy, now: Date): Date {
  const { every, maxPercentOfSla } = policy.alerts.p2Digest;
  const latest = Date.parse(file.receivedAt) + (policy.sla.firstContact[file.priority] * maxPercentOfSla) / 100;
  return new Date(Math.max(now.getTime(), Math.min(now.getTime() + every, latest)));
}

const drainSize = 500;

/** Fires digests, drains the queue of cases and wakes that of messages. */
export function fireTimers(service: Service, deliveries: Deliveries): void {
  const { bus, clock, policies } = service;
  service.fireTimers(async (tx, timers) => {
    const now = clock.now();
    await deliveries.fire(
      tx,
      timers.filter((timer) => timer.kind === 'deliver').map((timer) => timer.key),
    );
    const events = await deliverDigests(
      tx,
      deliveries,
      timers.filter((timer) => timer.kind === 'digest').map((timer) => personOf(timer.key)),
      now,
    );
    if (timers.some((timer) => timer.kind === 'drain')) {
      const policy = await policies.current(tx);
      const desk = await Desk.forQueue(tx, now, drainSize);
      const waiting = desk.files;
      for (const file of waiting) assign(desk, file, policy, {});
      await desk.save();
      events.push(...desk.events);
      const placed = waiting.filter((file) => file.owner !== null).length;
      if (placed > 0 && waiting.length === drainSize) await service.setTimers(tx, [drainTimer(now)]);
    }
    await bus.publish(tx, events);
  });
}

/** Somebody came, or has a free hand: look at the queue. */
export function drainTimer(now: Date): Timer {
  return { kind: 'drain', key: 'queue', dueAt: now };
}

async function deliverDigests(tx: Tx, deliveries: Deliveries, people: readonly string[], now: Date): Promise<Event[]> {
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
      returning alert_id as "alertId", customer_id as "customerId", feedback_id as "feedbackId",
        case_id as "caseId", people`.execute(tx);
    await deliveries.queueDigest(tx, digestId, rows);
    for (const { alertId, customerId, feedbackId } of rows) {
      const data = { alertId, customerId, feedbackId, at: now.toISOString(), digestId };
      events.push(newEvent('alert.delivered', customerId, data, now, { correlationid: feedbackId }));
    }
  }
  return events;
}
