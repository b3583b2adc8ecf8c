import type { Database, Tx } from '@heard/bus/log';
import { Wakeups } from '@heard/bus/wakeups';
import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { realClock, VirtualClock } from './clock.ts';
import { cancelTimers, type Move, runTimers, setTimers, type Timer, takeDue } from './timers.ts';

let home: TestDatabase;
let database: Database;
let wakeups: Wakeups;

beforeAll(async () => {
  home = await testDatabase();
  database = home.open('sla-timer', 8);
  wakeups = new Wakeups({ connectionString: home.url });
  await wakeups.open();
  await sql`create table fired (kind text, key text, due_at timestamptz, fired_at timestamptz default now())`.execute(
    database,
  );
});
afterAll(async () => {
  await wakeups.close();
  await home.drop();
});
beforeEach(async () => {
  await sql`truncate timers, fired`.execute(database);
});

const set = (timers: Timer[], move?: Move) =>
  database.transaction().execute((tx) => setTimers(tx, 'sla_timer', timers, move));
const inMs = (ms: number, key = 'a'): Timer => ({ kind: 'test', key, dueAt: new Date(Date.now() + ms) });

function run(fire?: (timers: Timer[]) => void, clock = realClock, over: Partial<Parameters<typeof runTimers>[0]> = {}) {
  return runTimers({
    database,
    schema: 'sla_timer',
    clock,
    wakeups,
    fire: async (tx, timers) => {
      await sql`insert into fired (kind, key, due_at) select * from unnest(${timers.map((t) => t.kind)}::text[],
        ${timers.map((t) => t.key)}::text[], ${timers.map((t) => t.dueAt.toISOString())}::timestamptz[])`.execute(tx);
      fire?.(timers);
    },
    late: () => {},
    failed: () => {},
    ...over,
  });
}
const fired = async () =>
  (
    await sql<{ key: string; early: boolean }>`select key, fired_at < due_at as early from fired order by key`.execute(
      database,
    )
  ).rows;

test('the sweep reads the index on due_at, or a million pending timers would make every one late', async () => {
  await sql`insert into timers select 'test', g::text, now() + interval '1 day' from generate_series(1, 20000) g`.execute(
    database,
  );
  await sql`analyze timers`.execute(database);
  const { rows } = await sql<{ 'QUERY PLAN': string }>`explain ${takeDue(null)}`.execute(database);
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
    /Index Scan using timers_due[\s\S]*Index Cond: \(due_at <= now\(\)\)/,
  );
});

test('a timer fires once, not before its time', async () => {
  const timers = run();
  await set([inMs(150)]);
  await eventually('the timer', async () => (await fired()).length === 1);
  await timers.stop();
  expect(await fired()).toEqual([{ key: 'a', early: false }]);
});

test('an earlier timer set meanwhile wakes the sleeper', async () => {
  await set([inMs(3_600_000, 'later')]);
  const timers = run();
  await set([inMs(50, 'sooner')]);
  await eventually('the sooner one', async () => (await fired()).length === 1, 5);
  await timers.stop();
  expect((await fired()).map((one) => one.key)).toEqual(['sooner']);
});

test('a cancelled timer never fires, and a moved one only at its new time', async () => {
  await set([inMs(-1, 'gone'), inMs(-1, 'moved'), inMs(-1, 'now')]);
  await database.transaction().execute((tx) => cancelTimers(tx, [{ kind: 'test', key: 'gone' }]));
  await set([inMs(3_600_000, 'moved')]);
  const timers = run();
  await eventually('the one that is due', async () => (await fired()).length === 1);
  await timers.stop();
  expect((await fired()).map((one) => one.key)).toEqual(['now']);
});

test('if-earlier keeps the earlier time', async () => {
  await set([inMs(-1, 'kept')]);
  await set([inMs(3_600_000, 'kept')], 'if-earlier');
  const timers = run();
  await eventually('it', async () => (await fired()).length === 1);
  await timers.stop();
});

test('what is said to be new and is not refuses the whole', async () => {
  await set([inMs(3_600_000, 'old')], 'never');
  await expect(set([inMs(-1, 'new'), inMs(-1, 'old')], 'never')).rejects.toMatchObject({ code: '23505' });
  const { rows } = await sql<{ key: string }>`select key from timers where due_at > now()`.execute(database);
  expect(rows).toEqual([{ key: 'old' }]);
});

test('the time is kept to the millisecond', async () => {
  const dueAt = new Date('2031-07-08T09:10:11.123Z');
  await set([{ kind: 'test', key: 'exact', dueAt }]);
  const { rows } = await sql<{ due_at: Date }>`select due_at from timers where due_at = ${dueAt}`.execute(database);
  expect(rows).toEqual([{ due_at: dueAt }]);
});

test('three replicas fire 5,000 timers once each', async () => {
  await set(Array.from({ length: 5_000 }, (_, i) => inMs(-1, `t${i}`)));
  const replicas = [run(), run(), run()];
  await eventually('all of them', async () => (await fired()).length >= 5_000);
  await Promise.all(replicas.map((one) => one.stop()));
  const keys = (await fired()).map((one) => one.key);
  expect(keys.length).toBe(5_000);
  expect(new Set(keys).size).toBe(5_000);
});

test('what fails with its effects is fired again with them', async () => {
  let failures = 2;
  await set([inMs(-1)]);
  const timers = run(() => {
    if (failures-- > 0) throw Object.assign(new Error('the world is away'), { code: '57P01' });
  });
  await eventually('it to go through', async () => (await fired()).length === 1);
  await timers.stop();
});

test('one timer that cannot be fired does not hold up the others', async () => {
  await set([inMs(-3, 'bad'), inMs(-2, 'good'), inMs(-1, 'fine')]);
  const timers = run((batch) => {
    if (batch.some((timer) => timer.key === 'bad')) throw new Error('a bug');
  });
  await eventually('the others', async () => (await fired()).length === 2);
  await timers.stop();
  expect((await fired()).map((one) => one.key)).toEqual(['fine', 'good']);
  const { rows } = await sql<{ waits: boolean }>`select due_at > now() as waits from timers where key = 'bad'`.execute(
    database,
  );
  expect(rows).toEqual([{ waits: true }]);
});

test('on a virtual clock ninety days pass in a moment', async () => {
  const clock = new VirtualClock('2026-01-01T00:00:00Z');
  await set([{ kind: 'test', key: 'spring', dueAt: new Date('2026-04-01T00:00:00Z') }]);
  const timers = run(undefined, clock);
  clock.advance(89 * 86_400_000);
  await set([{ kind: 'test', key: 'past', dueAt: new Date('2026-03-01T00:00:00Z') }]);
  await eventually('the past one', async () => (await fired()).length === 1);
  clock.advance(86_400_000);
  await eventually('spring', async () => (await fired()).length === 2);
  await timers.stop();
});

test('whoever sets a due timer while they hold a lock that firing takes too is not waited for in a ring', async () => {
  const lock = (tx: Tx) => sql`select pg_advisory_xact_lock(7)`.execute(tx);
  await set([inMs(0)]);
  const [held, lateSetter] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = database.transaction().execute(async (tx) => {
    await lock(tx);
    held.resolve();
    await lateSetter.promise;
    await setTimers(tx, 'sla_timer', [inMs(0)], 'if-earlier');
  });
  await held.promise;
  const failures: unknown[] = [];
  const timers = run(undefined, realClock, { lockFirst: lock, failed: (error) => failures.push(error) });
  await eventually('the sweep to wait', async () => {
    const { rows } = await sql`select 1 from pg_locks where locktype = 'advisory' and not granted`.execute(database);
    return rows.length > 0;
  });
  lateSetter.resolve();
  await holding;
  await eventually('the timer', async () => (await fired()).length === 1);
  await timers.stop();
  expect(failures).toEqual([]);
});
