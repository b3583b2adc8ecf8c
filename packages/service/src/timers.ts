import { lines } from '@heard/bus/lines';
import type { Database, Tx } from '@heard/bus/log';
import { isNotNow } from '@heard/bus/rejection';
import type { Wakeups } from '@heard/bus/wakeups';
import { Worker } from '@heard/bus/worker';
import { write } from '@heard/bus/write';
import { type RawBuilder, sql } from 'kysely';
import type { Clock } from './clock.ts';

/** One thing to do at its time: fires once, at or after `dueAt`, in a transaction with its effects. `key` is one line and not empty. */
export interface Timer {
  kind: string;
  key: string;
  dueAt: Date;
}

const sweepSize = 1_000;

/** While one sweep waits for its commit and another for its rows, a third makes its events. */
const sweepers = 4;

/** Whoever fires timers looks at least this often, so only a timer due sooner is worth waking them for. */
const lookMs = 60_000;

/** What becomes of a timer that is set already; `never`: the caller knows that none is, and one that is fails. */
export type Move = 'always' | 'if-earlier' | 'never';

/**
 * Sets timers with the caller's transaction. Where one of the same kind and key is set, `move` says whether it is moved
 * to the new time or keeps the earlier of the two. `now` is the time on the clock that fires them.
 */
export async function setTimers(
  tx: Tx,
  schema: string,
  timers: readonly Timer[],
  move: Move = 'always',
  now = new Date(),
): Promise<void> {
  if (timers.length === 0) return;
  // One statement cannot set the same row twice.
  const once = new Map<string, Timer>();
  for (const timer of timers) {
    const name = `${timer.kind}\0${timer.key}`;
    const other = once.get(name);
    if (!other || move === 'always' || timer.dueAt < other.dueAt) once.set(name, timer);
  }
  const set = [...once.values()];
  await write(
    tx,
    sql`
    insert into timers (kind, key, due_at)
    select t.kind, t.key, 'epoch'::timestamptz + t.due_ms::float8 * interval '1 ms' from rows from (
      ${lines(set.map((timer) => timer.kind))}, ${lines(set.map((timer) => timer.key))},
      ${lines(set.map((timer) => timer.dueAt.getTime()))}
    ) as t (kind, key, due_ms) ${onConflict[move]}`,
  );
  if (set.some((timer) => timer.dueAt.getTime() < now.getTime() + lookMs)) {
    await write(tx, sql`select pg_notify('heard.timers', ${schema})`);
  }
}

/** Looking whether one is set takes half as long again as setting it. */
const onConflict: Record<Move, RawBuilder<unknown>> = {
  always: sql`on conflict (kind, key) do update set due_at = excluded.due_at`,
  'if-earlier': sql`on conflict (kind, key) do update set due_at = least(timers.due_at, excluded.due_at)`,
  never: sql``,
};

export async function cancelTimers(tx: Tx, timers: readonly Pick<Timer, 'kind' | 'key'>[]): Promise<void> {
  if (timers.length === 0) return;
  await write(
    tx,
    sql`
    delete from timers t using unnest(${timers.map((t) => t.kind)}::text[], ${timers.map((t) => t.key)}::text[]) as gone (kind, key)
     where t.kind = gone.kind and t.key = gone.key`,
  );
}

/** `now()` and not clock_timestamp(): a volatile function would not use the index. */
const due = (virtualNow: Date | null) =>
  sql`due_at <= ${virtualNow === null ? sql`now()` : sql`${virtualNow.toISOString()}::timestamptz`}`;

async function isDue(tx: Tx, virtualNow: Date | null): Promise<boolean> {
  return (await sql`select 1 from timers where ${due(virtualNow)} limit 1`.execute(tx)).rows.length > 0;
}

/** Takes what is due, oldest first. */
export function takeDue(virtualNow: Date | null, limit = sweepSize) {
  return sql<{ kind: string; key: string; due_ms: number }>`
    delete from timers where ctid = any (array(
      select ctid from timers where ${due(virtualNow)}
       order by due_at limit ${limit} for update skip locked))
    returning kind, key, date_part('epoch', due_at) * 1000 as due_ms`;
}

/**
 * Fires timers: sweeps what is due, a thousand a transaction, then sleeps until the next one is due or an earlier one is
 * set. Replicas share the table, and so do the sweepers here while there is more than one sweep to do. A timer that
 * cannot be fired alone is put off a minute and reported, never lost.
 */
export function runTimers(options: {
  database: Database;
  schema: string;
  clock: Clock;
  wakeups: Wakeups;
  /**
   * Locks what others hold while they set timers, before the timers are taken: whoever took them the other way round
   * would wait for those who wait for them.
   */
  lockFirst?(tx: Tx): Promise<unknown>;
  fire(tx: Tx, timers: Timer[]): Promise<void>;
  /** After the commit. */
  late(seconds: number, timer: Timer): void;
  failed(error: unknown, inMs: number): void;
}): { stop(): Promise<void> } {
  const { database, clock } = options;
  const virtualNow = () => (clock.onAdvance ? clock.now() : null);
  const workers = Array.from({ length: sweepers }, (_, n) => sweeper(n));
  const [first] = workers;

  /** The first waits for the next timer, each of the others for the one before it to find more than it can take. */
  function sweeper(n: number): Worker {
    const idle = n === 0 ? untilNext : async () => lookMs;
    let single = false;
    const sweep = async () => {
      let taken: Timer[] = [];
      try {
        await database.transaction().execute(async (tx) => {
          if (options.lockFirst && (await isDue(tx, virtualNow()))) await options.lockFirst(tx);
          const { rows } = await takeDue(virtualNow(), single ? 1 : sweepSize).execute(tx);
          taken = rows.map((row) => ({ kind: row.kind, key: row.key, dueAt: new Date(Math.round(row.due_ms)) }));
          if (taken.length > 0) await options.fire(tx, taken);
        });
      } catch (error) {
        if (isNotNow(error) || taken.length === 0) throw error;
        if (taken.length === 1) {
          await putOff(taken[0]!);
          options.failed(error, 60_000);
        }
        single = taken.length > 1;
        return true;
      }
      if (!clock.onAdvance) {
        const now = Date.now();
        for (const timer of taken) options.late(Math.max(0, now - timer.dueAt.getTime()) / 1000, timer);
      }
      if (taken.length === sweepSize) workers[n + 1]?.wake();
      if (taken.length === 0 || single) single = false;
      return taken.length > 0 || idle();
    };
    return new Worker(sweep, { idleMs: lookMs, lingerMs: 0, failed: options.failed });
  }

  async function untilNext(): Promise<number> {
    if (clock.onAdvance) return lookMs;
    const { rows } = await sql<{ ms: number | null }>`
      select extract(epoch from min(due_at) - clock_timestamp())::float8 * 1000 as ms from timers`.execute(database);
    return Math.min(lookMs, Math.max(1, Math.ceil(rows[0]?.ms ?? lookMs)));
  }

  async function putOff(timer: Timer): Promise<void> {
    await database
      .transaction()
      .execute((tx) =>
        sql`update timers set due_at = due_at + interval '1 minute' where kind = ${timer.kind} and key = ${timer.key}`.execute(
          tx,
        ),
      );
  }

  const off = [
    options.wakeups.on('heard.timers', options.schema, first!.wake),
    clock.onAdvance?.(first!.wake) ?? (() => {}),
  ];
  for (const worker of workers) worker.start();
  return {
    stop: async () => {
      for (const end of off) end();
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
