import { createRequire } from 'node:module';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type Attributes, binaryMessage } from '@heard/events/cloudevents';
import { type TopicName, topics } from '@heard/events/registry';
import kafkajs, { type EachBatchPayload, type Kafka, type Producer } from 'kafkajs';
import type { Consumer } from './consumer.ts';
import { type Delivery, fromKafka } from './delivery.ts';
import { type Database, type LogRow, type Place, placeName, registerConsumer } from './log.ts';
import { batchSize, follow } from './postgres.ts';
import { NotYet } from './rejection.ts';
import type { Wakeups } from './wakeups.ts';
import type { Standing } from './watch.ts';
import { Worker } from './worker.ts';

/**
 * The one file that knows kafkajs 2.2.4. Its faults, and what is done about them:
 * - compressed batches of other producers crash the consumer for good unless a codec is registered (#1141, #597): ZSTD is;
 *   LZ4 and Snappy are not in Node, and such a batch stops the consumer with an error that says so;
 * - no heartbeat while a batch is handled (#447, #1527): a timer beats;
 * - a partition may silently stop being fetched (#1456): the watchdog in bus.ts looks at progress, not at heartbeats;
 * - a crash it calls non-retriable ends the consumer quietly (#1271): `crashed` is called and the process ends;
 * - each connection sets a timer with a negative time-out, which sets itself again every millisecond for ever (#1751:
 *   a warning on Node 24, 2 % of a core always): `scheduleCheckPendingRequests` below sets none without a reason;
 * - offsets are committed after each batch, which the next fetch waits for: we commit once a second beside the fetching;
 * - it goes on with a batch after a rebalance began (#1527): the partition is given back at the first failed heartbeat;
 * - the idempotent producer keeps its sequence state wrong after some failed sends. We do not need it: each event
 *   carries the log's own sequence, and a consumer drops what is behind its position (docs/adr/0002).
 */
const { CompressionCodecs, CompressionTypes, Kafka: KafkaClient, logLevel, Partitioners } = kafkajs;

CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}
const queue = (createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue })
  .prototype;
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};

export interface KafkaOptions {
  brokers: string[];
  clientId: string;
  /** Goes on for minutes instead of seconds while no broker answers. */
  patient?: boolean;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** It says the same thing thirty times a second while a broker is away. */
const repeatAfterMs = 10_000;

/** What kafkajs logs as an error although it belongs to starting, scaling and stopping, and it goes on by itself. */
const ordinary = /^The group (coordinator is not available|is rebalancing)|^The coordinator is (loading|not aware)/;

export function connectKafka({ brokers, clientId, patient, log }: KafkaOptions): Kafka {
  const lastLogged = new Map<string, number>();
  return new KafkaClient({
    brokers,
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, multiplier: 1.5, maxRetryTime: 1_000, retries: patient ? 120 : 8 },
    logLevel: logLevel.WARN,
    // Whatever it logs it tries again, or gives up with an error that reaches `failed` or `crashed`.
    logCreator: () => (entry) => {
      const { message, error } = entry.log as { message: string; error?: unknown };
      const why = typeof error === 'string' && error !== message ? `: ${error}` : '';
      const line = `kafkajs ${entry.namespace}: ${message}${why}`;
      const now = Date.now();
      if (now - (lastLogged.get(line) ?? 0) < repeatAfterMs) return;
      if (lastLogged.size > 100) lastLogged.clear();
      lastLogged.set(line, now);
      log(ordinary.test(error as string) ? 'info' : 'warn', line);
    },
  });
}

/** Creates the topics that are missing; never changes or deletes one. */
export async function createTopics(kafka: Kafka, partitions: number, replicationFactor: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = Object.entries(topics).filter(([name]) => !existing.has(name));
    if (missing.length === 0) return;
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map(([topic, { compacted }]) => ({
        topic,
        numPartitions: partitions,
        replicationFactor,
        configEntries: compacted ? [{ name: 'cleanup.policy', value: 'compact' }] : [],
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

/**
 * Moves this database's log to Kafka, in order per partition, marking rows only after the brokers acknowledged them.
 * Killed between the two it sends again; consumers drop the second copy by its sequence.
 */
export async function relayToKafka(
  kafka: Kafka,
  options: {
    database: Database;
    wakeups: Wakeups;
    topics: TopicName[];
    lingerMs: number;
    failed(error: unknown, inMs: number): void;
  },
): Promise<{ stop(): Promise<void> }> {
  const consumer = 'relay';
  await registerConsumer(options.database, consumer, options.topics);
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const worker = follow({
    ...options,
    consumer,
    rows: async (_tx, rows) => {
      for (const part of inParts(rows)) await send(producer, part);
      return undefined;
    },
  });
  return {
    stop: async () => {
      await worker.stop();
      await producer.disconnect();
    },
  };
}

/** kafkajs sends all of a partition's messages as one record batch, and a broker refuses one of more than about 1 MB. */
function inParts(rows: readonly LogRow[]): LogRow[][] {
  const parts: LogRow[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const size = 200 + Buffer.byteLength(row.key) + Buffer.byteLength(row.attributes) + Buffer.byteLength(row.data);
    if (bytes + size > 950_000) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(row);
    bytes += size;
  }
  return parts;
}

async function send(producer: Producer, rows: readonly LogRow[]): Promise<void> {
  const byTopic = Map.groupBy(rows, (row) => row.topic);
  await producer.sendBatch({
    acks: -1,
    timeout: 10_000,
    topicMessages: [...byTopic].map(([topic, own]) => ({
      topic,
      messages: own.map((row) => ({
        key: row.key,
        partition: row.partition,
        ...binaryMessage({ ...(JSON.parse(row.attributes) as Attributes), sequence: String(row.seq) }, row.data),
      })),
    })),
  });
}

interface Waiting {
  deliveries: Delivery[];
  /** `handled` false: the partition is somebody else's now, or nobody's. */
  answer(handled: boolean): void;
}

/**
 * Runs a consumer on Kafka. What the partitions' batches hold is gathered and handled in one transaction, so that many
 * thin partitions cost as much as one thick one; offsets are committed to Kafka after the database has committed. At
 * most one batch per partition waits, and kafkajs fetches nothing more before all are handled.
 *
 * `kafka` should be patient: a consumer that gives up on a broker comes back as a new member of its group, and gets no
 * partition before the session of the old one is over.
 */
export async function consumeKafka(
  kafka: Kafka,
  consumer: Consumer,
  options: {
    /** Another connection, to look at the lag with. */
    observer: Kafka;
    lingerMs: number;
    sessionTimeoutMs: number;
    failed(error: unknown, inMs: number): void;
    crashed(error: Error): void;
  },
): Promise<{ stop(): Promise<void>; running(): boolean; lag(): Promise<Standing[]> }> {
  const heartbeatMs = options.sessionTimeoutMs / 5;
  const waiting: Waiting[] = [];
  let stopping = false;
  /** The group is rebalancing or we are closing: give back what has not been handled. */
  let leaving = false;
  let joined = false;
  let own = new Set<string>();
  let latest: EachBatchPayload | undefined;

  const group = kafka.consumer({
    groupId: `heard.${consumer.name}`,
    allowAutoTopicCreation: false,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    // Whoever is late loses nothing but its partitions: it holds their positions in the database until it is done.
    rebalanceTimeout: options.sessionTimeoutMs,
    maxWaitTimeInMs: 500,
    maxBytesPerPartition: 1_048_576,
    retry: { restartOnFailure: async () => !stopping },
  });

  const worker = new Worker(
    async () => {
      const taken: Waiting[] = [];
      let size = 0;
      while (waiting[0] && (size === 0 || size + waiting[0].deliveries.length <= batchSize)) {
        const one = waiting.shift()!;
        size += one.deliveries.length;
        taken.push(one);
      }
      if (taken.length === 0) return false;
      try {
        await consumer.process(taken.flatMap((one) => one.deliveries));
      } catch (error) {
        // What it waits for may come on another partition, and kafkajs fetches none before all are answered.
        if (leaving || error instanceof NotYet) for (const one of [...taken, ...waiting.splice(0)]) one.answer(false);
        else waiting.unshift(...taken);
        throw error;
      }
      for (const one of taken) one.answer(true);
      return waiting.length > 0;
    },
    { idleMs: 1_000, lingerMs: options.lingerMs, failed: options.failed },
  ).start();

  function leave(): void {
    leaving = true;
    for (const one of waiting.splice(0)) one.answer(false);
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isRunning } = payload;
    latest = payload;
    const beat = setInterval(() => {
      heartbeat().catch((error) => {
        if (isRebalance(error)) leave();
      });
    }, heartbeatMs);
    try {
      for (let from = 0; from < batch.messages.length; from += batchSize) {
        const messages = batch.messages.slice(from, from + batchSize);
        const deliveries = messages.map((message) => fromKafka(received(batch, message), consumer.types));
        const handled = await new Promise<boolean>((resolve) => {
          if (leaving || !isRunning()) return resolve(false);
          const answer = (handled: boolean) => {
            if (handled) resolveOffset(messages.at(-1)!.offset);
            resolve(handled);
          };
          // What everything else is judged by comes first: a backlog nothing can be done about must not be in its way.
          if (batch.topic === 'heard.policy') waiting.unshift({ deliveries, answer });
          else waiting.push({ deliveries, answer });
          worker.wake();
        });
        if (!handled) return;
      }
    } finally {
      clearInterval(beat);
    }
  }

  // Only saves others from reading again what the database knows as handled, so a failure is nobody's concern.
  let committing: Promise<void> | undefined;
  function commit(): Promise<void> {
    committing ??= (async () => {
      try {
        await latest?.commitOffsetsIfNecessary(latest.uncommittedOffsets());
      } catch {}
      committing = undefined;
    })();
    return committing;
  }

  group.on(group.events.CRASH, ({ payload }) => {
    joined = false;
    if (!payload.restart && !stopping) options.crashed(payload.error);
  });
  group.on(group.events.REBALANCING, commit);
  group.on(group.events.GROUP_JOIN, ({ payload }) => {
    joined = true;
    leaving = stopping;
    latest = undefined; // its offsets are those of the generation before
    own = new Set(
      Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => placeName({ topic, partition })),
      ),
    );
  });
  const admin = options.observer.admin();
  const timer = setInterval(commit, 1_000);
  const stop = async () => {
    stopping = true;
    leave();
    await worker.stop();
    clearInterval(timer);
    await committing;
    await commit();
    await Promise.all([group.disconnect(), admin.disconnect()]);
  };
  try {
    await admin.connect(); // first, because it gives up soon
    await group.connect();
    await group.subscribe({ topics: [...consumer.topics], fromBeginning: true });
    await group.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 32,
      eachBatch,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    stop,
    running: () => joined,
    lag: async () => {
      const places = await kafkaLag(admin, `heard.${consumer.name}`, consumer.topics);
      return places.map((place) => ({ ...place, own: own.has(placeName(place)) }));
    },
  };
}

function isRebalance(error: unknown): boolean {
  const { type } = error as { type?: string };
  return ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'NOT_COORDINATOR_FOR_GROUP'].includes(
    type ?? '',
  );
}

/** Messages each partition holds that the group has not committed; a group that never committed has all before it. */
async function kafkaLag(
  admin: ReturnType<Kafka['admin']>,
  groupId: string,
  names: readonly string[],
): Promise<Omit<Standing, 'own'>[]> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...names] });
  const lags: Omit<Standing, 'own'>[] = [];
  for (const { topic, partitions } of committed) {
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]));
    for (const { partition, offset } of partitions) {
      const end = ends.get(partition);
      const position = Math.max(Number(offset), Number(end?.low ?? 0));
      lags.push({ topic, partition, position, lag: Math.max(0, Number(end?.high ?? 0) - position) });
    }
  }
  return lags;
}

type Batch = EachBatchPayload['batch'];

function received(batch: Batch, message: Batch['messages'][number]) {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && first !== null) headers[name] = String(first);
  }
  const text = message.value === null ? null : utf8OrNull(message.value);
  const place: Place = { topic: batch.topic, partition: batch.partition };
  return {
    ...place,
    offset: Number(message.offset),
    key: message.key === null ? null : message.key.toString(),
    utf8: message.value === null || text !== null,
    message: {
      headers,
      value: message.value !== null && text === null ? `data:${message.value.toString('base64')}` : text,
    },
  };
}

const strict = new TextDecoder('utf-8', { fatal: true });

function utf8OrNull(bytes: Buffer): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}

/** What a service has still to read of the public topics, which have no sequence of ours to go by. */
export async function publicTopicLag(
  kafka: Kafka,
  consumer: string,
): Promise<{ consumer: string; topic: string; partitions: number; lag: number }[]> {
  const names = Object.entries(topics).flatMap(([name, { writer }]) => (writer === null ? [name] : []));
  const admin = kafka.admin();
  await admin.connect();
  try {
    const lag = await kafkaLag(admin, `heard.${consumer}`, names);
    return names.map((topic) => {
      const own = lag.filter((place) => place.topic === topic);
      return { consumer, topic, partitions: own.length, lag: own.reduce((sum, place) => sum + place.lag, 0) };
    });
  } finally {
    await admin.disconnect();
  }
}

/** Reads own topics from their beginning to where they end now, in order per partition: for checking, not for effects. */
export async function readTopics(
  kafka: Kafka,
  names: readonly string[],
  see: (event: { topic: string; partition: number; sequence: number; id: string }) => void,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<string, number>();
  for (const topic of names) {
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
      if (Number(high) > Number(low)) ends.set(`${topic}/${partition}`, Number(high));
    }
  }
  const groupId = `heard.reading.${crypto.randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [...names], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      if (ends.size === 0) resolve();
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const place = `${batch.topic}/${batch.partition}`;
            const end = ends.get(place);
            for (const message of batch.messages) {
              if (end === undefined || Number(message.offset) >= end) break;
              const { headers } = received(batch, message).message;
              see({
                topic: batch.topic,
                partition: batch.partition,
                sequence: Number(headers.ce_sequence),
                id: headers.ce_id ?? '',
              });
            }
            if (end !== undefined && Number(batch.lastOffset()) >= end - 1) ends.delete(place);
            if (ends.size === 0) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined); // an unused group expires by itself
    await admin.disconnect();
  }
}
