import { type Attributes, binaryMessage } from '@heard/events/cloudevents';
import type { TopicName } from '@heard/events/registry';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { type Database, type LogRow, registerConsumer } from './log.ts';
import { follow } from './postgres.ts';
import type { Wakeups } from './wakeups.ts';

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
