import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type Attributes, binaryMessage } from '@heard/events/cloudevents';
import { type TopicName, topics } from '@heard/events/registry';
import kafkajs, { type EachBatchPayload, type Kafka, type Producer } from 'kafkajs';
import type { Consumer } from './consumer.ts';
import { type Delivery, fromKafka } from './delivery.ts';
import { type Database, type LogRow, lastOf, movePositions, type Place, registerConsumer } from './log.ts';
import { batchSize, follow } from './postgres.ts';
import type { Wakeups } from './wakeups.ts';
import { Worker } from './worker.ts';

/**
 * The one file that knows kafkajs 2.2.4. Its faults, and what is done about them:
 * - compressed batches of other producers crash the consumer for good unless a codec is registered (#1141, #597): ZSTD is;
 *   LZ4 and Snappy are not in Node, and such a batch stops the consumer with an error that says so;
 * - no heartbeat while a batch is handled (#447, #1527): a timer beats;
 * - a partition may silently stop being fetched (#1456): the watchdog in bus.ts looks at progress, not at heartbeats;
 * - a crash it calls non-retriable ends the consumer quietly (#1271): `crashed` is called and the process ends;
 * - negative timeouts on Node 24 (#1751): harmless, its one warning is filtered in `connectKafka`;
 * - the idempotent producer keeps its sequence state wrong after some failed sends. We do not need it: each event
 *   carries the log's own sequence, and a consumer drops what is behind its position (docs/adr/0002).
 */
const { CompressionCodecs, CompressionTypes, Kafka: KafkaClient, logLevel, Partitioners } = kafkajs;

CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

export interface KafkaOptions {
  brokers: string[];
  clientId: string;
  log(level: 'warn' | 'error', message: string): void;
}

export function connectKafka({ brokers, clientId, log }: KafkaOptions): Kafka {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name !== 'TimeoutNegativeWarning') log('warn', `${warning.name}: ${warning.message}`);
  });
  return new KafkaClient({
    brokers,
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const level = entry.level === logLevel.ERROR ? 'error' : 'warn';
      log(level, `kafkajs ${entry.namespace}: ${entry.log.message}`);
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
    rows: async (tx, rows) => {
      await send(producer, rows);
      await movePositions(tx, consumer, lastOf(rows));
    },
  });
  return {
    stop: async () => {
      await worker.stop();
      await producer.disconnect();
    },
  };
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

/**
 * Runs a consumer on Kafka. What the partitions' batches hold is gathered and handled in one transaction, so that many
 * thin partitions cost as much as one thick one; offsets are committed to Kafka after the database has committed.
 */
export async function consumeKafka(
  kafka: Kafka,
  consumer: Consumer,
  options: { lingerMs: number; failed(error: unknown, inMs: number): void; crashed(error: Error): void },
): Promise<{ stop(): Promise<void>; lag(): Promise<Map<string, number>> }> {
  const group = kafka.consumer({
    groupId: `heard.${consumer.name}`,
    allowAutoTopicCreation: false,
    sessionTimeout: 10_000,
    heartbeatInterval: 2_000,
    rebalanceTimeout: 15_000,
    maxWaitTimeInMs: 500,
    maxBytesPerPartition: 1_048_576,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 },
  });
  const stopping = new AbortController();
  const waiting: { deliveries: Delivery[]; done(): void }[] = [];

  const worker = new Worker(
    async () => {
      const taken: typeof waiting = [];
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
        waiting.unshift(...taken);
        throw error;
      }
      for (const one of taken) one.done();
      return waiting.length > 0;
    },
    { idleMs: 1_000, lingerMs: options.lingerMs, failed: options.failed },
  ).start();

  async function eachBatch({
    batch,
    resolveOffset,
    heartbeat,
    isRunning,
    isStale,
    commitOffsetsIfNecessary,
  }: EachBatchPayload) {
    // A failed heartbeat means a rebalance; kafkajs learns of it by itself at the next fetch.
    const beat = setInterval(() => void heartbeat().catch(() => undefined), 2_000);
    try {
      for (let from = 0; from < batch.messages.length; from += batchSize) {
        if (!isRunning() || isStale() || stopping.signal.aborted) return;
        const messages = batch.messages.slice(from, from + batchSize);
        const deliveries = messages.map((message) => fromKafka(received(batch, message), consumer.types));
        await new Promise<void>((done) => {
          waiting.push({ deliveries, done });
          stopping.signal.addEventListener('abort', () => done(), { once: true });
          worker.wake();
        });
        if (stopping.signal.aborted) return;
        resolveOffset(messages.at(-1)!.offset);
        await commitOffsetsIfNecessary();
      }
    } finally {
      clearInterval(beat);
    }
  }

  group.on(group.events.CRASH, ({ payload }) => {
    if (!payload.restart) options.crashed(payload.error);
  });
  await group.connect();
  await group.subscribe({ topics: [...consumer.topics], fromBeginning: true });
  await group.run({
    autoCommit: true,
    autoCommitInterval: 1_000,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: 32,
    eachBatch,
  });

  const admin = kafka.admin();
  await admin.connect();
  return {
    stop: async () => {
      stopping.abort();
      await worker.stop();
      await group.disconnect();
      await admin.disconnect();
    },
    lag: () => kafkaLag(admin, `heard.${consumer.name}`, consumer.topics),
  };
}

/** Messages each partition holds that the group has not committed, by "topic/partition". */
async function kafkaLag(
  admin: ReturnType<Kafka['admin']>,
  groupId: string,
  names: readonly string[],
): Promise<Map<string, number>> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...names] });
  const lag = new Map<string, number>();
  for (const { topic, partitions } of committed) {
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]));
    for (const { partition, offset } of partitions) {
      const end = ends.get(partition);
      const from = Number(offset) >= 0 ? Number(offset) : Number(end?.low ?? 0);
      lag.set(`${topic}/${partition}`, Math.max(0, Number(end?.high ?? 0) - from));
    }
  }
  return lag;
}

type Batch = EachBatchPayload['batch'];

function received(batch: Batch, message: Batch['messages'][number]) {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    headers[name] = Array.isArray(value) ? String(value[0]) : String(value);
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
      const own = [...lag].filter(([place]) => place.startsWith(`${topic}/`));
      return { consumer, topic, partitions: own.length, lag: own.reduce((sum, [, behind]) => sum + behind, 0) };
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
