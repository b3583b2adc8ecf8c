import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { appPassword } from '@heard/testing/global-setup';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schemaOf } from './database.ts';
import { migrate, serviceNames } from './migration.ts';

let home: TestDatabase;
beforeAll(async () => {
  home = await testDatabase();
});
afterAll(() => home.drop());

async function as(service: string, statement: string): Promise<string> {
  const client = new pg.Client({ connectionString: home.urlOf(service) });
  await client.connect();
  try {
    await client.query(statement);
    return 'done';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
}

test('migrating again, and by three at once, changes nothing', async () => {
  const options = { adminUrl: home.url, appPassword, partitions: 4 };
  const all = await Promise.all([migrate(options), migrate(options), migrate(options)]);
  expect(all.map((one) => one.applied)).toEqual([[], [], []]);
});

test('four databases of one cluster may be migrated at the same moment', async () => {
  const others = await Promise.all([testDatabase(), testDatabase(), testDatabase()]);
  const all = [home, ...others].map(({ url }) => migrate({ adminUrl: url, appPassword, partitions: 4 }));
  await Promise.all(all);
  await Promise.all(others.map((other) => other.drop()));
});

test('a service’s role reaches its own tables and nobody else’s', async () => {
  for (const service of serviceNames) {
    for (const other of serviceNames) {
      const answer = await as(service, `select 1 from ${schemaOf(other)}.migrations`);
      expect(answer, `${service} reading ${other}`).toBe(
        service === other ? 'done' : `permission denied for schema ${schemaOf(other)}`,
      );
    }
  }
});

test('a service’s role may not change what tables there are', async () => {
  expect(await as('triage', 'create table triage.mine (a int)')).toMatch(/permission denied/);
  expect(await as('triage', 'drop table triage.feedback')).toMatch(/must be owner/);
  expect(await as('triage', 'delete from bus.partitions')).toMatch(/permission denied/);
});
