import { binaryMessage } from '@heard/events/cloudevents';
import type { TopicName } from '@heard/events/registry';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { claim, type Database, registerConsumer, type Tx } from './log.ts';
import { eventAttributes, type LogRow } from './lot.ts';
import { batchSize } from './postgres.ts';
import type { Wakeups } from './wakeups.ts';
import { pause, Worker } from './worker.ts';

/** What is sent within this long is marked in one transaction: a mark is a write to the disk. */
const markMs = 50;

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
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const { database, topics, wakeups, lingerMs, failed } = options;
  /** Something has been published since the last claim. */
  let news = false;
  let hear: (() => void) | undefined;
  const newsWithin = (ms: number) =>
    new Promise<void>((resolve) => {
      const late = setTimeout(resolve, ms);
      hear = () => {
        clearTimeout(late);
        resolve();
      };
      if (news) hear();
    });
  const next = async (tx: Tx): Promise<number> => {
    news = false;
    const rows = await claim(tx, consumer, topics, batchSize);
    for (const part of inParts(rows)) await send(producer, part);
    return rows.length;
  };
  const worker = new Worker(
    () =>
      database.transaction().execute(async (tx) => {
        hear = () => {};
        let sent = await next(tx);
        const until = performance.now() + markMs;
        while (sent > 0 && performance.now() < until) {
          if (sent < batchSize) {
            await newsWithin(Math.max(0, until - performance.now()));
            if (!news) break;
            await pause(lingerMs);
          }
          sent = await next(tx);
        }
        hear = undefined;
        return sent >= batchSize || news;
      }),
    { idleMs: 1_000, lingerMs, failed },
  );
  const listen = () => {
    news = true;
    if (hear) hear();
    else worker.wake();
  };
  const off = topics.map((topic) => wakeups.on(topic, '', listen));
  worker.start();
  return {
    stop: async () => {
      for (const end of off) end();
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
      messages: own.map((row) => {
        const attributes = eventAttributes(row);
        attributes.sequence = String(row.seq);
        const { headers, value } = binaryMessage(attributes, row.data);
        return { key: row.key, partition: row.partition, headers, value };
      }),
    })),
  });
}
