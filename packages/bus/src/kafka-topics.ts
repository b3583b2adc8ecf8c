import { topics } from '@heard/events/registry';
import type { Kafka } from 'kafkajs';
import type { Standing } from './watch.ts';

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

/** Messages each partition holds that the group has not committed; a group that never committed has all before it. */
export async function kafkaLag(
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
