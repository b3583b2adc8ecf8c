import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBus } from '@heard/bus/bus';
import type { Database, Tx } from '@heard/bus/log';
import { newEvent } from '@heard/events/event';
import { isoOf } from '@heard/events/instant';
import { realClock } from '@heard/service/clock';
import { openDatabase } from '@heard/service/database';
import { runTimers, setTimers, type Timer } from '@heard/service/timers';
import { Logger, makeWorkerUtils, type Runner, run, type WorkerUtils } from 'graphile-worker';
import type pg from 'pg';
import { type BenchOptions, one, withDatabase } from './ground.ts';
import { countCpu, interleave, median, percentile, progress, type Report, rateOf, ratio } from './measuring.ts';

/**
 * Heard's timers beside graphile-worker: setting many, firing many at once, and punctuality with a million pending.
 *
 * Many fired at once are counted until none is left in the table: graphile-worker runs a task first and deletes it
 * later, many in one statement, and says `job:complete` in between; ours are told of after their commit.
 */
export async function timers(report: Report, options: BenchOptions): Promise<void> {
  await withDatabase(async (url, admin) => {
    const database = openDatabase({ url, schema: 'sla_timer', connections: 6, onError: () => {} });
    const quiet = new Logger(() => () => {});
    const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: 4, logger: quiet });
    try {
      await utils.migrate();
      const heard = heardTimers(database, url);
      await admin.query(`create schema bench;
        create table bench.outbox (id bigint generated always as identity primary key, key text, attributes text, data text)`);
      const graphile = graphileWorker(url, utils, quiet, 'empty');
      await compare(report, options, admin, heard, graphile, graphileWorker(url, utils, quiet, 'outbox'));
    } finally {
      await utils.release();
      await database.destroy();
    }
  });
}

/** What both can do. A fired timer is recorded by its key with how late it was, in ms. */
interface Engine {
  name: string;
  table: string;
  set(keys: readonly string[], dueAt: (n: number) => Date): Promise<void>;
  start(fired: (key: string, lateMs: number) => void): Promise<() => Promise<void>>;
  clear(admin: pg.Client): Promise<void>;
}

const perCall = 1_000;

/** Each firing publishes a `clock.breached` in the same transaction; lateness is taken after the commit. */
function heardTimers(database: Database, url: string): Engine {
  return {
    name: 'heard',
    table: 'sla_timer.timers',
    async set(keys, dueAt) {
      await inTurn(keys, dueAt, (timers) =>
        database.transaction().execute((tx) => setTimers(tx, 'sla_timer', timers, 'never')),
      );
    },
    async start(fired) {
      const bus = await openBus({
        driver: 'postgres',
        writer: 'sla-timer',
        database,
        databaseUrl: url,
        log: () => {},
        fatal: (error) => {
          throw error;
        },
      });
      const running = runTimers({
        database,
        schema: 'sla_timer',
        clock: realClock,
        wakeups: bus.wakeups,
        async fire(tx: Tx, due: Timer[]) {
          const now = new Date();
          const at = isoOf(now);
          await bus.publish(
            tx,
            due.map((timer) => newEvent('clock.breached', timer.key, breach(timer, at), now)),
          );
        },
        late: (seconds, timer) => fired(timer.key, seconds * 1000),
        failed: (error) => progress(`timers: ${error}`),
      });
      return async () => {
        await running.stop();
        await bus.close();
      };
    },
    clear: async (admin) => void (await admin.query('truncate sla_timer.timers; truncate bus.lots')),
  };
}

function breach({ key, dueAt }: Timer, at: string) {
  const ids = { clockId: randomUUID(), caseId: randomUUID(), customerId: key };
  return { ...ids, kind: 'first-contact' as const, at, dueAt: isoOf(dueAt) };
}

/**
 * Tuned as its documentation says for throughput, polling every 50 ms. Its task does nothing, or writes its event to an
 * outbox: by itself, as graphile-worker has no transaction for many tasks.
 */
function graphileWorker(url: string, utils: WorkerUtils, logger: Logger, task: 'empty' | 'outbox'): Engine {
  return {
    name: 'graphile-worker',
    table: 'graphile_worker._private_jobs',
    set: (keys, dueAt) =>
      inTurn(keys, dueAt, (timers) =>
        utils.addJobs(
          timers.map(({ key, dueAt }) => ({
            identifier: 'fire',
            payload: { key, dueAt: dueAt.getTime() },
            runAt: dueAt,
          })),
        ),
      ),
    async start(fired) {
      const runner: Runner = await run({
        connectionString: url,
        logger,
        noHandleSignals: true,
        taskList: {
          fire: async (payload, helpers) => {
            const { key, dueAt } = payload as { key: string; dueAt: number };
            if (task === 'outbox') {
              const now = new Date();
              const data = breach({ kind: 'clock', key, dueAt: new Date(dueAt) }, isoOf(now));
              const { data: _, ...attributes } = newEvent('clock.breached', key, data, now);
              const values = [key, JSON.stringify(attributes), JSON.stringify(data)];
              await helpers.query('insert into bench.outbox (key, attributes, data) values ($1, $2, $3)', values);
            }
            fired(key, Date.now() - dueAt);
          },
        },
        preset: {
          worker: {
            concurrentJobs: 50,
            maxPoolSize: 10,
            pollInterval: 50,
            localQueue: { size: 500 },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
          },
        },
      });
      return () => runner.stop();
    },
    clear: async (admin) => void (await admin.query('truncate graphile_worker._private_jobs')),
  };
}

async function inTurn(
  keys: readonly string[],
  dueAt: (n: number) => Date,
  set: (timers: Timer[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < keys.length; from += perCall) {
    const part = keys.slice(from, from + perCall);
    await set(part.map((key, i) => ({ kind: 'clock', key, dueAt: dueAt(from + i) })));
  }
}

async function compare(
  report: Report,
  { seconds, rounds, quick }: BenchOptions,
  admin: pg.Client,
  heard: Engine,
  graphile: Engine,
  alike: Engine,
): Promise<void> {
  const count = quick ? 10_000 : 100_000;
  const keys = Array.from({ length: count }, () => randomUUID());
  const soon = new Date(Date.now() + 3_600_000);
  const schedule = (engine: Engine) => async () => {
    await engine.clear(admin);
    return rateOf(count, () => engine.set(keys, () => soon));
  };
  progress(`scheduling ${count}, ${rounds} rounds`);
  const scheduled = await interleave(rounds, { heard: schedule(heard), graphile: schedule(graphile) });
  report.row('schedule, heard', median(scheduled.heard), '/s');
  report.row('schedule, graphile-worker addJobs', median(scheduled.graphile), '/s');
  report.row('schedule, heard ÷ graphile-worker', ratio(scheduled.heard, scheduled.graphile), '×', { atLeast: 3 });

  const fire = (engine: Engine, of: readonly string[]) => async () => {
    await engine.clear(admin);
    const due = new Date(Date.now() - 1_000);
    await engine.set(of, () => due);
    await admin.query('analyze');
    await admin.query('checkpoint'); // each pays for its own writes, not for those of the round before
    const fired = new Set<string>();
    let twice = 0;
    const all = Promise.withResolvers<void>();
    let stop = async () => {};
    const rate = await rateOf(of.length, async () => {
      stop = await engine.start((key) => {
        if (fired.has(key)) twice++;
        if (fired.add(key).size === of.length) all.resolve();
      });
      await all.promise;
      while (await isLeft(admin, engine.table)) await sleep(2);
    });
    await stop();
    if (twice > 0) throw new Error(`${engine.name} fired ${twice} timers twice`);
    return rate;
  };
  const cpu = countCpu();
  progress(`firing ${count} due at once, ${rounds} rounds`);
  const few = keys.slice(0, count / 10);
  for (const engine of [heard, graphile, alike]) await fire(engine, few)(); // what runs for the first time is slower
  const fired = await interleave(rounds, {
    heard: fire(heard, keys),
    graphile: fire(graphile, keys),
    alike: fire(alike, few),
  });
  report.row(`fire ${count} due at once with an event each, heard`, median(fired.heard), '/s');
  report.row('fire the same with an empty task, graphile-worker', median(fired.graphile), '/s');
  report.row('fire, heard ÷ graphile-worker, empty task', ratio(fired.heard, fired.graphile), '×', { atLeast: 2.5 });
  report.row('fire with an event each, graphile-worker', median(fired.alike), '/s');
  report.row('fire, heard ÷ graphile-worker, an event each', ratio(fired.heard, fired.alike), '×');
  report.cpu('firing, all in turn', cpu());

  const pending = quick ? 50_000 : 1_000_000;
  for (const engine of [heard, graphile]) {
    await punctuality(report, admin, engine, pending, seconds, engine === heard ? { atMost: 30 } : {});
  }
}

async function isLeft(admin: pg.Client, table: string): Promise<boolean> {
  return (await one<{ is_left: boolean }>(admin, `select exists (select from ${table}) as is_left`)).is_left;
}

/** 100 timers due a second while very many are pending: how late each is, and that none is early, lost or doubled. */
async function punctuality(
  report: Report,
  admin: pg.Client,
  engine: Engine,
  pending: number,
  seconds: number,
  goal: { atMost?: number },
): Promise<void> {
  await engine.clear(admin);
  progress(`${engine.name}: ${pending} pending`);
  const later = Date.now() + 86_400_000;
  await engine.set(
    Array.from({ length: pending }, () => randomUUID()),
    (n) => new Date(later + n),
  );
  await admin.query('analyze');
  const due = Array.from({ length: seconds * 100 }, () => randomUUID());
  const late = new Map<string, number>();
  let doubled = 0;
  const stop = await engine.start((key, lateMs) => {
    if (late.has(key)) doubled++;
    late.set(key, lateMs);
  });
  try {
    await sleep(1_000);
    const start = Date.now() + 1_000;
    await engine.set(due, (n) => new Date(start + n * 10));
    const cpu = countCpu();
    await sleep(start - Date.now() + seconds * 1_000);
    for (let waited = 0; late.size < due.length && waited < 10_000; waited += 50) await sleep(50);
    const used = cpu();
    report.account(`punctuality, ${engine.name}`, { fired: late.size, 'fired once': due.length - doubled }, due.length);
    const values = [...late.values()];
    const early = values.filter((ms) => ms < 0).length;
    if (early > 0) throw new Error(`${engine.name} fired ${early} timers early`);
    const what = `lateness, 100/s due, ${pending.toLocaleString('en-US')} pending, ${engine.name}`;
    report.row(`${what}, p50`, percentile(values, 50), 'ms');
    report.row(`${what}, p99`, percentile(values, 99), 'ms', goal);
    report.cpu(what, used);
  } finally {
    await stop();
  }
  if (engine.name === 'heard') {
    const { n } = await one<{ n: number }>(admin, 'select count(*)::int as n from bus.log');
    report.account('punctuality, heard', { 'events published': n }, due.length);
  }
}
