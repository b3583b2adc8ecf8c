import type { Database, Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';
import type { Customer } from './association.ts';

export interface CustomersOfThemes {
  customers: Customer[];
  leftOut: {
    /** Of everything: they said nothing of the filter before they left. */
    onlyAfterLeaving: number;
    /** Of the adjusted model. */
    tenureUnknown: number;
    /** Of the adjusted model; a value in another currency than most is not known either. */
    valueUnknown: number;
  };
}

/**
 * The customers of a filter with the themes they named and whether they left. They left when the CRM says so, when they
 * answered an exit survey, or when their case was closed as lost, whichever was first. Only what they named before counts:
 * whoever leaves is asked why, so themes named while leaving go together with leaving by themselves. Tenure is that at the
 * first of these comments, the channel the one most used, the segment that of the latest.
 */
export async function customersOfThemes(
  db: Database | Tx,
  frameVersion: number,
  filter: CorpusFilter,
  now: Date,
): Promise<CustomersOfThemes> {
  const { rows } = await sql<Row>`
    with exits as (
      select customer_id, min(at) as left_at from (
        select customer_id, churned_at as at from customers
        union all select customer_id, occurred_at from comments where kind = 'exit-survey'
        union all select customer_id, closed_at from cases where outcome = 'lost') e
       where at <= ${now.toISOString()}::timestamptz group by customer_id),
    said as (
      select c.*, t.mentions, e.left_at, c.kind is distinct from 'exit-survey' and (e.left_at is null or c.occurred_at < e.left_at) as counts
        from comment_themes t join comments c using (feedback_id) left join exits e using (customer_id)
       where t.frame_version = ${frameVersion} and c.customer_id is not null and ${matching(filter)}),
    named as (
      select customer_id, array_agg(distinct theme) as themes from said cross join lateral unnest(mentions) as theme where counts group by customer_id)
    select s.customer_id as "customerId", bool_or(s.counts) as counts, bool_or(s.left_at is not null) as churned,
           coalesce(n.themes, '{}') as themes, mode() within group (order by s.channel) filter (where s.counts) as channel,
           coalesce((array_agg(s.segment order by s.occurred_at desc, s.feedback_id) filter (where s.counts))[1], 'none') as segment,
           extract(epoch from min(s.occurred_at) filter (where s.counts) - k.customer_since)::float8 / 86400 as "tenureDays",
           k.value_minor::float8 as "valueMinor", k.value_currency as currency
      from said s left join named n using (customer_id) left join customers k using (customer_id)
     group by s.customer_id, n.themes, k.customer_since, k.value_minor, k.value_currency
     order by s.customer_id`.execute(db);
  const counted = rows.filter(({ counts }) => counts);
  const currency = mostCommon(counted.flatMap((row) => row.currency ?? []));
  const customers = counted.map(({ churned, themes, channel, segment, tenureDays, ...row }) => ({
    ...{ churned, themes, channel: channel ?? 'none', segment },
    tenureDays: tenureDays === null ? null : Math.max(0, tenureDays),
    valueMinor: row.currency === currency ? row.valueMinor : null,
  }));
  return {
    customers,
    leftOut: {
      onlyAfterLeaving: rows.length - counted.length,
      tenureUnknown: customers.filter(({ tenureDays }) => tenureDays === null).length,
      valueUnknown: customers.filter(({ valueMinor }) => valueMinor === null).length,
    },
  };
}

interface Row {
  counts: boolean;
  churned: boolean;
  themes: string[];
  channel: string | null;
  segment: string;
  tenureDays: number | null;
  valueMinor: number | null;
  currency: string | null;
}

function mostCommon(values: readonly string[]): string | undefined {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.sort(([a, left], [b, right]) => right.length - left.length || (a < b ? -1 : 1))[0]?.[0];
}
