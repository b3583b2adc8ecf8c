import type { Database } from '@heard/bus/log';
import { insightRoles } from '@heard/service/access';
import { registerReport } from '@heard/service/reports';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { condition, Filter, results } from './clock-list.ts';

const count = z.int();
const Row = z.object({
  key: z.string().meta({ description: 'The kind, person, team or priority; empty: clocks without one.' }),
  started: count,
  running: count,
  met: count.meta({ description: 'In time, those by the protocol among them.' }),
  metByProtocol: count.meta({ description: 'The customer was silent, and every attempt was made in time.' }),
  missed: count.meta({ description: 'Ended too late.' }),
  breachedOpen: count.meta({ description: 'Too late, and still not ended.' }),
  cancelled: count,
  customers: count,
  inTimeRate: z.number().nullable().meta({ description: 'Of those that ended or are too late; null: none.' }),
  medianSeconds: z.number().nullable().meta({ description: 'From start to end of those that ended, in natural time.' }),
});
type Row = z.infer<typeof Row>;

/** What a report is by, and the column a list of GET /v1/clocks is narrowed by to hold what a number counts. */
const keys = { kind: 'kind', person: 'owner', team: 'team', priority: 'priority' } as const;

const Query = Filter.pick({ kind: true, priority: true, owner: true, team: true }).extend({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  by: z.enum(['kind', 'person', 'team', 'priority']).default('kind'),
});

export function registerReportRoutes({ http, database }: Service): void {
  registerReport(http, {
    path: '/v1/reports/sla',
    summary: 'What came of the clocks started in a time; /v1/clocks with the same filters lists those of a number',
    roles: insightRoles,
    query: Query,
    row: Row,
    read: (query) => report(database, query),
  });
}

async function report(database: Database, { by, ...filter }: z.output<typeof Query>): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select *, met::float8 / nullif(met + missed + "breachedOpen", 0) as "inTimeRate" from (
      select coalesce(${sql.ref(keys[by])}, '') as key, count(*)::int as started,
             count(*) filter (where ${results.running})::int as running,
             count(*) filter (where ${results.met})::int as met,
             count(*) filter (where ${results['met-by-protocol']})::int as "metByProtocol",
             count(*) filter (where ${results.missed})::int as missed,
             count(*) filter (where ${results['breached-open']})::int as "breachedOpen",
             count(*) filter (where ${results.cancelled})::int as cancelled,
             count(distinct customer_id)::int as customers,
             percentile_cont(0.5) within group (order by extract(epoch from ended_at - started_at))
               filter (where state in ('met', 'missed'))::float8 as "medianSeconds"
        from clocks where ${condition(filter)} group by 1) counted
     order by key`.execute(database);
  return rows;
}
