import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPartitions } from '@heard/bus/log';
import { type House, type HouseOptions, startHouse } from '@heard/local/house';
import { KafkaUnavailable } from '@heard/local/kafka';
import { startPostgres } from '@heard/local/postgres';
import { migrate } from '@heard/service/migration';
import pg from 'pg';
import { progress, type Report } from './measuring.ts';

export interface BenchOptions {
  /** How long each timed part lasts. */
  seconds: number;
  rounds: number;
  /** Small numbers everywhere: to see that it runs, not how fast. */
  quick: boolean;
}

/** The whole system or some of its services in a temporary folder, and a connection as administrator; all gone afterwards. */
export async function withHouse(
  options: Omit<HouseOptions, 'dir' | 'basePort'>,
  use: (house: House, admin: pg.Client) => Promise<void>,
): Promise<void> {
  await withFolder(async (dir) => {
    const house = await startHouse({ ...options, dir, basePort: 0, log: (line) => progress(`  ${line}`) });
    try {
      await withClient(house.adminUrl, (admin) => use(house, admin));
    } finally {
      await house.close();
    }
  });
}

/** A fresh migrated database alone. */
export async function withDatabase(use: (url: string, admin: pg.Client) => Promise<void>): Promise<void> {
  await withFolder(async (dir) => {
    const postgres = await startPostgres({ dir: join(dir, 'postgres') });
    try {
      await migrate({ adminUrl: postgres.adminUrl, appPassword: 'bench', partitions: defaultPartitions });
      await withClient(postgres.adminUrl, (admin) => use(postgres.adminUrl, admin));
    } finally {
      await postgres.stop();
    }
  });
}

export async function withFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'heard-bench-'));
  const remove = () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  try {
    await use(dir);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

export async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

/** Runs a part that needs Kafka; where none can be had the report says so and the rest goes on. */
export async function whereKafka(report: Report, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    if (!(error instanceof KafkaUnavailable)) throw error;
    report.remark(`Kafka parts skipped: ${error.message}`);
  }
}

export async function one<T extends object>(client: pg.Client, text: string, values: unknown[] = []): Promise<T> {
  return (await client.query<T>(text, values)).rows[0]!;
}

/** How many events are still to be consumed, over all services; on Kafka the relay's share too. */
export async function backlog(admin: pg.Client): Promise<number> {
  const { behind } = await one<{ behind: number }>(
    admin,
    `select coalesce(sum(greatest(h.head - p.seq, 0)), 0)::int as behind from bus.positions p join bus.partitions h using (topic, partition)`,
  );
  return behind;
}
