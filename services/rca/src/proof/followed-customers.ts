import type { Database } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type RawBuilder, sql } from 'kysely';
import type { Followed } from './recovery-paradox.ts';

/** Cases opened in [from, until); customers are followed for so many months from `until` on. All begin a month. */
export interface Cohort {
  from: string;
  until: string;
  months: number;
  currency: string;
}

/** More than this on the treated side is refused: matching looks at every pair of a stratum. */
export const mostTreated = 20_000;
/** Of more controls a repeatable sample is taken, by the hash of their ids. */
export const mostControls = 20_000;

export interface Sides {
  recovered: Followed[];
  controls: Followed[];
  /** Of how many the controls are. */
  controlsOf: number;
}

/**
 * Who is compared. All were customers before `from` and still at `until`, from when both sides are followed: who leaves
 * before could not have been recovered, and would make recovery look good (J. R. Anderson, K. C. Cain, R. D. Gelber,
 * Journal of Clinical Oncology 1 (1983) 710–719: the landmark). Alike are those of the same currency, tenure, value and
 * spending in as many months before `from`; against the unreached also of the same priority.
 */
export async function readSides(db: Database, cohort: Cohort, against: 'never-failed' | 'unreached'): Promise<Sides> {
  const { from, until } = cohort;
  const opened = sql`k.customer_id = c.customer_id and k.opened_at < ${until}::timestamptz`;
  const inTime = sql`${opened} and k.opened_at >= ${from}::timestamptz`;
  const recovered = sql<boolean>`exists (select from cases k where ${inTime} and k.recovered and k.resolved_at < ${until}::timestamptz)`;
  const unreached = sql<boolean>`exists (select from cases k where ${inTime})
    and not exists (select from cases k where ${opened} and (k.contacted_at < ${until}::timestamptz or k.recovered))`;
  const neverFailed = sql<boolean>`not exists (select from cases k where ${opened})
    and not exists (select from comments d where d.customer_id = c.customer_id and d.segment = 'detractor' and d.occurred_at < ${until}::timestamptz)`;
  const byPriority = against === 'unreached';
  const treated = await read(db, cohort, recovered, byPriority, mostTreated + 1);
  if (treated.people.length > mostTreated) {
    throw new Rejection(
      'too-many-customers',
      `more than ${mostTreated} customers were recovered in this time; take a shorter one`,
    );
  }
  const controls = await read(db, cohort, byPriority ? unreached : neverFailed, byPriority, mostControls);
  return { recovered: treated.people, controls: controls.people, controlsOf: controls.of };
}

interface Row {
  id: string;
  stratum: string;
  tenure: number;
  value: number;
  earlier: number;
  retained: boolean;
  revenue: number;
  of: number;
}

async function read(
  db: Database,
  { from, until, months, currency }: Cohort,
  side: RawBuilder<boolean>,
  byPriority: boolean,
  most: number,
): Promise<{ people: Followed[]; of: number }> {
  const end = sql`(${until}::timestamptz at time zone 'utc' + ${months} * interval '1 month') at time zone 'utc'`;
  const spent = (first: RawBuilder<unknown>, last: RawBuilder<unknown>) => sql`
    coalesce((select sum(o.revenue_minor) from customer_outcomes o where o.customer_id = c.customer_id and o.currency = ${currency}
       and o.month >= ${first} and o.month < ${last}), 0)::float8`;
  const day = (at: string) => sql`${at.slice(0, 10)}::date`;
  const { rows } = await sql<Row>`
    select c.customer_id as id, coalesce(c.value_currency, '') ${byPriority ? sql`|| ' ' || (select min(k.priority) from cases k where k.customer_id = c.customer_id and k.opened_at >= ${from}::timestamptz and k.opened_at < ${until}::timestamptz)` : sql``} as stratum,
           extract(epoch from ${from}::timestamptz - c.customer_since)::float8 / 86400 as tenure, coalesce(c.value_minor, 0)::float8 as value,
           ${spent(sql`${day(from)} - ${months} * interval '1 month'`, day(from))} as earlier,
           (c.churned_at is null or c.churned_at >= ${end}) as retained,
           ${spent(day(until), sql`${day(until)} + ${months} * interval '1 month'`)} as revenue,
           (count(*) over ())::int as of
      from customers c
     where c.customer_since < ${from}::timestamptz and (c.churned_at is null or c.churned_at >= ${until}::timestamptz) and ${side}
     order by md5(c.customer_id) limit ${most}`.execute(db);
  const people = rows.map(({ id, stratum, tenure, value, earlier, retained, revenue }) => ({
    ...{ id, stratum, retained, revenueMinor: revenue },
    // Spending is far from evenly spread; its logarithm is nearer to it.
    near: [tenure, Math.log1p(Math.max(0, value)), Math.log1p(Math.max(0, earlier))],
  }));
  return { people, of: rows[0]?.of ?? 0 };
}
