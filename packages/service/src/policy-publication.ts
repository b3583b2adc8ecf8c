import { openBus } from '@heard/bus/bus';
import { readLag } from '@heard/bus/log';
import { pause } from '@heard/bus/worker';
import { newEvent } from '@heard/events/event';
import { parsePolicy } from '@heard/policy/policy';
import { sql } from 'kysely';
import { openDatabase } from './database.ts';

/**
 * Publishes a policy version in the console's name and waits until it is on the bus. With `onlyIfNone` a database that
 * has a policy keeps it. Throws InvalidPolicy for a document that is not valid. Returns the version in force.
 */
export async function publishPolicy(
  document: Record<string, unknown>,
  options: {
    adminUrl: string;
    driver: 'postgres' | 'kafka';
    brokers?: string[];
    onlyIfNone?: boolean;
    now: Date;
    log(level: 'info' | 'warn' | 'error', message: string): void;
  },
): Promise<number> {
  parsePolicy(document);
  const database = openDatabase({ url: options.adminUrl, schema: 'bus', connections: 4, onError: () => {} });
  try {
    const bus = await openBus({
      driver: options.driver,
      writer: 'console',
      database,
      databaseUrl: options.adminUrl,
      brokers: options.brokers,
      log: options.log,
      fatal: (error) => {
        throw error;
      },
    });
    try {
      const version = await database.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(hashtext('heard.policy'))`.execute(tx);
        const { rows } = await sql<{ version: number | null }>`
          select max((data::json ->> 'version')::int) as version from bus.log where topic = 'heard.policy'`.execute(tx);
        const last = rows[0]?.version ?? 0;
        if (last > 0 && options.onlyIfNone) return last;
        const data = {
          version: last + 1,
          name: String(document.name),
          document,
          publishedAt: options.now.toISOString(),
        };
        await bus.publish(tx, [newEvent('policy.published', 'policy', data, options.now)]);
        return last + 1;
      });
      while (options.driver === 'kafka' && (await unpublished())) await pause(20);
      return version;
    } finally {
      await bus.close();
    }
  } finally {
    await database.destroy();
  }

  async function unpublished(): Promise<boolean> {
    return (await readLag(database)).some(
      (one) => one.consumer === 'relay' && one.topic === 'heard.policy' && one.lag > 0,
    );
  }
}
