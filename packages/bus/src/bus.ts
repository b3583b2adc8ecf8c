import { readFile } from 'node:fs/promises';
import { type EventType, type ServiceName, type TopicName, topics } from '@heard/events/registry';
import { sql } from 'kysely';
import { Consumer, type Reporter, type Subscription } from './consumer.ts';
import { compact, type Database, openPublisher, type Publish, prune, readLag, registerConsumer } from './log.ts';
import { consumeLog } from './postgres.ts';
import { Wakeups } from './wakeups.ts';
import { type Standing, Watch } from './watch.ts';
import { pause, Worker } from './worker.ts';

export interface BusOptions {
  driver: 'postgres' | 'kafka';
  /** The service (or 'console') whose topics this process may publish; on Kafka it relays them. */
  writer: ServiceName | 'console';
  database: Database;
  databaseUrl: string;
  brokers?: string[];
  /** Rows every reader is past are kept this long. */
  retentionHours?: number;
  /** No progress for this long on a partition that has lag ends the process. */
  stallSeconds?: number;
  /** How often the lag is read and stalls are looked for. */
  watchSeconds?: number;
  lingerMs?: number;
  /** Kafka: a consumer that is silent for this long loses its partitions. At least the broker's group.min.session.timeout.ms. */
  sessionTimeoutMs?: number;
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>): void;
  /** The process can do no more and must be started again. */
  fatal(error: Error): void;
  metrics?: BusMetrics;
}

/** With the broker or the database away some parts would take longer to close; what they hold is safe without them. */
const closeWithinMs = 3_500;

export interface BusMetrics {
  consumed(consumer: string, topic: string, partition: number, at: number): void;
  batch(consumer: string, events: number, seconds: number): void;
  deadLettered(consumer: string, code: string): void;
  gap(consumer: string, topic: string): void;
  lag(consumer: string, topic: string, partition: number, lag: number): void;
}

export interface Bus {
  /** Makes events visible to consumers if and only if `tx` commits, in this order per key. Once per transaction, last. */
  publish: Publish;
  /** Hands each event once to the subscription, in order per key; see Subscription. */
  consume<T extends EventType>(subscription: Subscription<T>): Promise<void>;
  /** Wakes on commits of other processes: channel and payload as given to pg_notify. */
  wakeups: Wakeups;
  /** true when every subscription runs. */
  ready(): boolean;
  close(): Promise<void>;
}

/** Opens the bus for one process. Call `consume` at most once per service: one service, one consumer group. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const { database, log } = options;
  const lingerMs = options.lingerMs ?? 3;
  const wakeups = new Wakeups({
    connectionString: options.databaseUrl,
    application_name: `heard.${options.writer} wake-ups`,
  });
  await wakeups.open();
  const publish = await openPublisher(database);
  const own = Object.entries(topics)
    .filter(([, topic]) => topic.writer === options.writer)
    .map(([name]) => name as TopicName);
  const closing: (() => Promise<void>)[] = [];
  const stopping = new AbortController();
  const running: (() => boolean)[] = [];
  let starting = 0;
  let stopped: Promise<void> | undefined;

  const reporter = (consumer: string, watch: Watch): Reporter => ({
    progressed(places, events, seconds) {
      const now = Date.now();
      watch.progressed(places, now);
      for (const place of places) options.metrics?.consumed(consumer, place.topic, place.partition, now);
      if (events > 0) options.metrics?.batch(consumer, events, seconds);
    },
    deadLettered(delivery, failure) {
      options.metrics?.deadLettered(consumer, failure.code);
      log('warn', 'an event became a dead letter', {
        topic: delivery.topic,
        partition: delivery.partition,
        seq: delivery.seq,
        eventId: delivery.attributes?.id,
        code: failure.code,
        reason: failure.reason,
      });
    },
    gap(place, expected, found) {
      options.metrics?.gap(consumer, place.topic);
      log('error', 'events are missing on the bus', { ...place, expected, found });
    },
    retrying: (error, inMs) => log('warn', 'will try again', { error: describe(error), inMs }),
  });
  const failed = (what: string) => (error: unknown, inMs: number) =>
    log('warn', `${what} will try again`, { error: describe(error), inMs });

  const kafka =
    options.driver === 'kafka'
      ? {
          ...(await import('./kafka.ts')),
          ...(await import('./kafka-relay.ts')),
          ...(await import('./kafka-consumer.ts')),
        }
      : undefined;
  const connect = (patient: boolean) =>
    kafka?.connectKafka({ brokers: options.brokers ?? [], clientId: `heard.${options.writer}`, patient, log });
  const client = connect(false);
  if (kafka && client && own.length > 0) {
    try {
      const relay = await kafka.relayToKafka(client, {
        database,
        wakeups,
        topics: own,
        lingerMs,
        failed: failed('the relay'),
      });
      closing.push(relay.stop);
    } catch (error) {
      await wakeups.close();
      throw error;
    }
  }
  const pruneAll = async () => {
    while (!stopping.signal.aborted && (await prune(database, options.retentionHours ?? 168)) > 0);
  };
  closing.push(every(60_000, stopping.signal, pruneAll, failed('pruning')));
  // Policies are few, and what was decided by an old one is explained by it.
  const compacted = own.filter((topic) => topics[topic].compacted && topic !== 'heard.policy');
  if (compacted.length > 0) {
    closing.push(every(3_600_000, stopping.signal, () => compact(database, compacted), failed('compacting')));
  }

  return {
    publish,
    wakeups,
    ready: () => starting === 0 && !stopped && running.every((runs) => runs()),
    async consume<T extends EventType>(subscription: Subscription<T>) {
      const stallSeconds = options.stallSeconds ?? 120;
      const watch = new Watch(stallSeconds * 1000);
      const consumer = new Consumer(
        database,
        subscription as unknown as Subscription,
        reporter(subscription.consumer, watch),
        stopping.signal,
      );
      let lag: () => Promise<Standing[]>;
      starting++;
      if (kafka && client) {
        const group = await kafka.consumeKafka(connect(true)!, consumer, {
          observer: client,
          lingerMs: consumer.lingerMs ?? lingerMs,
          sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
          failed: failed('the consumer'),
          crashed: (error) => options.fatal(new Error('the Kafka consumer stopped for good', { cause: error })),
        });
        closing.unshift(group.stop);
        running.push(group.running);
        lag = group.lag;
      } else {
        await registerConsumer(database, consumer.name, consumer.topics);
        const worker = consumeLog(consumer, {
          database,
          wakeups,
          lingerMs: consumer.lingerMs ?? lingerMs,
          failed: failed('the consumer'),
        });
        closing.unshift(() => worker.stop());
        lag = async () =>
          (await readLag(database))
            .filter((one) => one.consumer === consumer.name)
            .map((one) => ({ ...one, own: true }));
      }
      starting--;
      const look = async () => {
        try {
          await sql`select 1`.execute(database); // while the database or the broker is away nothing can move
          const standings = await lag();
          for (const one of standings) options.metrics?.lag(consumer.name, one.topic, one.partition, one.lag);
          const stalled = watch.look(standings, Date.now());
          if (!stalled) return;
          const { place, seconds, lag: behind } = stalled;
          options.fatal(new Error(`${place} has made no progress for ${seconds} s with ${behind} events to read`));
        } catch (error) {
          watch.forget();
          throw error;
        }
      };
      closing.unshift(every(1_000, stopping.signal, () => consumer.redeliver(), failed('sending dead letters again')));
      closing.unshift(every((options.watchSeconds ?? 10) * 1000, stopping.signal, look, failed('reading the lag')));
    },
    close() {
      stopped ??= close();
      return stopped;
    },
  };

  async function close(): Promise<void> {
    stopping.abort();
    const late = new AbortController();
    const parts = closing.map((part) =>
      part().catch((error) => log('warn', 'a part of the bus did not close well', { error: describe(error) })),
    );
    await Promise.race([Promise.all(parts), pause(closeWithinMs, late.signal)]);
    late.abort();
    await wakeups.close();
  }
}

/** Repeats a chore until the signal aborts; the returned function waits for the round in hand. */
function every(
  ms: number,
  signal: AbortSignal,
  chore: () => Promise<unknown>,
  failed: (error: unknown, inMs: number) => void,
): () => Promise<void> {
  const worker = new Worker(
    async () => {
      if (!signal.aborted) await chore();
      return false;
    },
    { idleMs: ms, lingerMs: 0, failed },
  ).start();
  return () => worker.stop();
}

/** An error in one line, causes included; no stack, no data. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message}: ${describe(error.cause)}` : error.message;
}

/** The SQL that makes the `bus` schema, for the migration job. */
export function busMigration(): Promise<string> {
  return readFile(new URL('../migrations/001_bus.sql', import.meta.url), 'utf8');
}
