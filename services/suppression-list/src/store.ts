import type { Tx } from '@heard/bus/log';
import { write } from '@heard/bus/write';
import { type Cause, type Event, newEvent } from '@heard/events/event';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Timer } from '@heard/service/timers';
import { sql } from 'kysely';
import { type Change, type Command, decide, type Entry, evolve, reasonsOf } from './stop-list.ts';

/** The only writer of entries, for one transaction: loads its customers with locks, folds in memory, writes once. */
export class StopList {
  readonly timers: Timer[] = [];
  readonly #events: Event[] = [];
  readonly #tx: Tx;
  readonly #now: Date;
  readonly #policy: VersionedPolicy;
  readonly #entries = new Map<string, Entry[]>();
  readonly #before = new Map<string, string>();
  readonly #changes: { customerId: string; change: Change; at: string }[] = [];

  static async load(tx: Tx, now: Date, policy: VersionedPolicy, customerIds: readonly string[]): Promise<StopList> {
    // A customer without rows has nothing to lock; this lock stands for them, in one order for all.
    await sql`select pg_advisory_xact_lock(hashtextextended(id, 7)) from (
      select distinct id from unnest(${customerIds}::text[]) as t (id) order by id) c`.execute(tx);
    // One index lookup each: a plain `= any` is planned as a scan while the statistics are those of an empty table.
    const { rows } = await sql<Entry & { customerId: string }>`
      select e.* from unnest(${customerIds}::text[]) as wanted (id) cross join lateral (
        select customer_id as "customerId", reason, source, ${instant('started_at')} as "startedAt",
               ${instant('until')} as until, ${instant('ended_at')} as "endedAt"
          from entries where customer_id = wanted.id order by entry_id) e`.execute(tx);
    return new StopList(tx, now, policy, customerIds, rows);
  }

  private constructor(
    tx: Tx,
    now: Date,
    policy: VersionedPolicy,
    customerIds: readonly string[],
    rows: readonly (Entry & { customerId: string })[],
  ) {
    this.#tx = tx;
    this.#now = now;
    this.#policy = policy;
    for (const id of customerIds) this.#entries.set(id, []);
    for (const { customerId, ...entry } of rows) this.#entries.get(customerId)!.push(entry);
    for (const [id, entries] of this.#entries) this.#before.set(id, reasonsOf(entries).join());
  }

  apply(customerId: string, command: Command, cause: Cause): Change[] {
    const at = this.#now.toISOString();
    const changes = decide(command, this.#entries.get(customerId)!, this.#policy);
    for (const change of changes) {
      this.#entries.set(customerId, evolve(this.#entries.get(customerId)!, change, at));
      this.#changes.push({ customerId, change, at });
      const { reason, source } = change;
      const common = { customerId, reason, source, at };
      if (change.type === 'left') {
        this.#events.push(newEvent('stop-list.left', customerId, { ...common, cause: change.cause }, this.#now, cause));
        continue;
      }
      const { until } = change;
      if (until) this.timers.push({ kind: 'time-up', key: timerKey(customerId, change), dueAt: new Date(until) });
      this.#events.push(
        reason === 'observation' && until
          ? newEvent('stop-list.observing', customerId, { ...common, until }, this.#now, cause)
          : newEvent('stop-list.entered', customerId, { ...common, until: until ?? undefined }, this.#now, cause),
      );
    }
    return changes;
  }

  /** Writes the entries and returns the events, with one eligibility row for each customer it changed for. */
  async save(): Promise<Event[]> {
    const entered = this.#changes.flatMap(({ customerId, change, at }) =>
      change.type === 'entered' ? [{ customerId, ...change, at }] : [],
    );
    const left = this.#changes.flatMap(({ customerId, change, at }) =>
      change.type === 'left' ? [{ customerId, ...change, at }] : [],
    );
    if (entered.length > 0) {
      await write(
        this.#tx,
        sql`
        insert into entries (customer_id, reason, source, started_at, until)
        select * from unnest(${entered.map((e) => e.customerId)}::text[], ${entered.map((e) => e.reason)}::text[],
          ${entered.map((e) => e.source)}::text[], ${entered.map((e) => e.at)}::timestamptz[], ${entered.map((e) => e.until)}::timestamptz[])`,
      );
    }
    if (left.length > 0) {
      await write(
        this.#tx,
        sql`
        update entries e set ended_at = t.at, end_cause = t.cause
          from unnest(${left.map((e) => e.customerId)}::text[], ${left.map((e) => e.reason)}::text[], ${left.map((e) => e.source)}::text[],
            ${left.map((e) => e.at)}::timestamptz[], ${left.map((e) => e.cause)}::text[]) as t (customer_id, reason, source, at, cause)
         where e.customer_id = t.customer_id and e.reason = t.reason and e.source = t.source and e.ended_at is null`,
      );
    }
    return [...this.#events, ...this.#eligibility()];
  }

  #eligibility(): Event[] {
    const at = this.#now.toISOString();
    const events: Event[] = [];
    for (const customerId of new Set(this.#changes.map((one) => one.customerId))) {
      const reasons = reasonsOf(this.#entries.get(customerId)!);
      if (reasons.join() === this.#before.get(customerId)) continue;
      const blocked = reasons.length > 0 ? this.#policy.stopList.blocks : [];
      events.push(
        newEvent('customer.eligibility-changed', customerId, { customerId, blocked, reasons, at }, this.#now),
      );
    }
    return events;
  }
}

function timerKey(customerId: string, { reason, source }: Pick<Change, 'reason' | 'source'>): string {
  return JSON.stringify([customerId, reason, source]);
}

/** The parts of a timer's key. */
export function readTimerKey(key: string): { customerId: string; reason: Change['reason']; source: string } {
  const [customerId, reason, source] = JSON.parse(key) as [string, Change['reason'], string];
  return { customerId, reason, source };
}

const instant = (column: string) => sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
