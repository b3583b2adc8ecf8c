import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '@heard/bus/kafka';
import { KafkaUnavailable, type LocalKafka, startKafka } from '@heard/local/kafka';
import { startPostgres } from '@heard/local/postgres';
import { migrate } from '@heard/service/migration';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** An administrator's URL of the PostgreSQL all tests share. */
    postgresUrl: string;
    /** Empty where no Kafka can be had. */
    kafkaBrokers: string[];
    /** Why there is none. */
    kafkaMissing: string;
  }
}

export const template = 'heard_template';
export const appPassword = 'test';

/** One real PostgreSQL and one real Kafka for the whole run; each test file takes databases and topics of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'heard-test-'));
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), settings: { max_connections: '300' } });
  const admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await admin.end();
  await migrate({ adminUrl: postgres.url(template), appPassword, partitions: 4 });

  let kafka: LocalKafka | undefined;
  let missing = '';
  try {
    kafka = await startKafka({ settings: { 'group.min.session.timeout.ms': '1000' } });
    // Loads the client once here, so that a broker that cannot be spoken to fails the run and not a test.
    const client = connectKafka({ brokers: kafka.brokers, clientId: 'heard.test', log: () => {} }).admin();
    await client.connect();
    await client.disconnect();
  } catch (error) {
    if (!(error instanceof KafkaUnavailable) || process.env.CI === 'true') throw error;
    missing = error.message;
  }
  project.provide('postgresUrl', postgres.adminUrl);
  project.provide('kafkaBrokers', kafka?.brokers ?? []);
  project.provide('kafkaMissing', missing);

  return async () => {
    await kafka?.stop();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
}
