import type { Tx } from '@heard/bus/log';
import { type Cause, type Event, newEvent } from '@heard/events/event';
import type { Timer } from '@heard/service/timers';
import { cancelTimers } from '@heard/service/timers';
import { sql } from 'kysely';
import { type Clock, type ClockFact, evolve, isLive, nextDue } from './clock.ts';

/** The only writer of clocks, for one transaction: loads with locks, folds in memory, writes once. */
export class ClockFace {
  readonly events: Event[] = [];
  readonly #tx: Tx;
  readonly #now: Date;
  readonly #clocks: Map<string, Clock>;
  readonly #changed = new Set<string>();
  readonly #started = new Set<string>();

  private constructor(tx: Tx, now: Date, clocks: readonly Clock[]) {
    this.#tx = tx;
    this.#now = now;
    this.#clocks = new Map(clocks.map((clock) => [clock.clockId, clock]));
  }

  static async ofCases(tx: Tx, now: Date, caseIds: readonly string[]): Promise<ClockFace> {
    return new ClockFace(tx, now, await load(tx, sql.ref('case_id'), caseIds));
  }

  static async ofClocks(tx: Tx, now: Date, clockIds: readonly string[]): Promise<ClockFace> {
    return new ClockFace(tx, now, await load(tx, sql.ref('clock_id'), clockIds));
  }

  ofCase(caseId: string): Clock[] {
    return [...this.#clocks.values()].filter((clock) => clock.caseId === caseId);
  }

  get(clockId: string): Clock | undefined {
    return this.#clocks.get(clockId);
  }

  start(clock: Clock, cause: Cause): void {
    this.#clocks.set(clock.clockId, clock);
    this.#changed.add(clock.clockId);
    this.#started.add(clock.clockId);
    const { clockId, caseId, customerId, kind, priority, policyVersion } = clock;
    const data = {
      ...{ clockId, caseId, customerId, kind, priority, policyVersion },
      at: this.#now.toISOString(),
      startedAt: clock.startedAt.toISOString(),
      dueAt: clock.dueAt.toISOString(),
    };
    this.events.push(newEvent('clock.started', customerId, data, this.#now, cause));
  }

  /** `at`: the moment of the fact; for a contact that is when it happened, not when we heard of it. */
  apply(clock: Clock, facts: readonly ClockFact[], at: Date, cause: Cause): void {
    for (const fact of facts) {
      const before = this.#clocks.get(clock.clockId)!;
      const after = evolve(before, fact, at);
      this.#clocks.set(clock.clockId, after);
      this.#changed.add(clock.clockId);
      const { clockId, caseId, customerId, kind, dueAt } = after;
      const common = { clockId, caseId, customerId, kind, at: at.toISOString(), dueAt: dueAt.toISOString() };
      const { type, ...rest } = fact;
      const own =
        fact.type === 'clock.shortened'
          ? {
              priority: fact.priority,
              previousDueAt: fact.previousDueAt.toISOString(),
              dueAt: dueAt.toISOString(),
              policyVersion: after.policyVersion,
            }
          : rest;
      this.events.push(newEvent(type, customerId, { ...common, ...own } as never, this.#now, cause));
    }
  }

  /** Writes what changed and returns the timers to set, those of new clocks apart; those of ended ones are cancelled. */
  async save(): Promise<{ fresh: Timer[]; moved: Timer[] }> {
    const clocks = [...this.#changed].map((id) => this.#clocks.get(id)!);
    if (clocks.length === 0) return { fresh: [], moved: [] };
    const of = <K extends keyof Clock>(field: K) => clocks.map((clock) => clock[field]);
    const times = (field: 'startedAt' | 'dueAt' | 'endedAt' | 'breachedAt') =>
      clocks.map((clock) => clock[field]?.toISOString() ?? null);
    await sql`
      insert into clocks (clock_id, case_id, customer_id, kind, cycle, priority, state, started_at, due_at, warned_percent,
        warn_at, ended_at, breached_at, policy_version, correlation)
      select t.a, t.b, t.c, t.d, t.e, t.f, t.g, t.h, t.i, t.j, t.k::int[], t.l, t.m, t.n, t.o from unnest(
        ${of('clockId')}::uuid[], ${of('caseId')}::uuid[], ${of('customerId')}::text[], ${of('kind')}::text[], ${of('cycle')}::int[],
        ${of('priority')}::text[], ${of('state')}::text[], ${times('startedAt')}::timestamptz[], ${times('dueAt')}::timestamptz[],
        ${of('warnedPercent')}::int[], ${clocks.map((clock) => `{${clock.warnAt.join(',')}}`)}::text[], ${times('endedAt')}::timestamptz[],
        ${times('breachedAt')}::timestamptz[], ${of('policyVersion')}::int[], ${of('correlation')}::text[])
        as t (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
      on conflict (clock_id) do update set priority = excluded.priority, state = excluded.state, due_at = excluded.due_at,
        warned_percent = excluded.warned_percent, ended_at = excluded.ended_at, breached_at = excluded.breached_at`.execute(
      this.#tx,
    );
    await cancelTimers(
      this.#tx,
      clocks.filter((clock) => nextDue(clock) === null).map((clock) => ({ kind: 'clock', key: clock.clockId })),
    );
    const timers = clocks.flatMap((clock) => {
      const dueAt = nextDue(clock);
      return dueAt && isLive(clock) ? [{ kind: 'clock', key: clock.clockId, dueAt }] : [];
    });
    const { fresh = [], moved = [] } = Object.groupBy(timers, ({ key }) =>
      this.#started.has(key) ? 'fresh' : 'moved',
    );
    return { fresh, moved };
  }
}

/**
 * One index lookup per id, in one order for all. A plain `= any` is planned as a scan of the whole table while its
 * statistics are those of an empty one, and then costs more with every clock there is.
 */
async function load(tx: Tx, column: ReturnType<typeof sql.ref>, ids: readonly string[]): Promise<Clock[]> {
  const { rows } = await sql<Clock>`
    select c.* from unnest(${ids.toSorted()}::uuid[]) as wanted (id) cross join lateral (
      select clock_id as "clockId", case_id as "caseId", customer_id as "customerId", kind, cycle, priority, state,
             started_at as "startedAt", due_at as "dueAt", warned_percent as "warnedPercent", warn_at as "warnAt",
             ended_at as "endedAt", breached_at as "breachedAt", policy_version as "policyVersion", correlation
        from clocks where ${column} = wanted.id order by clock_id for update) c`.execute(tx);
  return rows;
}
