import type { Database } from '@heard/bus/log';
import type { Wakeups } from '@heard/bus/wakeups';
import { Worker } from '@heard/bus/worker';
import type { MessageClass } from '@heard/events/vocabulary';
import type { Policies } from '@heard/service/policies';
import { sql } from 'kysely';
import { FingerprintSet } from './fingerprint-set.ts';

const topic = 'heard.marketing-eligibility';

/** Longer without having read the log, and the guard no longer knows. */
const staleMs = 5_000;

export interface Verdict {
  allowed: boolean;
  code: 'clear' | 'class-passes' | 'stop-list' | 'unknown';
}

/**
 * Answers "may this be sent?" from memory, in every replica: the list as it stood in one snapshot of the database, then
 * every change in the order the service's own log has them. Fails closed: when the log could not be read lately, blocked
 * classes are refused for everybody and service messages still pass.
 */
export class Guard {
  readonly #database: Database;
  readonly #policies: Policies;
  readonly #worker: Worker;
  readonly #off: () => void;
  #listed = new FingerprintSet();
  #blocks: ReadonlySet<MessageClass> = new Set();
  #positions: Map<number, number> | undefined;
  #asOf = 0;

  constructor(options: {
    database: Database;
    wakeups: Wakeups;
    policies: Policies;
    failed(error: unknown, inMs: number): void;
  }) {
    this.#database = options.database;
    this.#policies = options.policies;
    this.#worker = new Worker(() => this.#follow(), { idleMs: 1_000, lingerMs: 0, failed: options.failed }).start();
    this.#off = options.wakeups.on(topic, '', this.#worker.wake);
  }

  get asOf(): Date {
    return new Date(this.#asOf);
  }

  get size(): number {
    return this.#listed.size;
  }

  isCurrent(): boolean {
    return Date.now() - this.#asOf <= staleMs;
  }

  check(customerId: string, messageClass: MessageClass): Verdict {
    if (messageClass === 'service-recovery' || messageClass === 'transactional')
      return { allowed: true, code: 'class-passes' };
    if (!this.isCurrent()) return { allowed: false, code: 'unknown' };
    if (!this.#blocks.has(messageClass)) return { allowed: true, code: 'class-passes' };
    return this.#listed.has(customerId) ? { allowed: false, code: 'stop-list' } : { allowed: true, code: 'clear' };
  }

  async close(): Promise<void> {
    this.#off();
    await this.#worker.stop();
  }

  async #follow(): Promise<boolean> {
    const most = 500; // of each partition
    const readAt = Date.now();
    if (!this.#positions) await this.#loadSnapshot();
    const positions = this.#positions!;
    const { rows } = await sql<{ partition: number; seq: string; key: string; blocked: boolean }>`
      select l.partition, l.seq, l.key, (l.data::json ->> 'reasons') <> '[]' as blocked
        from unnest(${[...positions.keys()]}::int[], ${[...positions.values()]}::bigint[]) as p (partition, seq)
       cross join lateral (
         select partition, seq, keys as key, data from bus.lots -- of a compacted topic each event is a lot
          where topic = ${topic} and partition = p.partition and seq > p.seq order by seq limit ${most}) l
       order by l.partition, l.seq`.execute(this.#database);
    for (const row of rows) {
      if (row.blocked) this.#listed.add(row.key);
      else this.#listed.delete(row.key);
      positions.set(row.partition, Number(row.seq));
    }
    this.#blocks = new Set((await this.#policies.current(this.#database)).stopList.blocks);
    if (rows.length >= most) return true;
    this.#asOf = readAt;
    return false;
  }

  async #loadSnapshot(): Promise<void> {
    await this.#database
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const heads = await sql<{
          partition: number;
          head: string;
        }>`select partition, head from bus.partitions where topic = ${topic}`.execute(tx);
        const { rows } = await sql<{
          n: number;
        }>`select count(distinct customer_id)::int as n from entries where ended_at is null`.execute(tx);
        const listed = new FingerprintSet(rows[0]!.n);
        for (let last = ''; ; ) {
          const page = await sql<{ id: string }>`
            select distinct customer_id as id from entries where ended_at is null and customer_id > ${last} order by 1 limit 50000`.execute(
            tx,
          );
          for (const { id } of page.rows) listed.add(id);
          if (page.rows.length < 50_000) break;
          last = page.rows.at(-1)!.id;
        }
        this.#listed = listed;
        this.#positions = new Map(heads.rows.map((row) => [row.partition, Number(row.head)]));
      });
  }
}
