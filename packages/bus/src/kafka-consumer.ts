import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { Consumer } from './consumer.ts';
import { fromKafka } from './delivery.ts';
import { Backlog } from './kafka-backlog.ts';
import { passing, received } from './kafka-message.ts';
import { kafkaLag } from './kafka-topics.ts';
import { placeName } from './log.ts';
import { batchSize } from './postgres.ts';
import { NotYet } from './rejection.ts';
import type { Standing } from './watch.ts';
import { Worker } from './worker.ts';

/** What is for others is told to the database this much later, if nothing that is for us takes it along. */
const passedMs = 100;

/**
 * Runs a consumer on Kafka. What the partitions' batches hold is gathered and handled in one transaction, so that many
 * thin partitions cost as much as one thick one; offsets are committed to Kafka after the database has committed. At
 * most one batch per partition waits, and kafkajs fetches more when all are handled; while the consumer is behind as soon
 * as all are at work, and the brokers look for what comes next meanwhile. (To fetch so soon always costs a fetch for each
 * message, and doubles what it takes to react.) A batch that is for others alone waits for nothing: the positions move past
 * it with the next one that is not, or soon. While one or two whole transactions more are waiting as many workers help,
 * with other partitions: the one decides while the database writes what the others have decided.
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
  const backlog = new Backlog(batchSize);
  let telling: NodeJS.Timeout | undefined;
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

  function helpIfBehind(): void {
    for (const helper of helpers.slice(0, Math.floor(backlog.waiting / batchSize))) helper.wake();
  }

  async function step(): Promise<boolean> {
    const taken = backlog.take(batchSize);
    helpIfBehind();
    try {
      await consumer.process(taken.flatMap((stretch) => stretch.read()));
      backlog.done(taken);
    } catch (error) {
      backlog.putBack(taken);
      if (leaving) backlog.clear();
      // What it waits for may come on another partition, and kafkajs fetches none before all are answered.
      else if (error instanceof NotYet) readAgain();
      throw error;
    }
    return taken.length > 0 && backlog.waiting > 0;
  }

  function readAgain(): void {
    for (const { topic, partition, offset } of backlog.clear()) {
      if (own.has(placeName({ topic, partition }))) group.seek({ topic, partition, offset: String(offset) });
    }
  }

  const { lingerMs, failed } = options;
  const first = new Worker(step, { idleMs: 1_000, lingerMs, failed }).start();
  const helpers = [1, 2].map(() => new Worker(step, { idleMs: 60_000, lingerMs, failed }).start());

  function leave(): void {
    leaving = true;
    backlog.clear();
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    const { types } = consumer;
    latest = payload;
    const beat = setInterval(() => {
      heartbeat().catch((error) => {
        if (isRebalance(error)) leave();
      });
    }, heartbeatMs);
    try {
      for (let from = 0; from < batch.messages.length; from += batchSize) {
        if (leaving || isStale() || !isRunning()) return;
        const messages = batch.messages.slice(from, from + batchSize);
        const passed = messages.map((message) => passing(batch, message, types));
        const forOthers = passed.every((delivery) => delivery !== undefined);
        const goOn = backlog.add({
          ...{ topic, partition, offset: Number(messages[0]!.offset), length: messages.length, passing: forOthers },
          read: () => messages.map((message, n) => passed[n] ?? fromKafka(received(batch, message), types)),
        });
        if (forOthers && backlog.passing < batchSize) {
          telling ??= setTimeout(() => {
            telling = undefined;
            first.wake();
          }, passedMs);
        } else {
          first.wake();
          helpIfBehind();
        }
        if (!(await goOn)) return;
        resolveOffset(messages.at(-1)!.offset);
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
        await latest?.commitOffsetsIfNecessary(handledOffsets(latest));
      } catch {}
      committing = undefined;
    })();
    return committing;
  }

  /** How far kafkajs has been told to go on, but never past what the database does not know. */
  function handledOffsets({ uncommittedOffsets }: EachBatchPayload): ReturnType<typeof uncommittedOffsets> {
    const topics = uncommittedOffsets().topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, offset }) => ({
        partition,
        offset: String(backlog.firstOf({ topic, partition }) ?? offset),
      })),
    }));
    return { topics };
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
    backlog.clear(); // and so are its places: they are read again
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
    await Promise.all([first, ...helpers].map((worker) => worker.stop()));
    clearInterval(timer);
    clearTimeout(telling);
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
