import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Consumer } from './consumer.ts';
import { type Delivery, fromKafka } from './delivery.ts';
import { passing, received } from './kafka-message.ts';
import { kafkaLag } from './kafka-topics.ts';
import { placeName } from './log.ts';
import { batchSize } from './postgres.ts';
import { NotYet } from './rejection.ts';
import type { Standing } from './watch.ts';
import { Worker } from './worker.ts';

/** What is for others is told to the database this much later, if nothing that is for us takes it along. */
const passedMs = 100;

interface Waiting {
  deliveries: Delivery[];
  /** `handled` false: the partition is somebody else's now, or nobody's. */
  answer(handled: boolean): void;
}

/**
 * Runs a consumer on Kafka. What the partitions' batches hold is gathered and handled in one transaction, so that many
 * thin partitions cost as much as one thick one; offsets are committed to Kafka after the database has committed. At
 * most one batch per partition waits, and kafkajs fetches nothing more before all are handled. A batch that is for others
 * alone waits for nothing: the positions move past it with the next one that is not, or soon.
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
  /** Read past, and not yet told to the database. */
  let passed: Delivery[] = [];
  let telling: NodeJS.Timeout | undefined;
  let commitDue = false;
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
      // All that kafkajs has been told of by now is handled, or is what was passed and goes with this batch.
      const offsets = commitDue ? latest?.uncommittedOffsets() : undefined;
      commitDue = false;
      const others = passed;
      passed = [];
      const taken: Waiting[] = [];
      let size = 0;
      while (waiting[0] && (size === 0 || size + waiting[0].deliveries.length <= batchSize)) {
        const one = waiting.shift()!;
        size += one.deliveries.length;
        taken.push(one);
      }
      try {
        await consumer.process([...others, ...taken.flatMap((one) => one.deliveries)]);
      } catch (error) {
        if (!leaving) passed = [...others, ...passed];
        // What it waits for may come on another partition, and kafkajs fetches none before all are answered.
        if (leaving || error instanceof NotYet) for (const one of [...taken, ...waiting.splice(0)]) one.answer(false);
        else waiting.unshift(...taken);
        throw error;
      }
      for (const one of taken) one.answer(true);
      if (offsets) void commit(offsets);
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
        const { types } = consumer;
        const deliveries = messages.map(
          (message) => passing(batch, message, types) ?? fromKafka(received(batch, message), types),
        );
        if (passed.length < batchSize && deliveries.every(({ outcome }) => 'skipped' in outcome)) {
          passed.push(...deliveries);
          resolveOffset(messages.at(-1)!.offset);
          telling ??= setTimeout(() => {
            telling = undefined;
            worker.wake();
          }, passedMs);
          continue;
        }
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
  function commit(offsets: ReturnType<EachBatchPayload['uncommittedOffsets']>): Promise<void> {
    committing ??= (async () => {
      try {
        await latest?.commitOffsetsIfNecessary(offsets);
      } catch {}
      committing = undefined;
    })();
    return committing;
  }
  function commitAll(): Promise<void> {
    return latest && passed.length === 0 ? commit(latest.uncommittedOffsets()) : Promise.resolve();
  }

  group.on(group.events.CRASH, ({ payload }) => {
    joined = false;
    if (!payload.restart && !stopping) options.crashed(payload.error);
  });
  group.on(group.events.REBALANCING, commitAll);
  group.on(group.events.GROUP_JOIN, ({ payload }) => {
    joined = true;
    leaving = stopping;
    latest = undefined; // its offsets are those of the generation before
    passed = []; // and so are its places: they are read again
    own = new Set(
      Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => placeName({ topic, partition })),
      ),
    );
  });
  const admin = options.observer.admin();
  const timer = setInterval(() => {
    commitDue = true;
    worker.wake();
  }, 1_000);
  const stop = async () => {
    stopping = true;
    leave();
    await worker.stop();
    clearInterval(timer);
    clearTimeout(telling);
    const others = passed.splice(0);
    await consumer.process(others).catch(() => passed.push(...others));
    await committing;
    await commitAll();
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
