import type { Database } from '@heard/bus/log';
import type { VersionedPolicy } from '@heard/service/policies';
import { type RawBuilder, sql } from 'kysely';
import { attributes, type CorpusFilter, ofCampaigns } from '../corpus/corpus-filter.ts';
import { type Answers, addHealth, type CustomerSaid, type HealthTotals, noTotals, type Said } from './impact.ts';

/** Segment and scale are not here: they are what is measured. */
export type ImpactFilter = Omit<CorpusFilter, 'segments' | 'scale'>;

const batch = 2_000;
const month = (365.25 / 12) * 86_400_000;

/** The NPS answers of a filter, and those among them that mention each theme. Under null: all. */
export async function readAnswers(
  database: Database,
  frameVersion: number,
  filter: ImpactFilter,
  { detractorMax, passiveMax }: { detractorMax: number; passiveMax: number },
): Promise<Map<string | null, Answers>> {
  const counts = sql`count(*)::int as of, count(*) filter (where score > ${passiveMax})::int as promoters,
    count(*) filter (where score <= ${detractorMax})::int as detractors`;
  const { rows } = await sql<Answers & { theme: string | null }>`
    with answers as (
      select c.score, t.mentions from comments c left join comment_themes t on t.feedback_id = c.feedback_id and t.frame_version = ${frameVersion}
       where c.scale = 'nps' and c.score is not null and ${narrowed(filter)})
    select null as theme, ${counts} from answers
    union all select theme, ${counts} from answers cross join lateral unnest(mentions) as theme group by theme`.execute(
    database,
  );
  return new Map(rows.map(({ theme, ...answers }) => [theme, answers]));
}

/** The health of every customer who said something of the filter in the policy's window up to `until`, added up. */
export async function readHealth(
  database: Database,
  frameVersion: number,
  filter: ImpactFilter,
  until: Date,
  { health }: VersionedPolicy['rca'],
): Promise<HealthTotals> {
  const from = new Date(until.getTime() - health.window);
  const within = (column: RawBuilder<unknown>) =>
    sql`${column} >= ${from.toISOString()}::timestamptz and ${column} < ${until.toISOString()}::timestamptz`;
  const { from: _, until: __, ...rest } = filter;
  const chosen = sql`${within(sql`c.occurred_at`)} and ${narrowed(rest)}`;
  const totals = noTotals();
  for (let last: string | null = ''; last !== null; ) {
    const { rows } = await sql<Omit<CustomerSaid, 'said'> & { customerId: string; said: Said[] }>`
      with speakers as (
        select distinct c.customer_id from comments c where c.customer_id > ${last} and ${chosen} order by c.customer_id limit ${batch}),
      cased as (
        select customer_id, count(*)::int as cases, count(resolved_at)::int as resolved
          from cases join speakers using (customer_id) where ${within(sql`opened_at`)} group by customer_id)
      select c.customer_id as "customerId", coalesce(k.cases, 0) as cases, coalesce(k.resolved, 0) as resolved,
             jsonb_agg(jsonb_build_object('nps', case when c.scale = 'nps' then c.score end, 'at', extract(epoch from c.occurred_at),
               'negativeWords', cardinality(c.terms), 'redLine', array_to_string(c.terms, E'\n') ~ '(^|\n)redLine/',
               'themes', coalesce(t.mentions, '{}'))) as said
        from comments c join speakers using (customer_id) left join cased k using (customer_id)
        left join comment_themes t on t.feedback_id = c.feedback_id and t.frame_version = ${frameVersion}
       where ${chosen} group by c.customer_id, k.cases, k.resolved order by c.customer_id`.execute(database);
    for (const customer of rows) addHealth(totals, customer, health.window / month, health);
    last = rows.length === batch ? rows.at(-1)!.customerId : null;
  }
  return totals;
}

/** Those without words count too. */
function narrowed({ from, until, ...filter }: ImpactFilter): RawBuilder<boolean> {
  const after = from ? sql`c.occurred_at >= ${from}::timestamptz` : sql`true`;
  const before = until ? sql`c.occurred_at < ${until}::timestamptz` : sql`true`;
  return sql<boolean>`${attributes(filter)} and ${ofCampaigns(filter)} and ${after} and ${before}`;
}
