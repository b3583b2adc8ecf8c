import { Instant } from '@heard/events/vocabulary';
import type { Service } from '@heard/service/service';
import { stringify } from 'csv-stringify/sync';
import { sql } from 'kysely';
import * as z from 'zod';
import { matching } from './grant-list.ts';

const columns = { agent: 'g.requested_by', 'root-cause': "coalesce(c.root_cause, '')", kind: 'g.kind' } as const;
const filters = { agent: 'agent', 'root-cause': 'rootCause', kind: 'kind' } as const;

const Query = z.object({
  from: Instant,
  to: Instant.meta({ description: 'Not included.' }),
  by: z.enum(['agent', 'root-cause', 'kind']).default('kind'),
});
const Row = z.object({
  key: z.string().meta({ description: 'An empty root cause: the case has none yet.' }),
  currency: z.string(),
  grants: z.int(),
  granted: z.int().meta({ description: 'Minor units, of what was granted in the time.' }),
  reversed: z.int().meta({ description: 'Minor units, of that what was taken back, whenever.' }),
  net: z.int(),
  list: z.string().meta({ description: 'The grants behind the numbers.' }),
});
type Row = z.infer<typeof Row>;

const access = { config: { access: { roles: ['supervisor', 'director'], record: 'case' } } as object };

/** What compensation costs, and why. */
export function registerCompensationReport({ http, database }: Service): void {
  http.get(
    '/v1/reports/compensation',
    {
      ...access,
      schema: {
        summary: 'What was given, by agent, root cause or kind',
        querystring: Query,
        response: { 200: z.object({ rows: z.array(Row) }) },
      },
    },
    async ({ query }) => ({ rows: await read(query) }),
  );

  http.get(
    '/v1/reports/compensation.csv',
    {
      ...access,
      schema: { summary: 'The same as CSV; cells that a spreadsheet would compute are escaped', querystring: Query },
    },
    async ({ query }, reply) => {
      const csv = stringify(await read(query), {
        header: true,
        columns: Object.keys(Row.shape),
        escape_formulas: true,
      });
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="compensation.csv"')
        .serializer(String)
        .send(`\uFEFF${csv}`);
    },
  );

  async function read({ from, to, by }: z.infer<typeof Query>): Promise<Row[]> {
    const { rows } = await sql<Omit<Row, 'list' | 'net'>>`
      select ${sql.raw(columns[by])} as key, g.currency, count(*)::int as grants, sum(g.amount_minor)::float8 as granted,
             coalesce(sum(g.amount_minor) filter (where g.state = 'reversed'), 0)::float8 as reversed
        from grants g join cases c using (case_id) where ${matching({ from, to })}
       group by 1, 2 order by granted desc, key`.execute(database);
    return rows.map((row) => ({
      ...row,
      net: row.granted - row.reversed,
      list: `/v1/grants?${new URLSearchParams({ [filters[by]]: row.key, from, to })}`,
    }));
  }
}
