import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { write } from '@heard/bus/write';
import { outsideQuietHours, type QuietHours } from '@heard/calendar/windows';
import { type Event, newEvent, ofType } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { Delivered } from '@heard/notifications/message';
import type { Target, Targets } from '@heard/notifications/targets';
import { bucketOf, nextToken, refill } from '@heard/notifications/token-bucket';
import { NotFound } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { cancelTimers } from '@heard/service/timers';
import { sql } from 'kysely';
import { type DeliveryClass, delayAfter, plan, type Waiting } from './dispatch.ts';
import { type Code, excerpt, type Language, listed, type Said, type Texts } from './texts.ts';

/** Something people must be told; `name` makes the id, so that the same thing said again is not sent again. */
export type Notice = Said & {
  name: string[];
  class: Exclude<DeliveryClass, 'customer'>;
  people: string[];
  caseId?: string | null;
  alertId?: string | null;
};

export interface CustomerMessage {
  caseId: string;
  /** What it is for: one message per case and purpose is sent, whatever is asked again. */
  purpose: string;
  target: string;
  address: string;
  subject: string;
  /** Personal; never logged. */
  text: string;
}

/** One that is being sent: by this process until the lease ends. */
export type Leased = Waiting &
  Said & {
    target: string;
    attempts: number;
    language: Language | null;
    timeZone: string | null;
    caseId: string | null;
    alertId: string | null;
  };

type Due = Leased & { quietHours: QuietHours | null };

/** The service with its queue of messages. */
export interface Assignment extends Service {
  deliveries: Deliveries;
}

/** Longer than any channel takes. */
const leaseMs = 60_000;
const looked = 500;
export const wakeChannel = 'heard.deliveries';

/**
 * The durable queue of messages: the only writer of deliveries. Rows come with the transaction that has something to say
 * and are sent after it, at least once, with the row's id as the id of every attempt.
 *
 * A timer `deliver` per target is due whenever one of its rows is. Firing it wakes the workers when its transaction
 * commits, and leaves a timer at the lease's end behind, so that a worker that dies is made up for.
 */
export class Deliveries {
  readonly targets: Targets;
  readonly #service: Service;
  readonly #random: () => number;

  constructor(service: Service, targets: Targets, random: () => number = Math.random) {
    this.#service = service;
    this.targets = targets;
    this.#random = random;
  }

  /** The first configured target of a kind. */
  targetOf(kind: Target['kind']): string | undefined {
    return Object.keys(this.targets).find((name) => this.targets[name]!.kind === kind);
  }

  /** Queues what people must be told, for each target they have given an address at; nothing for those without. */
  async queue(tx: Tx, notices: readonly Notice[]): Promise<void> {
    if (notices.length === 0 || Object.keys(this.targets).length === 0) return;
    const people = [...new Set(notices.flatMap((notice) => notice.people))];
    const { rows } = await sql<{ personId: string; notify: { target: string; address: string }[] }>`
      select person_id as "personId", notify from people
       where person_id = any (${people}::text[]) and notify <> '[]'`.execute(tx);
    const reached = new Map(rows.map((row) => [row.personId, row.notify]));
    await this.#insert(
      tx,
      notices.flatMap((notice) =>
        notice.people.flatMap((personId) =>
          (reached.get(personId) ?? [])
            .filter(({ target }) => target in this.targets)
            .map(({ target, address }) => ({
              id: stableId('delivery', ...notice.name, target, personId, address),
              class: notice.class,
              target,
              person: personId,
              address,
              case: notice.caseId ?? null,
              alert: notice.alertId ?? null,
              purpose: null,
              code: notice.code,
              parameters: notice.parameters,
            })),
        ),
      ),
    );
  }

  /** What was raised with these events as a page or a push; `causes` may hold the customer's words. */
  async queueAlerts(tx: Tx, published: readonly Event[], causes: readonly Event[]): Promise<void> {
    const said = saidBy([...causes, ...published]);
    const notices = ofType(published, 'alert.raised').flatMap(({ data }): Notice[] => {
      const { alertId, caseId, level, people } = data;
      return level === 'digest'
        ? []
        : [{ name: ['alert', alertId], class: level, ...said(data), people, caseId, alertId }];
    });
    await this.queue(tx, notices);
  }

  /** One message to each person about all the alerts of one digest they are to hear of. */
  async queueDigest(
    tx: Tx,
    digestId: string,
    alerts: readonly { alertId: string; customerId: string; caseId: string | null; people: string[] }[],
  ): Promise<void> {
    const people = [...new Set(alerts.flatMap((alert) => alert.people))];
    const notices = people.map((personId): Notice => {
      const theirs = alerts.filter((alert) => alert.people.includes(personId));
      const items = theirs.slice(0, listed).map(({ customerId, caseId }) => ({ customerId, caseId }));
      const parameters = { items, count: theirs.length };
      const { alertId, caseId } = theirs[0]!;
      return {
        name: ['digest', digestId],
        class: 'digest',
        code: 'alert-digest',
        parameters,
        people: [personId],
        caseId,
        alertId,
      };
    });
    await this.queue(tx, notices);
  }

  /** Queues a message to a customer, once per case and purpose. False: the target is not configured. */
  async queueCustomerMessage(tx: Tx, message: CustomerMessage): Promise<boolean> {
    const { caseId, purpose, target, address } = message;
    if (!(target in this.targets)) return false;
    const parameters = { subject: message.subject, text: message.text.toWellFormed().replaceAll('\0', '') };
    const id = stableId('delivery', 'customer', caseId, purpose);
    await this.#insert(tx, [
      {
        id,
        class: 'customer',
        target,
        person: null,
        address,
        case: caseId,
        alert: null,
        purpose,
        code: 'customer-message',
        parameters,
      },
    ]);
    return true;
  }

  async #insert<C extends Code>(
    tx: Tx,
    rows: readonly { id: string; target: string; code: C; parameters: Texts[C]; [column: string]: unknown }[],
  ): Promise<void> {
    if (rows.length === 0) return;
    const now = this.#service.clock.now();
    await write(
      tx,
      sql`
      insert into deliveries (delivery_id, class, target, person_id, address, case_id, alert_id, purpose, code, parameters, queued_at, next_at)
      select t.*, ${now.toISOString()}, ${now.toISOString()} from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as
        t (id uuid, class text, target text, person text, address text, "case" uuid, alert uuid, purpose text, code text, parameters jsonb)
      on conflict do nothing`,
    );
    await this.#due(tx, [...new Set(rows.map((row) => row.target))], now);
  }

  async #due(tx: Tx, targets: readonly string[], dueAt: Date): Promise<void> {
    // In one order, so that two transactions never wait for each other.
    const timers = [...targets].sort().map((key) => ({ kind: 'deliver', key, dueAt }));
    await this.#service.setTimers(tx, timers, 'if-earlier');
  }

  /** For timers of kind `deliver`. A target that is not configured (any more) keeps its rows, and is looked at hourly. */
  async fire(tx: Tx, keys: readonly string[]): Promise<void> {
    const now = this.#service.clock.now().getTime();
    for (const key of [...keys].sort()) {
      const isHere = key in this.targets;
      await this.#due(tx, [key], new Date(now + (isHere ? leaseMs : 3_600_000)));
      if (isHere) await sql`select pg_notify(${wakeChannel}, ${key})`.execute(tx);
    }
  }

  /** Leases what may be sent to a target now. `more`: call again, whether or not there was something. */
  async claim(name: string): Promise<{ leased: Leased[]; more: boolean }> {
    const target = this.targets[name]!;
    return this.#service.database.transaction().execute(async (tx) => {
      const now = this.#service.clock.now();
      const bucket = await lockBucket(tx, name, target, now);
      // Before the rows are read: who queues more while this goes on waits here, and then sets the timer again.
      await cancelTimers(tx, [{ kind: 'deliver', key: name }]);
      const due = await putOffQuiet(tx, await loadDue(tx, name, now), now);
      const { send, merge } = plan(due, bucket.tokens);
      for (const group of merge) await mergeInto(tx, name, group, now);
      if (send.length > 0) {
        const until = new Date(now.getTime() + leaseMs).toISOString();
        await sql`update deliveries set sending = true, attempts = attempts + 1, next_at = ${until}
          where delivery_id = any (${send.map((one) => one.deliveryId)}::uuid[])`.execute(tx);
        bucket.tokens -= send.length;
      }
      await sql`update delivery_buckets set tokens = ${bucket.tokens}, refilled_at = ${bucket.refilledAt.toISOString()}
        where target = ${name}`.execute(tx);
      const { rows } = await sql<{ at: Date | null }>`
        select min(next_at) as at from deliveries where target = ${name} and state = 'waiting'`.execute(tx);
      const next = rows[0]?.at;
      if (next) {
        // What is due and yet waits, waits for the bucket.
        const notBefore = bucket.tokens < 1 && next <= now ? nextToken(bucket, target) : next;
        await this.#due(tx, [name], notBefore);
      }
      const leased = send.map((one) => ({ ...one, attempts: one.attempts + 1 }));
      return { leased, more: send.length > 0 || merge.length > 0 };
    });
  }

  /** How many messages each target still has to take. */
  async waiting(): Promise<{ label: string; value: number }[]> {
    const { rows } = await sql<{ label: string; value: number }>`
      select target as label, count(*)::int as value from deliveries where state = 'waiting' group by target`.execute(
      this.#service.database,
    );
    return rows;
  }

  async sent(one: Leased, { reference }: Delivered): Promise<void> {
    const at = this.#service.clock.now().toISOString();
    await sql`
      update deliveries set state = 'sent', sent_at = ${at}, sending = false, last_error = null, reference = ${reference ?? null}
       where ${mine(one)}`.execute(this.#service.database);
  }

  /** Never again: supervisors hear of it. */
  async refused(one: Leased, because: string): Promise<void> {
    await this.#end(one, 'refused', because);
  }

  /** Again later, or given up after the last attempt. `retryAfterMs` closes the target for everything else as well. */
  async failed(one: Leased, because: string, retryAfterMs?: number): Promise<void> {
    const delay = delayAfter(one.attempts, this.#random());
    if (delay === null) return this.#end(one, 'given-up', because);
    const now = this.#service.clock.now().getTime();
    const next = new Date(now + Math.max(delay, retryAfterMs ?? 0)).toISOString();
    await this.#service.database.transaction().execute(async (tx) => {
      if (retryAfterMs) {
        await sql`update delivery_buckets set tokens = 0, refilled_at = greatest(refilled_at, ${new Date(now + retryAfterMs).toISOString()})
          where target = ${one.target}`.execute(tx);
      }
      await sql`update deliveries set next_at = ${next}, sending = false, last_error = ${because} where ${mine(one)}`.execute(
        tx,
      );
    });
  }

  /** Queues one again that is over, with the address its person gives now. Throws NotFound, or Rejection while it is not over. */
  async resend(tx: Tx, deliveryId: string): Promise<void> {
    const { rows } = await sql<{ state: string; target: string }>`
      select state, target from deliveries where delivery_id = ${deliveryId} for update`.execute(tx);
    const [row] = rows;
    if (!row) throw new NotFound('There is no such delivery.');
    if (row.state === 'waiting' || row.state === 'digested')
      throw new Rejection('not-over', `a delivery that is ${row.state} cannot be sent again`);
    const now = this.#service.clock.now();
    await sql`
      update deliveries d set state = 'waiting', attempts = 0, sending = false, next_at = ${now.toISOString()}, address = coalesce((
        select n ->> 'address' from people p, jsonb_array_elements(p.notify) n
         where p.person_id = d.person_id and n ->> 'target' = d.target limit 1), d.address)
       where delivery_id = ${deliveryId}`.execute(tx);
    await this.#due(tx, [row.target], now);
  }

  async #end(one: Leased, state: 'refused' | 'given-up', because: string): Promise<void> {
    const { bus, database } = this.#service;
    await database.transaction().execute(async (tx) => {
      const { rows } = await sql`
        update deliveries set state = ${state}, sending = false, last_error = ${because} where ${mine(one)}
        returning delivery_id`.execute(tx);
      if (rows.length > 0) await bus.publish(tx, await this.#tellSupervisors(tx, one));
    });
  }

  /** An alert in the application, one for each case and target, and nowhere else: what failed may fail again. */
  async #tellSupervisors(tx: Tx, one: Leased): Promise<Event[]> {
    const now = this.#service.clock.now();
    const alertId = stableId('delivery-given-up', one.target, one.caseId ?? one.alertId ?? one.deliveryId);
    const { rows } = await sql<{ customerId: string; feedbackId: string; caseId: string | null; people: string[] }>`
      insert into alerts (alert_id, customer_id, feedback_id, case_id, level, audiences, people, raised_at, delivered_at, cause)
      select ${alertId}, customer_id, feedback_id, case_id, 'push', '{supervisor}',
             array(select person_id from people where 'supervisor' = any (roles) order by person_id),
             ${now.toISOString()}, ${now.toISOString()}, 'delivery'
        from (select customer_id, feedback_id, case_id from cases where case_id = ${one.caseId}
              union all select customer_id, feedback_id, case_id from alerts where alert_id = ${one.alertId} limit 1) as known
      on conflict do nothing
      returning customer_id as "customerId", feedback_id as "feedbackId", case_id as "caseId", people`.execute(tx);
    return rows.map(({ customerId, feedbackId, caseId, people }) => {
      const data = { alertId, customerId, feedbackId, caseId: caseId ?? undefined, at: now.toISOString(), people };
      const said = { level: 'push', audiences: ['supervisor'], cause: 'delivery' } as const;
      return newEvent('alert.raised', customerId, { ...data, ...said, audiences: [...said.audiences] }, now, {
        correlationid: feedbackId,
      });
    });
  }
}

/** What to say of an alert, from the events it came with. */
function saidBy(events: readonly Event[]): (alert: Event<'alert.raised'>['data']) => Said {
  const triaged = new Map(ofType(events, 'feedback.triaged').map(({ data }) => [data.feedbackId, data]));
  const regraded = new Map(ofType(events, 'feedback.regraded').map(({ data }) => [data.feedbackId, data]));
  const stepped = new Map(ofType(events, 'escalation.stepped').map(({ data }) => [data.clockId, data]));
  const requested = new Map(ofType(events, 'compensation.requested').map(({ data }) => [data.grantId, data]));
  return ({ customerId, caseId, feedbackId, level, cause, about = '' }) => {
    const step = stepped.get(about);
    if (cause === 'escalation' && step) {
      const { kind, dueAt } = step;
      return { code: 'escalation-step', parameters: { customerId, caseId, step: step.step + 1, kind, dueAt } };
    }
    const grant = requested.get(about);
    if (cause === 'approval' && grant)
      return { code: 'approval-asked', parameters: { customerId, caseId, by: grant.by } };
    const feedback = triaged.get(feedbackId);
    const priority = feedback?.priority ?? regraded.get(feedbackId)?.to;
    const parameters = { customerId, caseId, priority, comment: excerpt(feedback?.comment) };
    return { code: level === 'page' ? 'alert-page' : 'alert-push', parameters };
  };
}

/** Whoever's lease has ended changes nothing any more. */
const mine = (one: Leased) => sql`delivery_id = ${one.deliveryId} and attempts = ${one.attempts} and state = 'waiting'`;

async function lockBucket(tx: Tx, name: string, target: Target, now: Date) {
  await sql`insert into delivery_buckets (target, tokens, refilled_at)
    values (${name}, ${bucketOf(target).size}, ${now.toISOString()}) on conflict do nothing`.execute(tx);
  const { rows } = await sql<{ tokens: number; refilledAt: Date }>`
    select tokens, refilled_at as "refilledAt" from delivery_buckets where target = ${name} for update`.execute(tx);
  return { ...refill(rows[0]!, target, now) };
}

async function loadDue(tx: Tx, target: string, now: Date): Promise<Due[]> {
  const { rows } = await sql<Due>`
    select d.delivery_id as "deliveryId", d.class, d.target, d.person_id as "personId", d.address, d.case_id as "caseId",
           d.alert_id as "alertId", d.code, d.parameters, d.attempts, d.sending, p.language, p.time_zone as "timeZone",
           p.quiet_hours as "quietHours"
      from deliveries d left join people p on p.person_id = d.person_id
     where d.target = ${target} and d.state = 'waiting' and d.next_at <= ${now.toISOString()}
     order by array_position('{page,customer,push,digest}', d.class), d.queued_at, d.delivery_id
     limit ${looked} for update of d skip locked`.execute(tx);
  return rows;
}

/** Pages are exempt, and customers have no quiet hours of their own here. Returns the others. */
async function putOffQuiet(tx: Tx, due: readonly Due[], now: Date): Promise<Due[]> {
  const awake: Due[] = [];
  const quiet: { id: string; until: string }[] = [];
  for (const one of due) {
    const isExempt = one.class === 'page' || one.class === 'customer';
    const until = isExempt || !one.quietHours ? now : outsideQuietHours(now, one.quietHours, one.timeZone ?? 'UTC');
    if (until > now) quiet.push({ id: one.deliveryId, until: until.toISOString() });
    else awake.push(one);
  }
  if (quiet.length > 0) {
    await sql`
      update deliveries d set next_at = t.until
        from unnest(${quiet.map((one) => one.id)}::uuid[], ${quiet.map((one) => one.until)}::timestamptz[]) as t (id, until)
       where d.delivery_id = t.id`.execute(tx);
  }
  return awake;
}

/** One row in place of several; the list of a digest among them is taken over. */
async function mergeInto(tx: Tx, target: string, group: readonly Due[], now: Date): Promise<void> {
  const items = group.flatMap((one) =>
    one.code === 'digest' ? one.parameters.items : [{ code: one.code, parameters: one.parameters } as Said],
  );
  const count = group.reduce((sum, one) => sum + (one.code === 'digest' ? one.parameters.count : 1), 0);
  const { personId, address, caseId, alertId } = group[0]!;
  const ids = group.map((one) => one.deliveryId);
  const id = stableId('delivery', 'merged', ...ids);
  await sql`
    insert into deliveries (delivery_id, class, target, person_id, address, case_id, alert_id, code, parameters, queued_at, next_at)
    values (${id}, 'digest', ${target}, ${personId}, ${address}, ${caseId}, ${alertId}, 'digest',
      ${JSON.stringify({ items: items.slice(0, listed), count })}::jsonb, ${now.toISOString()}, ${now.toISOString()})`.execute(
    tx,
  );
  await sql`update deliveries set state = 'digested', merged_into = ${id} where delivery_id = any (${ids}::uuid[])`.execute(
    tx,
  );
}
