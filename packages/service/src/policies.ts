import type { Database, Tx } from '@heard/bus/log';
import { NotYet } from '@heard/bus/rejection';
import type { Event } from '@heard/events/event';
import { type Policy, parsePolicy } from '@heard/policy/policy';
import { sql } from 'kysely';

export interface VersionedPolicy extends Policy {
  version: number;
}

/** Whoever keeps a policy in mind looks again after this long, should the news of the next one get lost. */
const lookMs = 1_000;

/** A service's own copy of the policy, as far as its consumer has read heard.policy. */
export class Policies {
  readonly #parsed = new Map<number, VersionedPolicy>();
  #current: { version: number; until: number } | undefined;
  /** Until then a version may be in a transaction that is still open: what is read is not kept in mind. */
  #doubtfulUntil = 0;
  readonly #changed: (version: number) => void;

  constructor(changed: (version: number) => void) {
    this.#changed = changed;
  }

  async apply(tx: Tx, events: readonly Event<'policy.published'>[]): Promise<void> {
    for (const { data } of events) {
      parsePolicy(data.document); // throws InvalidPolicy: a dead letter, and the version before stays in force
      await sql`insert into policies (version, document, published_at)
        values (${data.version}, ${JSON.stringify(data.document)}::jsonb, ${data.publishedAt})
        on conflict (version) do nothing`.execute(tx);
    }
    if (events.length === 0) return;
    this.forget();
    this.#doubtfulUntil = performance.now() + lookMs;
    await sql`select pg_notify('heard.policies', current_schema())`.execute(tx);
  }

  /** A replica has applied a policy: the next to ask reads it. */
  readonly forget = (): void => {
    this.#current = undefined;
  };

  /** The version in force in this transaction. Throws NotYet before the first one has arrived. */
  async current(tx: Tx | Database): Promise<VersionedPolicy> {
    const now = performance.now();
    if (this.#current && now < this.#current.until) return this.version(tx, this.#current.version);
    const { rows } = await sql<{ version: number }>`select max(version) as version from policies`.execute(tx);
    const version = rows[0]?.version;
    if (!version) throw new NotYet('no policy has been published yet');
    if (now >= this.#doubtfulUntil) this.#current = { version, until: now + lookMs };
    const policy = await this.version(tx, version);
    this.#changed(version);
    return policy;
  }

  /** One that is or was in force: what began under it may go on by it. */
  async version(tx: Tx | Database, version: number): Promise<VersionedPolicy> {
    const known = this.#parsed.get(version);
    if (known) return known;
    const { rows } = await sql<{ document: unknown }>`select document from policies where version = ${version}`.execute(
      tx,
    );
    const policy = { ...parsePolicy(rows[0]!.document), version };
    this.#parsed.set(version, policy);
    return policy;
  }
}
