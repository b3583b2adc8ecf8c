import type { Kafka } from 'kafkajs';
import { received } from './kafka-message.ts';

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
