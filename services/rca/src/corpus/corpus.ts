import type { Tx } from '@heard/bus/log';
import type { Event } from '@heard/events/event';
import { type RawBuilder, sql } from 'kysely';

/** Wakes whoever finds themes, when this transaction commits. */
export async function wakeAnalyst(tx: Tx): Promise<void> {
  await sql`select pg_notify('heard.analyst', 'rca')`.execute(tx);
}

/**
 * Saves comments, and marks those whose themes are to be found anew: with words, or with words before, and graded; what is
 * not graded yet is no part of the corpus and would only be counted twice.
 */
async function save(tx: Tx, upsert: RawBuilder<unknown>): Promise<void> {
  const { rows } = await sql`
    with saved as (${upsert} returning feedback_id, revision, triaged_revision, comment)
    insert into pending_comments (feedback_id) select feedback_id from saved where triaged_revision > 0 and (comment <> '' or revision > 1) returning place`.execute(
    tx,
  );
  if (rows.length > 0) await wakeAnalyst(tx);
}

/** Keeps the newest revision of what was said. */
export async function saveSaid(tx: Tx, events: readonly Event<'feedback.received'>[]): Promise<void> {
  const said = newest(events).map((event) => event.data);
  if (said.length === 0) return;
  const upsert = sql`
    insert into comments (feedback_id, revision, customer_id, kind, channel, product, scale, score, comment, occurred_at, campaign, reasons)
    select s.a, s.b, s.c, s.d, s.e, s.f, s.g, s.h, s.i, s.j, s.k, array(select jsonb_array_elements_text(s.l)) from unnest(${said.map((d) => d.feedbackId)}::uuid[], ${said.map((d) => d.revision)}::int[], ${said.map((d) => d.customerId)}::text[],
      ${said.map((d) => d.kind)}::text[], ${said.map((d) => d.channel)}::text[], ${said.map((d) => d.product ?? null)}::text[],
      ${said.map((d) => d.score?.scale ?? null)}::text[], ${said.map((d) => d.score?.value ?? null)}::int[],
      ${said.map((d) => d.comment?.replaceAll('\0', '') ?? null)}::text[], ${said.map((d) => d.occurredAt)}::timestamptz[],
      ${said.map((d) => d.campaign ?? null)}::text[], ${said.map((d) => JSON.stringify([...new Set(d.reasons)]))}::jsonb[])
      as s (a, b, c, d, e, f, g, h, i, j, k, l)
    on conflict (feedback_id) do update set revision = excluded.revision, customer_id = excluded.customer_id, kind = excluded.kind,
      channel = excluded.channel, product = excluded.product, scale = excluded.scale, score = excluded.score,
      comment = excluded.comment, occurred_at = excluded.occurred_at, campaign = excluded.campaign, reasons = excluded.reasons
      where comments.revision <= excluded.revision`;
  await save(tx, upsert);
}

/** Keeps the newest verdict of triage. */
export async function saveTriaged(tx: Tx, events: readonly Event<'feedback.triaged'>[]): Promise<void> {
  const triaged = newest(events).map((event) => event.data);
  if (triaged.length === 0) return;
  const terms = triaged.map((d) =>
    [...new Set(d.hits.map((hit) => `${hit.list}/${hit.category}/${hit.term}`))].join('\n'),
  );
  const upsert = sql`
    insert into comments (feedback_id, revision, segment, priority, triaged_revision, terms, high_value)
    select t.a, 0, t.b, t.c, t.d, coalesce(string_to_array(nullif(t.e, ''), E'\n'), '{}'), t.f from unnest(
      ${triaged.map((d) => d.feedbackId)}::uuid[], ${triaged.map((d) => d.segment)}::text[], ${triaged.map((d) => d.priority)}::text[],
      ${triaged.map((d) => d.revision)}::int[], ${terms}::text[],
      ${triaged.map((d) => d.customer.highValue)}::bool[]) as t (a, b, c, d, e, f)
    on conflict (feedback_id) do update set segment = excluded.segment, priority = excluded.priority,
      triaged_revision = excluded.triaged_revision, terms = excluded.terms, high_value = excluded.high_value
      where comments.triaged_revision <= excluded.triaged_revision`;
  await save(tx, upsert);
}

/** Keeps the newest version of what the CRM says; what a newer version leaves out is unknown again. */
export async function saveCustomers(tx: Tx, events: readonly Event<'customer.value-changed'>[]): Promise<void> {
  const values = [...Map.groupBy(events, ({ data }) => data.customerId).values()].map(
    (same) => same.reduce((a, b) => (b.data.version >= a.data.version ? b : a)).data,
  );
  if (values.length === 0) return;
  await sql`
    insert into customers (customer_id, version, value_minor, value_currency, customer_since, churned_at, name)
    select * from unnest(${values.map((d) => d.customerId)}::text[], ${values.map((d) => d.version)}::bigint[],
      ${values.map((d) => d.lifetimeValue?.amount ?? null)}::bigint[], ${values.map((d) => d.lifetimeValue?.currency ?? null)}::text[],
      ${values.map((d) => d.customerSince ?? null)}::timestamptz[], ${values.map((d) => d.churnedAt ?? null)}::timestamptz[],
      ${values.map((d) => d.name ?? null)}::text[])
    on conflict (customer_id) do update set version = excluded.version, value_minor = excluded.value_minor,
      value_currency = excluded.value_currency, customer_since = excluded.customer_since, churned_at = excluded.churned_at,
      name = excluded.name
      where customers.version <= excluded.version`.execute(tx);
}

function newest<E extends { data: { feedbackId: string } }>(events: readonly E[]): E[] {
  return [...new Map(events.map((event) => [event.data.feedbackId, event])).values()];
}
