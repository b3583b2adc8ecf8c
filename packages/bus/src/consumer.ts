import type { Event } from '@heard/events/event';
import type { EventType, TopicName } from '@heard/events/registry';
import { topics } from '@heard/events/registry';
import { sql } from 'kysely';
import { type Delivery, type Failure, parse } from './delivery.ts';
import { type Database, lastOf, lockPositions, movePositions, type Place, placeName, type Tx } from './log.ts';
import { isNotNow, Rejection } from './rejection.ts';

/**
 * What a service does with the events it reads. `handle` gets a batch in order per key and writes its effects with `tx`;
 * it may be called again with the same events if the transaction could not commit. Throwing a Rejection dead-letters
 * the event that caused it (the batch is split until it stands alone); any other error means "not now".
 */
export interface Subscription<T extends EventType = EventType> {
  consumer: string;
  topics: readonly TopicName[];
  types: readonly T[];
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

/** An unexpected error of a single event is tried this often before it is taken for the event's own fault. */
const attemptsBeforeDeadLetter = 4;

/**
 * Turns deliveries into effects, each once. The same for both drivers: positions are locked, what is behind them is
 * dropped, the rest is handled, and the positions move, all in one transaction.
 */
export class Consumer {
  readonly types: ReadonlySet<string>;
  readonly #database: Database;
  readonly #subscription: Subscription;
  readonly #reporter: Reporter;
  readonly #pause: (ms: number) => Promise<void>;

  constructor(
    database: Database,
    subscription: Subscription,
    reporter: Reporter,
    pause: (ms: number) => Promise<void>,
  ) {
    this.#database = database;
    this.#subscription = subscription;
    this.#reporter = reporter;
    this.#pause = pause;
    this.types = new Set(subscription.types);
  }

  get name(): string {
    return this.#subscription.consumer;
  }

  get topics(): readonly TopicName[] {
    return this.#subscription.topics;
  }

  /** Handles deliveries in a transaction of its own. Resolves when each has had its effect or is a dead letter. */
  async process(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    try {
      await this.#database.transaction().execute(async (tx) => {
        const fresh = await this.#fresh(tx, deliveries);
        await this.handleIn(tx, fresh);
      });
    } catch (error) {
      if (isNotNow(error)) throw error;
      await this.isolate(deliveries, error);
    }
  }

  /** Handles deliveries whose positions the caller has locked, and moves the positions. */
  async handleIn(tx: Tx, deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const started = performance.now();
    const events: Event[] = [];
    const failed: [Delivery, Failure][] = [];
    for (const delivery of deliveries) {
      if ('event' in delivery.outcome) events.push(delivery.outcome.event);
      else if ('failure' in delivery.outcome) failed.push([delivery, delivery.outcome.failure]);
    }
    if (events.length > 0) await this.#subscription.handle(tx, events);
    await this.#bury(tx, failed);
    const last = lastOf(deliveries);
    await movePositions(tx, this.name, last);
    this.#reporter.progressed(last, events.length, (performance.now() - started) / 1000);
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
      await this.#pause(wait);
      try {
        await this.#database.transaction().execute(async (tx) => this.handleIn(tx, await this.#fresh(tx, deliveries)));
        return;
      } catch (again) {
        if (isNotNow(again)) throw again;
        cause = again;
      }
    }
    const failure =
      cause instanceof Rejection
        ? { code: cause.code, reason: cause.message }
        : { code: 'unexpected', reason: `the ${this.name} service failed on it: ${(cause as Error)?.name ?? 'error'}` };
    await this.#database.transaction().execute(async (tx) => {
      const fresh = await this.#fresh(tx, deliveries);
      if (fresh.length === 0) return;
      await this.#bury(tx, [[delivery, failure]]);
      await movePositions(tx, this.name, deliveries);
    });
    this.#reporter.progressed(deliveries, 0, 0);
  }

  /** Locks the positions and drops what is behind them: redelivered, sent twice, replayed, or a zombie's. */
  async #fresh(tx: Tx, deliveries: readonly Delivery[]): Promise<Delivery[]> {
    const places = lastOf(deliveries);
    let positions = await lockPositions(tx, this.name, places);
    if (positions.size < places.length) {
      await sql`insert into bus.positions (consumer, topic, partition)
        select ${this.name}, * from unnest(${places.map((p) => p.topic)}::text[], ${places.map((p) => p.partition)}::int[])
        on conflict do nothing`.execute(tx);
      positions = await lockPositions(tx, this.name, places);
    }
    const next = new Map<string, number>();
    return deliveries.filter((delivery) => {
      if (isPublic(delivery)) return true;
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
        insert into bus.dead_letters (consumer, topic, partition, seq, key, attributes, value, code, reason)
        values (${this.name}, ${delivery.topic}, ${delivery.partition}, ${delivery.seq}, ${storable(delivery.key)},
                ${delivery.attributes && JSON.stringify(delivery.attributes)}, ${storable(delivery.value)}, ${failure.code}, ${failure.reason})
        on conflict on constraint one_per_delivery do nothing`.execute(tx);
      this.#reporter.deadLettered(delivery, failure);
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
            code = ${failure.code}, reason = ${failure.reason} where id = ${letter.id}`.execute(tx);
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
      // A structured event was kept whole.
      if (/^\s*\{.*"specversion"/s.test(letter.value)) data = (data as { data: unknown }).data;
    } catch {
      return { code: 'not-an-event', reason: 'its data is not JSON' };
    }
    const parsed = parse(letter.attributes, data, letter.key);
    if ('failure' in parsed) return parsed.failure;
    await sql`savepoint letter`.execute(tx);
    try {
      await this.#subscription.handle(tx, [parsed.event]);
      return null;
    } catch (error) {
      if (isNotNow(error)) throw error;
      await sql`rollback to savepoint letter`.execute(tx);
      if (error instanceof Rejection) return { code: error.code, reason: error.message };
      return { code: 'unexpected', reason: `the ${this.name} service failed on it again: ${(error as Error)?.name}` };
    }
  }
}

function isPublic({ topic }: Place): boolean {
  return topics[topic as TopicName]?.writer === null;
}

function isCompacted({ topic }: Place): boolean {
  return topics[topic as TopicName]?.compacted === true;
}

/** PostgreSQL text holds no U+0000. */
function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '\\u0000');
}
