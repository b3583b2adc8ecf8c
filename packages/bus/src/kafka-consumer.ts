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
  place: string;
  deliveries: Delivery[];
  /** `handled` false: the partition is somebody else's now, or nobody's. */
  answer(handled: boolean): void;
}

/**
 * Runs a consumer on Kafka. What the partitions' batches hold is gathered and handled in one transaction, so that many
 * thin partitions cost as much as one thick one; offsets are committed to Kafka after the database has committed. At
 * most one batch per partition waits, and kafkajs fetches nothing more before all are handled. A batch that is for others
 * alone waits for nothing: the positions move past it with the next one that is not, or soon. While a whole transaction
 * more is waiting a second worker helps, with other partitions: the one decides while the database writes what the other
 * has decided.
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
  /** Read past, and not yet told to the database; by place. */
  let passed = new Map<string, Delivery[]>();
  /** Places in a transaction that has not ended: what follows in them waits for it. */
  const busy = new Set<string>();
  const atWork = new Set<Promise<void>>();
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

  /** What one transaction can take, of places that no other has. */
  function take(): { others: Map<string, Delivery[]>; taken: Waiting[] } {
    const others = new Map([...passed].filter(([place]) => !busy.has(place)));
    for (const place of others.keys()) passed.delete(place);
    const taken: Waiting[] = [];
    let size = 0;
    for (const one of waiting.filter(({ place }) => !busy.has(place))) {
      if (size > 0 && size + one.deliveries.length > batchSize) break;
      size += one.deliveries.length;
      taken.push(one);
      waiting.splice(waiting.indexOf(one), 1);
    }
    return { others, taken };
  }

  function helpIfBehind(): void {
    if (count(waiting.map(({ deliveries }) => deliveries)) >= batchSize) second.wake();
  }

  async function step(): Promise<boolean> {
    const { others, taken } = take();
    helpIfBehind();
    const places = [...others.keys(), ...taken.map((one) => one.place)];
    for (const place of places) busy.add(place);
    const work = consumer.process([...others.values(), ...taken.map((one) => one.deliveries)].flat());
    atWork.add(work);
    if (commitDue && latest && passed.size === 0) {
      // All that kafkajs has been told of by now is handled or at work.
      const offsets = latest.uncommittedOffsets();
      commitDue = false;
      void Promise.all(atWork).then(
        () => commit(offsets),
        () => {}, // the positions have not moved: what failed is tried again
      );
    }
    try {
      await work;
    } catch (error) {
      if (!leaving) for (const [place, own] of others) passed.set(place, [...own, ...(passed.get(place) ?? [])]);
      // What it waits for may come on another partition, and kafkajs fetches none before all are answered.
      if (leaving || error instanceof NotYet) for (const one of [...taken, ...waiting.splice(0)]) one.answer(false);
      else waiting.unshift(...taken);
      throw error;
    } finally {
      atWork.delete(work);
      for (const place of places) busy.delete(place);
    }
    for (const one of taken) one.answer(true);
    return places.length > 0 && waiting.length > 0;
  }

  const { lingerMs, failed } = options;
  const first = new Worker(step, { idleMs: 1_000, lingerMs, failed }).start();
  const second = new Worker(step, { idleMs: 60_000, lingerMs, failed }).start();

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
        const place = placeName(batch);
        if (count(passed.values()) < batchSize && deliveries.every(({ outcome }) => 'skipped' in outcome)) {
          passed.set(place, [...(passed.get(place) ?? []), ...deliveries]);
          resolveOffset(messages.at(-1)!.offset);
          telling ??= setTimeout(() => {
            telling = undefined;
            first.wake();
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
          if (batch.topic === 'heard.policy') waiting.unshift({ place, deliveries, answer });
          else waiting.push({ place, deliveries, answer });
          first.wake();
          helpIfBehind();
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
    return latest && passed.size === 0 ? commit(latest.uncommittedOffsets()) : Promise.resolve();
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
    passed = new Map(); // and so are its places: they are read again
    own = new Set(
      Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => placeName({ topic, partition })),
      ),
    );
  });
  const admin = options.observer.admin();
  const timer = setInterval(() => {
    commitDue = true;
    first.wake();
  }, 1_000);
  const stop = async () => {
    stopping = true;
    leave();
    await Promise.all([first.stop(), second.stop()]);
    clearInterval(timer);
    clearTimeout(telling);
    await consumer.process([...passed.values()].flat()).then(
      () => passed.clear(),
      () => {}, // their offsets are not committed below, so they are read again
    );
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

function count(lists: Iterable<readonly Delivery[]>): number {
  let all = 0;
  for (const list of lists) all += list.length;
  return all;
}

function isRebalance(error: unknown): boolean {
  const { type } = error as { type?: string };
  return ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'NOT_COORDINATOR_FOR_GROUP'].includes(
    type ?? '',
  );
}
