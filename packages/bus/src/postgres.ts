import type { Consumer, Handled } from './consumer.ts';
import { type Delivery, fromLog } from './delivery.ts';
import { claim, type Database } from './log.ts';
import { isNotNow } from './rejection.ts';
import type { Wakeups } from './wakeups.ts';
import { Worker } from './worker.ts';

/** So many events in one transaction, or up to a hundred more. Past some hundreds a larger batch gains nothing. */
export const batchSize = 500;

/**
 * Runs a consumer on the Postgres log: claims partitions, hands over what is new, and commits position and effects
 * together. Any number of followers of one consumer share the partitions; a dead one's claim ends with its session. While
 * it is behind a second follower helps: the one decides while the database writes what the other has decided.
 */
export function consumeLog(
  consumer: Consumer,
  options: {
    database: Database;
    wakeups: Wakeups;
    lingerMs: number;
    failed(error: unknown, inMs: number): void;
  },
): { stop(): Promise<void> } {
  const { database, wakeups, lingerMs, failed } = options;

  /** Looks by itself every `idleMs`. `behind` is called when there was more to read than one batch. */
  function follower(idleMs: number, behind = () => {}): Worker {
    const step = async () => {
      let deliveries: Delivery[] = [];
      try {
        const handled = await database.transaction().execute(async (tx): Promise<Handled> => {
          const rows = await claim(tx, consumer.name, consumer.topics, batchSize);
          if (rows.length >= batchSize) behind();
          deliveries = rows.map((row) => fromLog(row, consumer.types));
          return consumer.handleIn(tx, deliveries);
        });
        consumer.report(handled);
      } catch (error) {
        if (deliveries.length === 0 || isNotNow(error)) throw error;
        await consumer.isolate(deliveries, error);
      }
      return deliveries.length >= batchSize; // what came since has woken us
    };
    return new Worker(step, { idleMs, lingerMs, failed });
  }

  let second: Worker | undefined;
  const help = () => {
    second ??= follower(60_000).start();
    second.wake();
  };
  const first = follower(1_000, help);
  const off = consumer.topics.map((topic) => wakeups.on(topic, '', first.wake));
  first.start();
  return {
    stop: async () => {
      for (const end of off) end();
      await first.stop();
      await second?.stop();
    },
  };
}
