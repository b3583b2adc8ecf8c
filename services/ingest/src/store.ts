import type { Tx } from '@heard/bus/log';
import type { CustomerValueChanged, FeedbackReceived } from '@heard/events/ingest';
import { sql } from 'kysely';
import { fingerprint, judge, type Stored, type Verdict } from './intake.ts';

/** The one shape both kinds of input have for the store: a name, a revision, a content. */
interface Named<T> {
  name: string;
  revision: number;
  fingerprint: string;
  input: T;
}

export interface Outcome<T> {
  verdict: Verdict;
  input: T;
}

/** Stores what is new of a batch and says of each input, in order, what became of it. */
export async function storeResponses(
  tx: Tx,
  inputs: readonly FeedbackReceived[],
): Promise<Outcome<FeedbackReceived>[]> {
  const named = inputs.map((input) => ({
    name: `${input.source}\0${input.externalId}`,
    revision: input.revision,
    fingerprint: fingerprint(input),
    input,
  }));
  return store(named, {
    insert: async (rows) => {
      const { rows: written } = await sql<{ source: string; external_id: string }>`
        insert into inputs (source, external_id, revision, fingerprint, feedback_id, customer_id, received_at)
        select * from unnest(${rows.map((r) => r.input.source)}::text[], ${rows.map((r) => r.input.externalId)}::text[],
          ${rows.map((r) => r.revision)}::int[], ${rows.map((r) => r.fingerprint)}::text[], ${rows.map((r) => r.input.feedbackId)}::uuid[],
          ${rows.map((r) => r.input.customerId)}::text[], ${rows.map((r) => r.input.receivedAt)}::timestamptz[])
        on conflict (source, external_id) do update
          set revision = excluded.revision, fingerprint = excluded.fingerprint,
              customer_id = excluded.customer_id, received_at = excluded.received_at
          where inputs.revision < excluded.revision
        returning source, external_id`.execute(tx);
      return written.map((row) => `${row.source}\0${row.external_id}`);
    },
    find: async (rows) => {
      const { rows: found } = await sql<{ source: string; external_id: string; revision: number; fingerprint: string }>`
        select source, external_id, revision, fingerprint from inputs where (source, external_id) in (
          select * from unnest(${rows.map((r) => r.input.source)}::text[], ${rows.map((r) => r.input.externalId)}::text[]))`.execute(
        tx,
      );
      return new Map(found.map((row) => [`${row.source}\0${row.external_id}`, row]));
    },
  });
}

export async function storeValues(
  tx: Tx,
  inputs: readonly CustomerValueChanged[],
): Promise<Outcome<CustomerValueChanged>[]> {
  const named = inputs.map((input) => ({
    name: input.customerId,
    revision: input.version,
    fingerprint: fingerprint(input),
    input,
  }));
  return store(named, {
    insert: async (rows) => {
      const { rows: written } = await sql<{ customer_id: string }>`
        insert into customer_values (customer_id, version, fingerprint, received_at)
        select * from unnest(${rows.map((r) => r.name)}::text[], ${rows.map((r) => r.revision)}::bigint[],
          ${rows.map((r) => r.fingerprint)}::text[], ${rows.map((r) => r.input.receivedAt)}::timestamptz[])
        on conflict (customer_id) do update
          set version = excluded.version, fingerprint = excluded.fingerprint, received_at = excluded.received_at
          where customer_values.version < excluded.version
        returning customer_id`.execute(tx);
      return written.map((row) => row.customer_id);
    },
    find: async (rows) => {
      const { rows: found } = await sql<{ customer_id: string; version: string; fingerprint: string }>`
        select customer_id, version, fingerprint from customer_values
         where customer_id = any (${rows.map((r) => r.name)}::text[])`.execute(tx);
      return new Map(
        found.map((row) => [row.customer_id, { revision: Number(row.version), fingerprint: row.fingerprint }]),
      );
    },
  });
}

/**
 * A batch may name one thing several times: each wave holds every name once, so a wave is one insert that the database
 * judges (only a higher revision replaces), and what it did not take is compared with what it holds.
 */
async function store<T>(
  named: readonly Named<T>[],
  table: {
    insert(rows: readonly Named<T>[]): Promise<string[]>;
    find(rows: readonly Named<T>[]): Promise<Map<string, Stored>>;
  },
): Promise<Outcome<T>[]> {
  const verdicts = new Map<Named<T>, Verdict>();
  let rest = [...named];
  while (rest.length > 0) {
    const wave = [...new Map(rest.toReversed().map((row) => [row.name, row])).values()];
    // One order for all writers, or two batches with the same names could wait for each other.
    wave.sort((a, b) => (a.name < b.name ? -1 : 1));
    const written = new Set(await table.insert(wave));
    const refused = wave.filter((row) => !written.has(row.name));
    const found = refused.length > 0 ? await table.find(refused) : new Map<string, Stored>();
    for (const row of wave) verdicts.set(row, written.has(row.name) ? 'accepted' : judge(row, found.get(row.name)));
    const done = new Set(wave);
    rest = rest.filter((row) => !done.has(row));
  }
  return named.map((row) => ({ verdict: verdicts.get(row)!, input: row.input }));
}
