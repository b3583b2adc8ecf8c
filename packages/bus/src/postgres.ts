import type { Consumer } from './consumer.ts';
import { type Delivery, fromLog } from './delivery.ts';
import { claim, type Database, type LogRow, type Tx } from './log.ts';
import { isNotNow } from './rejection.ts';
import type { Wakeups } from './wakeups.ts';
import { Worker } from './worker.ts';

/** At most this many events in one transaction. Past some hundreds a larger batch gains nothing. */
export const batchSize = 500;

interface Follow {
  database: Database;
  wakeups: Wakeups;
  consumer: string;
  topics: readonly string[];
  lingerMs: number;
  failed(error: unknown, inMs: number): void;
  /** Called with rows in order per partition inside the transaction that claimed them; what it returns, after the commit. */
  rows(tx: Tx, rows: LogRow[]): Promise<(() => void) | undefined>;
  /** Called after that transaction failed; false: nothing to be done but to try again. */
  refused?(rows: LogRow[], error: unknown): Promise<boolean>;
}

/**
 * Follows the log: claims partitions, hands over what is new, and commits position and effects together. Any number of
 * followers of one consumer share the partitions; a dead one's claim ends with its session.
 */
export function follow(options: Follow): { stop(): Promise<void> } {
  return wokenByNews(follower(options, 1_000), options);
}

/** Looks by itself every `idleMs`. `behind` is called when there was more to read than one batch. */
function follower(options: Follow, idleMs: number, behind = () => {}): Worker {
  const { database, consumer, topics, lingerMs, failed } = options;
  return new Worker(
    async () => {
      let rows: LogRow[] = [];
      try {
        const committed = await database.transaction().execute(async (tx) => {
          rows = await claim(tx, consumer, topics, batchSize);
          if (rows.length === batchSize) behind();
          return rows.length > 0 ? options.rows(tx, rows) : undefined;
        });
        committed?.();
      } catch (error) {
        if (rows.length === 0 || isNotNow(error) || !(await options.refused?.(rows, error))) throw error;
      }
      return rows.length === batchSize; // what came since has woken us
    },
    { idleMs, lingerMs, failed },
  );
}

function wokenByNews(worker: Worker, { wakeups, topics }: Follow): { stop(): Promise<void> } {
  const off = topics.map((topic) => wakeups.on(topic, '', worker.wake));
  worker.start();
  return {
    stop: async () => {
      for (const end of off) end();
      await worker.stop();
    },
  };
}

/**
 * Runs a consumer on the Postgres log. While it is behind a second follower helps, with partitions of its own: the one
 * decides while the database writes what the other has decided.
 */
export function consumeLog(
  consumer: Consumer,
  options: Pick<Follow, 'database' | 'wakeups' | 'failed' | 'lingerMs'>,
): { stop(): Promise<void> } {
  const read = (rows: LogRow[]): Delivery[] => rows.map((row) => fromLog(row, consumer.types));
  const both: Follow = {
    ...options,
    consumer: consumer.name,
    topics: consumer.topics,
    rows: async (tx, rows) => {
      const handled = await consumer.handleIn(tx, read(rows));
      return () => consumer.report(handled);
    },
    refused: async (rows, error) => {
      await consumer.isolate(read(rows), error);
      return true;
    },
  };
  let second: Worker | undefined;
  const help = () => {
    second ??= follower(both, 60_000).start();
    second.wake();
  };
  const first = wokenByNews(follower(both, 1_000, help), both);
  return {
    stop: async () => {
      await first.stop();
      await second?.stop();
    },
  };
}
