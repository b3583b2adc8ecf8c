import { Instant } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { registerReport } from '@heard/service/reports';
import type { Service } from '@heard/service/service';
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

const Advance = z.object({
  grantId: z.uuid(),
  caseId: z.uuid(),
  customerId: z.string(),
  by: z.string(),
  amount: z.int().meta({ description: 'Minor units.' }),
  currency: z.string(),
  grantedAt: z.string(),
  reconcileBy: z.string(),
  overdue: z.boolean(),
});

/** What compensation costs, and why; and what finance still has to match. */
export function registerCompensationReport({ http, database, clock, policies }: Service): void {
  registerReport(http, {
    path: '/v1/reports/unreconciled-advances',
    summary: 'Advance refunds that finance has not matched yet, oldest first',
    roles: [...insightRoles, 'approver'],
    query: z.object({}),
    row: Advance,
    async read() {
      const { reconcileWithin } = (await policies.current(database)).rca.flyWires;
      const { rows } = await sql<Omit<z.infer<typeof Advance>, 'grantedAt'> & { grantedAt: Date }>`
        select grant_id as "grantId", case_id as "caseId", customer_id as "customerId", requested_by as by,
               amount_minor::float8 as amount, currency, granted_at as "grantedAt"
          from grants where kind = 'advance-refund' and state = 'granted' and reconciled_at is null
         order by granted_at, grant_id`.execute(database);
      return rows.map(({ grantedAt, ...row }) => {
        const reconcileBy = new Date(grantedAt.getTime() + reconcileWithin);
        const overdue = reconcileBy <= clock.now();
        return { ...row, grantedAt: grantedAt.toISOString(), reconcileBy: reconcileBy.toISOString(), overdue };
      });
    },
  });

  registerReport(http, {
    path: '/v1/reports/compensation',
    summary: 'What was given, by agent, root cause or kind',
    roles: insightRoles,
    query: Query,
    row: Row,
    async read({ from, to, by }) {
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
    },
  });
}
