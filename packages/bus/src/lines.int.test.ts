import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/src/database.ts';
import { lines } from './lines.ts';
import type { Database } from './log.ts';

let home: TestDatabase;
let database: Database;

beforeAll(async () => {
  home = await testDatabase();
  database = home.open('triage', 1);
});
afterAll(() => home.drop());

type Value = string | number | null | undefined;

const read = async (column: readonly Value[], beside: readonly Value[]) =>
  (
    await sql<{ a: string | null; b: string | null }>`
      select * from rows from (${lines(column)}, ${lines(beside)}) as t (a, b)`.execute(database)
  ).rows.map(({ a, b }) => [a, b]);

test('columns come as they are, row by row, wherever there is nothing', async () => {
  expect(await read(['等', 'a b', '\\n', ' '], [1, null, undefined, -2.5])).toEqual([
    ['等', '1'],
    ['a b', null],
    ['\\n', null],
    [' ', '-2.5'],
  ]);
  expect(await read(['one'], [null])).toEqual([['one', null]]);
  expect(await read(['one', 'two'], [null, null])).toEqual([
    ['one', null],
    ['two', null],
  ]);
  expect(await read([], [])).toEqual([]);
});

test.each(['', 'two\nlines', '\n'])('what would move the rows below it is refused: %j', (value) => {
  expect(() => lines(['before', value])).toThrow('more than one line');
});
