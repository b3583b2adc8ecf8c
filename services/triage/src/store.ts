import { lines } from '@heard/bus/lines';
import type { Tx } from '@heard/bus/log';
import { write } from '@heard/bus/write';
import type { Priority } from '@heard/events/vocabulary';
import { sql } from 'kysely';
import type { Inputs } from './triage.ts';

export interface Customer {
  customerId: string;
  version: number;
  ltvAmount: number | null;
  ltvCurrency: string | null;
  valueClass: 'high' | 'ordinary' | null;
  csmId: string | null;
  timeZone: string | null;
}

export interface Feedback {
  feedbackId: string;
  customerId: string;
  revision: number;
  csat: number | null;
  receivedAt: string;
  segment: string | null;
  priority: Priority | null;
  rule: string;
  policyVersion: number;
  inputs: Inputs;
  regraded: object | null;
}

export async function loadCustomers(tx: Tx, ids: readonly string[]): Promise<Map<string, Customer>> {
  const { rows } = await sql<Customer & { version: string; ltvAmount: string | null }>`
    select customer_id as "customerId", version, ltv_amount as "ltvAmount", ltv_currency as "ltvCurrency",
           value_class as "valueClass", csm_id as "csmId", time_zone as "timeZone"
      from customers where customer_id = any (${ids}::text[])`.execute(tx);
  return new Map(
    rows.map((row) => [
      row.customerId,
      { ...row, version: Number(row.version), ltvAmount: row.ltvAmount === null ? null : Number(row.ltvAmount) },
    ]),
  );
}

export async function saveCustomers(tx: Tx, customers: readonly Customer[]): Promise<void> {
  if (customers.length === 0) return;
  const of = <K extends keyof Customer>(field: K) => customers.map((customer) => customer[field]);
  await sql`
    insert into customers (customer_id, version, ltv_amount, ltv_currency, value_class, csm_id, time_zone)
    select * from unnest(${of('customerId')}::text[], ${of('version')}::bigint[], ${of('ltvAmount')}::bigint[], ${of('ltvCurrency')}::text[],
      ${of('valueClass')}::text[], ${of('csmId')}::text[], ${of('timeZone')}::text[])
    on conflict (customer_id) do update set version = excluded.version, ltv_amount = excluded.ltv_amount,
      ltv_currency = excluded.ltv_currency, value_class = excluded.value_class, csm_id = excluded.csm_id,
      time_zone = excluded.time_zone
      where customers.version < excluded.version`.execute(tx);
}

/** The last CSAT scores of each customer, newest last, without the feedback named. */
export async function loadCsatTrails(
  tx: Tx,
  ids: readonly string[],
  length: number,
): Promise<Map<string, CsatScore[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<CsatScore & { customerId: string }>`
    select c.id as "customerId", f.feedback_id as "feedbackId", f.csat as value
      from unnest(${ids}::text[]) as c (id) cross join lateral (
        select feedback_id, csat, received_at from feedback
         where customer_id = c.id and csat is not null order by received_at desc limit ${length}) f
     order by f.received_at`.execute(tx);
  return Map.groupBy(rows, (row) => row.customerId);
}

export interface CsatScore {
  feedbackId: string;
  value: number;
}

/** Feedback of these customers that made a case within the window: what a new customer value may raise. */
export async function loadRaisable(tx: Tx, ids: readonly string[], since: Date): Promise<Feedback[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Omit<Feedback, 'inputs'> & { inputs: string }>`
    select f.* from unnest(${ids}::text[]) as wanted (id) cross join lateral (
      select ${feedbackColumns} from feedback
       where customer_id = wanted.id and received_at >= ${since.toISOString()} and priority in ('P1', 'P2')
       order by received_at) f`.execute(tx);
  return rows.map((row) => ({ ...row, inputs: JSON.parse(row.inputs) as Inputs }));
}

export async function loadFeedback(tx: Tx, feedbackId: string): Promise<Feedback | undefined> {
  const { rows } = await sql<Omit<Feedback, 'inputs'> & { inputs: string }>`
    select ${feedbackColumns} from feedback where feedback_id = ${feedbackId}`.execute(tx);
  return rows[0] && { ...rows[0], inputs: JSON.parse(rows[0].inputs) as Inputs };
}

export async function saveFeedback(tx: Tx, feedback: readonly Feedback[]): Promise<void> {
  if (feedback.length === 0) return;
  const of = (field: Exclude<keyof Feedback, 'inputs' | 'regraded'>) => lines(feedback.map((one) => one[field]));
  const json = (field: 'inputs' | 'regraded') => lines(feedback.map((one) => one[field] && JSON.stringify(one[field])));
  await write(
    tx,
    sql`
    insert into feedback (feedback_id, customer_id, revision, csat, received_at, segment, priority, rule, policy_version, inputs, regraded)
    select t.feedback_id::uuid, t.customer_id, t.revision::int, t.csat::int, t.received_at::timestamptz, t.segment, t.priority, t.rule,
           t.policy_version::int, t.inputs, t.regraded::jsonb
      from rows from (${of('feedbackId')}, ${of('customerId')}, ${of('revision')}, ${of('csat')}, ${of('receivedAt')}, ${of('segment')},
        ${of('priority')}, ${of('rule')}, ${of('policyVersion')}, ${json('inputs')}, ${json('regraded')})
        as t (feedback_id, customer_id, revision, csat, received_at, segment, priority, rule, policy_version, inputs, regraded)
    on conflict (feedback_id) do update set customer_id = excluded.customer_id, revision = excluded.revision,
      csat = excluded.csat, received_at = excluded.received_at, segment = excluded.segment, priority = excluded.priority,
      rule = excluded.rule, policy_version = excluded.policy_version, inputs = excluded.inputs, regraded = excluded.regraded`,
  );
}

const feedbackColumns = sql.raw(`feedback_id as "feedbackId", customer_id as "customerId", revision, csat,
  to_char(received_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "receivedAt", segment, priority, rule,
  policy_version as "policyVersion", inputs, regraded`);
