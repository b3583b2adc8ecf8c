import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Event, newEvent } from '@heard/events/event';
import type { TopicName } from '@heard/events/registry';
import type { Kafka } from 'kafkajs';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { eventually } from '../../testing/src/eventually.ts';
import { type Bus, type BusMetrics, type BusOptions, openBus } from './bus.ts';
import type { Subscription } from './consumer.ts';
import { connectKafka } from './kafka.ts';
import { createTopics } from './kafka-topics.ts';
import type { Database, Tx } from './log.ts';
import { partitionOf } from './partition.ts';

export type Driver = 'postgres' | 'kafka';

/** The topic the suite plays on, and a second one of the same writer. */
export const topic = 'heard.suppression-list' satisfies TopicName;
export const partitions = 4;

/** A small event of `topic`: the `n`-th of its key. */
export function fact(key: string, n: number): Event<'send.skipped'> {
  const at = new Date('2026-03-02T09:00:00Z');
  const data = { customerId: key, class: 'promo' as const, campaign: String(n), code: 'unknown' as const };
  return newEvent('send.skipped', key, { ...data, at: at.toISOString() }, at);
}

/** A key that lives on this partition. */
export function keyOn(partition: number): string {
  for (let n = 0; ; n++) if (partitionOf(`key-${n}`, partitions) === partition) return `key-${n}`;
}

export interface Effect {
  consumer: string;
  event_id: string;
  key: string;
  n: number;
  pid: number;
}

/** What every consumer of the suite does: one row per event, with nothing that would hide a double. */
export function recorder(consumer: string): Subscription<'send.skipped'>['handle'] {
  return async (tx, events) => {
    await sql`
      insert into probe.effects (consumer, event_id, key, n, pid)
      select ${consumer}, e.*, ${process.pid} from unnest(
        ${events.map((one) => one.id)}::text[], ${events.map((one) => one.subject)}::text[],
        ${events.map((one) => Number(one.data.campaign))}::int[]) with ordinality as t (event_id, key, n, nth),
        lateral (select t.event_id, t.key, t.n) e order by t.nth`.execute(tx);
  };
}

/** A pool whose frozen sessions the server ends sooner than in a service, so that a test need not wait as long. */
export function openPool(url: string, connections = 4): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5_000,
    options: '-c lock_timeout=20s -c idle_in_transaction_session_timeout=3s -c statement_timeout=30s',
  });
  pool.on('error', () => {});
  // A client that is lent out has no listener of the pool's, and losing its connection would end the process.
  pool.on('connect', (lent) => lent.on('error', () => {}));
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}

export interface Place {
  driver: Driver;
  url: string;
  brokers: string[];
}

/** One database (and, on Kafka, the topics of one broker) for one test, and everything that test opens on it. */
export class World {
  readonly place: Place;
  readonly database: Database;
  readonly logged: { level: string; message: string; fields?: Record<string, unknown> }[] = [];
  readonly fatal: Error[] = [];
  readonly #buses: Bus[] = [];
  readonly #children = new Set<Child>();
  #publisher: Promise<Bus> | undefined;

  constructor(place: Place) {
    this.place = place;
    this.database = openPool(place.url, 8);
  }

  static async open(place: Place): Promise<World> {
    const world = new World(place);
    await sql`create schema probe`.execute(world.database);
    await sql`create table probe.effects (at bigint generated always as identity, consumer text not null,
      event_id text not null, key text not null, n int not null, pid int not null)`.execute(world.database);
    if (place.driver === 'kafka') await emptyTopics(place.brokers);
    return world;
  }

  async openBus(options: Partial<BusOptions> = {}): Promise<Bus> {
    const bus = await openBus({
      driver: this.place.driver,
      writer: 'suppression-list',
      database: this.database,
      databaseUrl: this.place.url,
      brokers: this.place.brokers,
      sessionTimeoutMs: 6_000,
      log: (level, message, fields) => this.logged.push({ level, message, fields }),
      fatal: (error) => this.fatal.push(error),
      ...options,
    });
    this.#buses.push(bus);
    return bus;
  }

  /** Runs a consumer of `topic` in this process. */
  async consume(consumer: string, handle = recorder(consumer), options: Partial<BusOptions> = {}): Promise<Bus> {
    const bus = await this.openBus(options);
    await bus.consume({ consumer, topics: [topic], types: ['send.skipped'], handle });
    return bus;
  }

  /** Publishes in one transaction, through one bus per world. */
  async publish(events: readonly Event[], before?: (tx: Tx) => Promise<void>): Promise<void> {
    this.#publisher ??= this.openBus();
    const bus = await this.#publisher;
    await this.database.transaction().execute(async (tx) => {
      await before?.(tx);
      await bus.publish(tx, events);
    });
  }

  /** A consumer process; see fixture-consumer.ts. */
  async spawn(consumer: string, settings: Record<string, string> = {}): Promise<Child> {
    const child = new Child(consumer, this.place, settings);
    this.#children.add(child);
    await child.ready;
    return child;
  }

  async run(statement: string): Promise<void> {
    await sql.raw(statement).execute(this.database);
  }

  async effects(consumer: string): Promise<Effect[]> {
    const { rows } = await sql<Effect>`
      select consumer, event_id, key, n, pid from probe.effects where consumer = ${consumer} order by at`.execute(
      this.database,
    );
    return rows;
  }

  async countEffects(consumer: string): Promise<number> {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from probe.effects where consumer = ${consumer}`.execute(this.database);
    return rows[0]!.n;
  }

  /** The log's events of `topic`, in order per partition. */
  async log(): Promise<{ id: string; key: string; partition: number; seq: number }[]> {
    const { rows } = await sql<{ id: string; key: string; partition: number; seq: number }>`
      select attributes::json ->> 'id' as id, key, partition, seq::int from bus.log where topic = ${topic}
       order by partition, seq`.execute(this.database);
    return rows;
  }

  async deadLetters(consumer: string): Promise<DeadLetter[]> {
    const { rows } = await sql<DeadLetter>`
      select id::text, topic, partition, seq::int, sequenced, key, attributes, value, code, reason, attempts,
             resolved_at is not null as resolved
        from bus.dead_letters where consumer = ${consumer} order by dead_letters.id`.execute(this.database);
    return rows;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.kill()));
    await Promise.all(this.#buses.map((bus) => bus.close()));
    await this.database.destroy();
  }
}

export interface DeadLetter {
  id: string;
  topic: string;
  partition: number;
  seq: number;
  sequenced: boolean;
  key: string | null;
  attributes: Record<string, string> | null;
  value: string | null;
  code: string;
  reason: string;
  attempts: number;
  resolved: boolean;
}

/** One consumer process. It is gone when its test is. */
export class Child {
  readonly ready: Promise<void>;
  readonly exited: Promise<unknown>;
  readonly #process: ChildProcess;
  output = '';

  constructor(consumer: string, place: Place, settings: Record<string, string>) {
    this.#process = fork(fileURLToPath(new URL('./fixture-consumer.ts', import.meta.url)), {
      env: {
        PATH: process.env.PATH,
        CONSUMER: consumer,
        DRIVER: place.driver,
        DATABASE_URL: place.url,
        BROKERS: place.brokers.join(','),
        ...settings,
      },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.exited = once(this.#process, 'exit');
    this.ready = new Promise((resolve) => {
      this.#process.once('message', () => resolve());
      void this.exited.then(() => resolve());
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** SIGTERM, and waits for the end. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    await this.exited;
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    this.signal('SIGKILL');
    await this.exited;
  }
}

export function client(brokers: string[]): Kafka {
  return connectKafka({ brokers, clientId: 'heard.test', log: () => {} });
}

/** Creates the topics, or empties those that hold something; offsets go on where they were. */
async function emptyTopics(brokers: string[]): Promise<void> {
  await createTopics(client(brokers), partitions, 1);
  const admin = client(brokers).admin();
  await admin.connect();
  try {
    const used = [topic, 'heard.ingest', 'heard.inbound.survey-responses'];
    for (const name of used) {
      // A topic that was just made has no leader for a moment.
      const offsets = await eventually(`a leader of ${name}`, () => admin.fetchTopicOffsets(name));
      const full = offsets.filter(({ low, high }) => low !== high);
      if (full.length > 0)
        await admin.deleteTopicRecords({
          topic: name,
          partitions: full.map((one) => ({ partition: one.partition, offset: one.high })),
        });
    }
  } finally {
    await admin.disconnect();
  }
}

export function newName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}

/** Metrics that nobody looks at, but for those given. */
export function metrics(some: Partial<BusMetrics>): BusMetrics {
  return { consumed() {}, batch() {}, deadLettered() {}, gap() {}, lag() {}, ...some };
}

/** mulberry32: numbers in [0, 1) that a printed seed brings back. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The first thing that is wrong with the effects of a consumer that should have had all of the log once, or undefined. */
export function wrongWith(effects: readonly Effect[], log: readonly { id: string; key: string }[]): string | undefined {
  const seen = new Set<string>();
  for (const { event_id } of effects) {
    if (seen.has(event_id)) return `the event ${event_id} had its effect twice`;
    seen.add(event_id);
  }
  const lost = log.filter(({ id }) => !seen.has(id));
  if (lost.length > 0) return `${lost.length} of ${log.length} events had no effect`;
  if (effects.length > log.length) return `${effects.length - log.length} effects have no event`;
  const byKey = Map.groupBy(log, ({ key }) => key);
  for (const [key, own] of Map.groupBy(effects, (effect) => effect.key)) {
    const expected = byKey.get(key)!.map(({ id }) => id);
    if (own.some(({ event_id }, i) => event_id !== expected[i])) return `the events of ${key} came out of order`;
  }
  return undefined;
}
