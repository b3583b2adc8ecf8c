import type { Database } from '@heard/bus/log';
import { isNotNow } from '@heard/bus/rejection';
import { write } from '@heard/bus/write';
import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase } from './database.ts';

let home: TestDatabase;
let database: Database;
beforeAll(async () => {
  home = await testDatabase();
  database = openDatabase({ url: home.url, schema: 'public', connections: 1, onError: () => {} });
});
beforeEach(async () => {
  await sql`drop table if exists words`.execute(database);
  await sql`create table words (id int primary key, word text)`.execute(database);
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  await database.destroy();
  await home.drop();
});

const insert = (id: number) => sql`insert into words values (${id}, ${'a word'})`;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
const words = async () => (await sql`select id from words`.execute(database)).rows.length;

test('what is written without waiting is there after the commit, and what is read sees it before', async () => {
  const seen = await database.transaction().execute(async (tx) => {
    await write(tx, insert(1));
    await write(tx, insert(2));
    return (await sql`select * from words where id > ${0}`.execute(tx)).rows.length;
  });
  expect([seen, await words()]).toEqual([2, 2]);
});

test('a commit fails with what nobody waited for, and nothing of the transaction stays', async () => {
  const failed = database.transaction().execute(async (tx) => {
    await write(tx, insert(1));
    await write(tx, insert(1));
    await write(tx, insert(2));
  });
  expect(await codeOf(failed)).toBe('23505');
  expect(await words()).toBe(0);
});

test('whoever reads after what failed hears why, not that the transaction is aborted', async () => {
  const failed = database.transaction().execute(async (tx) => {
    await write(tx, insert(1));
    await write(tx, insert(1));
    await sql`select ${1}::int`.execute(tx);
  });
  expect(await codeOf(failed)).toBe('23505');
});

test('a transaction whose first statement fails is over, and the session goes on', async () => {
  const failed = database.transaction().execute(async (tx) => {
    await sql`select ${1}::int / 0`.execute(tx);
  });
  expect(await codeOf(failed)).toBe('22012');
  await database.transaction().execute((tx) => insert(7).execute(tx));
  expect(await words()).toBe(1);
});

test('an empty transaction and one that only reads without values begin and end', async () => {
  expect(await database.transaction().execute(async () => 'nothing')).toBe('nothing');
  const { rows } = await database.transaction().execute((tx) => sql`select 1 as one`.execute(tx));
  expect(rows).toEqual([{ one: 1 }]);
});

test('a plan made for a small table is not the one for a large one, a second later', async () => {
  const find = () =>
    database.transaction().execute(async (tx) => {
      const before = await scans(tx);
      await sql`select * from words where id = ${2}`.execute(tx);
      return (await scans(tx)) - before;
    });
  const scans = async (tx: Database) => {
    const { rows } = await sql<{ n: number }>`
      select seq_scan::int as n from pg_stat_xact_user_tables where relname = 'words'`.execute(tx);
    return rows[0]!.n;
  };
  await sql`insert into words select n, 'a word' from generate_series(1, 3) n`.execute(database);
  await sql`analyze words`.execute(database);
  for (let n = 0; n < 12; n++) await find();
  expect(await find()).toBe(1);
  await sql`insert into words select n, 'a word' from generate_series(4, 100000) n`.execute(database);
  const { now } = performance;
  vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 1_100);
  expect(await find()).toBe(0);
});

test('a statement whose columns a migration changed is tried again, and then has the new ones', async () => {
  const read = () => database.transaction().execute((tx) => sql`select * from words where id > ${0}`.execute(tx));
  await read();
  await sql`alter table words add column language text`.execute(database);
  const error = await read().catch((error: unknown) => error);
  expect(isNotNow(error)).toBe(true);
  await insert(1).execute(database);
  expect((await read()).rows).toEqual([{ id: 1, word: 'a word', language: null }]);
});
