import type { Event } from '@heard/events/event';
import type { EventType, TopicName } from '@heard/events/registry';
import { topics } from '@heard/events/registry';
import { sql } from 'kysely';
import { type Delivery, type Failure, isPublic, parse } from './delivery.ts';
import { type Database, lastOf, movePositions, type Place, placeName, type Tx } from './log.ts';
import { isNotNow, NotYet, Rejection } from './rejection.ts';
import { pause } from './worker.ts';

/**
 * What a service does with the events it reads. `handle` gets a batch in order per key and writes its effects with `tx`;
 * it may be called again with the same events if the transaction could not commit. Throwing a Rejection dead-letters
 * the event that caused it (the batch is split until it stands alone); so does, after four attempts, any other error that
 * is not `isNotNow`.
 *
 * On a public topic nothing but the Kafka offset numbers the messages, and offsets start anew when their owner makes the
 * topic again: there an event may come twice, and the service tells by the event itself.
 */
export interface Subscription<T extends EventType = EventType> {
  consumer: string;
  topics: readonly TopicName[];
  types: readonly T[];
  /** For what nobody waits for: batches begin at least this long after one another, and so are fewer. */
  lingerMs?: number;
  handle(tx: Tx, events: Event<T>[]): Promise<void>;
}

export interface Reporter {
  /** A batch had its effect; `events` counts those handed to the service, not skipped ones. */
  progressed(places: readonly (Place & { seq: number })[], events: number, seconds: number): void;
  deadLettered(delivery: Delivery, failure: Failure): void;
  /** Sequences are missing between what was consumed and what came next: the broker lost acknowledged events. */
  gap(place: Place, expected: number, found: number): void;
  retrying(error: unknown, inMs: number): void;
}

/** What a transaction did, to be reported once it has committed. */
export interface Handled {
  places: readonly (Place & { seq: number })[];
  events: number;
  seconds: number;
  buried: readonly [Delivery, Failure][];
}

const nothing: Handled = { places: [], events: 0, seconds: 0, buried: [] };

/** An unexpected error of a single event is tried this often before it is taken for the event's own fault. */
const attemptsBeforeDeadLetter = 4;

/**
 * Turns deliveries into effects, each once. The same for both drivers: positions are locked and moved, what was behind
 * them is dropped, and the rest is handled, all in one transaction.
 */
export class Consumer {
  readonly types: ReadonlySet<string>;
  readonly #database: Database;
  readonly #subscription: Subscription;
  readonly #reporter: Reporter;
  readonly #stopping: AbortSignal;

  constructor(database: Database, subscription: Subscription, reporter: Reporter, stopping: AbortSignal) {
    this.#database = database;
    this.#subscription = subscription;
    this.#reporter = reporter;
    this.#stopping = stopping;
    this.types = new Set(subscription.types);
  }

  get name(): string {
    return this.#subscription.consumer;
  }

  get topics(): readonly TopicName[] {
    return this.#subscription.topics;
  }

  get lingerMs(): number | undefined {
    return this.#subscription.lingerMs;
  }

  /** Handles deliveries in a transaction of its own. Resolves when each has had its effect or is a dead letter. */
  async process(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    try {
      await this.#attempt(deliveries);
    } catch (error) {
      if (isNotNow(error)) throw error;
      await this.isolate(deliveries, error);
    }
  }

  /** Handles deliveries past which the caller has moved the positions in this transaction; `report` what it returns. */
  async handleIn(tx: Tx, deliveries: readonly Delivery[]): Promise<Handled> {
    if (deliveries.length === 0) return nothing;
    const started = performance.now();
    const events: Event[] = [];
    const buried: [Delivery, Failure][] = [];
    for (const delivery of deliveries) {
      if ('event' in delivery.outcome) events.push(delivery.outcome.event);
      else if ('failure' in delivery.outcome) buried.push([delivery, delivery.outcome.failure]);
    }
    if (events.length > 0) await this.#subscription.handle(tx, events);
    await this.#bury(tx, buried);
    return { places: lastOf(deliveries), events: events.length, seconds: (performance.now() - started) / 1000, buried };
  }

  /** Tells the outside what has been committed. */
  report({ places, events, seconds, buried }: Handled): void {
    if (places.length > 0) this.#reporter.progressed(places, events, seconds);
    for (const [delivery, failure] of buried) this.#reporter.deadLettered(delivery, failure);
  }

  async #attempt(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.every(({ outcome }) => 'skipped' in outcome)) {
      const fresh = await this.#fresh(this.#database, deliveries); // one statement is a transaction
      return this.report({ ...nothing, places: lastOf(fresh) });
    }
    const handled = await this.#database
      .transaction()
      .execute(async (tx) => this.handleIn(tx, await this.#fresh(tx, deliveries)));
    this.report(handled);
  }

  /** A batch could not be handled: halve it, in order, until the event at fault stands alone. */
  async isolate(deliveries: readonly Delivery[], error: unknown): Promise<void> {
    if (deliveries.length > 1) {
      const middle = deliveries.length >> 1;
      await this.process(deliveries.slice(0, middle));
      await this.process(deliveries.slice(middle));
      return;
    }
    const [delivery] = deliveries as [Delivery];
    let cause = error;
    for (let attempt = 1; !(cause instanceof Rejection) && attempt < attemptsBeforeDeadLetter; attempt++) {
      const wait = 50 * 4 ** attempt;
      this.#reporter.retrying(cause, wait);
      await pause(wait, this.#stopping);
      if (this.#stopping.aborted) throw new NotYet('the bus is closing');
      try {
        return await this.#attempt(deliveries);
      } catch (again) {
        if (isNotNow(again)) throw again;
        cause = again;
      }
    }
    const failure =
      cause instanceof Rejection
        ? { code: cause.code, reason: cause.message }
        : { code: 'unexpected', reason: `the ${this.name} service failed on it: ${(cause as Error)?.name ?? 'error'}` };
    const buried = await this.#database.transaction().execute(async (tx) => {
      if ((await this.#fresh(tx, deliveries)).length === 0) return nothing;
      await this.#bury(tx, [[delivery, failure]]);
      return { places: [delivery], events: 0, seconds: 0, buried: [[delivery, failure]] } satisfies Handled;
    });
    this.report(buried);
  }

  /**
   * Locks and moves the positions, and drops what was behind them: redelivered, sent twice, replayed, or a zombie's.
   * A message that Heard did not write has no place in the order of those that it did.
   */
  async #fresh(tx: Database, deliveries: readonly Delivery[]): Promise<Delivery[]> {
    const ends = new Map<string, Place & { seq: number }>();
    for (const { topic, partition, seq, sequenced } of deliveries) {
      const place = { topic, partition };
      const name = placeName(place);
      // What was sent twice may end in the middle of the first time.
      const end = Math.max(ends.get(name)?.seq ?? 0, sequenced || isPublic(topic) ? seq : 0);
      ends.set(name, { ...place, seq: end });
    }
    const positions = await movePositions(tx, this.name, [...ends.values()]);
    const next = new Map<string, number>();
    return deliveries.filter((delivery) => {
      if (!delivery.sequenced) return true;
      const name = placeName(delivery);
      const position = next.get(name) ?? positions.get(name) ?? 0;
      if (delivery.seq <= position) return false;
      if (position > 0 && delivery.seq > position + 1 && !isCompacted(delivery)) {
        this.#reporter.gap(delivery, position + 1, delivery.seq);
      }
      next.set(name, delivery.seq);
      return true;
    });
  }

  async #bury(tx: Tx, failed: readonly [Delivery, Failure][]): Promise<void> {
    for (const [delivery, failure] of failed) {
      await sql`
        insert into bus.dead_letters (consumer, topic, partition, seq, sequenced, key, attributes, value, code, reason)
        values (${this.name}, ${delivery.topic}, ${delivery.partition}, ${delivery.seq}, ${delivery.sequenced},
                ${storable(delivery.key)}, ${storableJson(delivery.attributes)}, ${storable(delivery.value)},
                ${failure.code}, ${storable(failure.reason)?.slice(0, 1000)})
        on conflict on constraint one_per_delivery do nothing`.execute(tx);
    }
  }

  /** Handles dead letters somebody asked to send again, each in a transaction of its own; returns how many went through. */
  async redeliver(): Promise<number> {
    let done = 0;
    for (;;) {
      const outcome = await this.#database.transaction().execute(async (tx) => {
        const { rows } = await sql<{
          id: string;
          key: string | null;
          attributes: Delivery['attributes'];
          value: string | null;
        }>`
          select id, key, attributes, value from bus.dead_letters
           where consumer = ${this.name} and retry_requested_at is not null and resolved_at is null
           order by id limit 1 for update skip locked`.execute(tx);
        const [letter] = rows;
        if (!letter) return 'none';
        const failure = await this.#again(tx, letter);
        if (failure) {
          await sql`update bus.dead_letters set retry_requested_at = null, attempts = attempts + 1,
            code = ${failure.code}, reason = ${storable(failure.reason)?.slice(0, 1000)} where id = ${letter.id}`.execute(
            tx,
          );
          return 'failed';
        }
        await sql`update bus.dead_letters set resolved_at = now(), attempts = attempts + 1 where id = ${letter.id}`.execute(
          tx,
        );
        return 'handled';
      });
      if (outcome === 'none') return done;
      if (outcome === 'handled') done++;
    }
  }

  async #again(
    tx: Tx,
    letter: { key: string | null; attributes: Delivery['attributes']; value: string | null },
  ): Promise<Failure | null> {
    if (!letter.attributes || letter.value === null)
      return { code: 'not-an-event', reason: 'it was never an event; it cannot be sent again' };
    let data: unknown;
    try {
      data = JSON.parse(letter.value);
    } catch {
      return { code: 'not-an-event', reason: 'its data is not JSON' };
    }
    const { type } = letter.attributes;
    if (!this.types.has(type)) return { code: 'unknown-type', reason: `the ${this.name} service takes no ${type}` };
    const parsed = parse(letter.attributes, data, letter.key);
    if ('failure' in parsed) return parsed.failure;
    await sql`savepoint letter`.execute(tx);
    try {
      await this.#subscription.handle(tx, [parsed.event]);
      await sql`release savepoint letter`.execute(tx);
      return null;
    } catch (error) {
      if (isNotNow(error)) throw error;
      await sql`rollback to savepoint letter`.execute(tx);
      if (error instanceof Rejection) return { code: error.code, reason: error.message };
      return { code: 'unexpected', reason: `the ${this.name} service failed on it again: ${(error as Error)?.name}` };
    }
  }
}

function isCompacted({ topic }: Place): boolean {
  return topics[topic as TopicName]?.compacted === true;
}

/** PostgreSQL text holds no U+0000 … */
function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '\\u0000');
}

/** … and its jsonb neither that nor half a surrogate pair; JSON.stringify escapes both. */
function storableJson(value: object | null): string | null {
  const json = value === null ? null : JSON.stringify(value);
  return json === null
    ? null
    : json.replace(/\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found === '\\\\' ? found : '\ufffd'));
}
