import { caseRoles } from '@heard/service/access';
import { registerSummaryRoute } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';

const ClockBody = z.object({
  clockId: z.uuid(),
  caseId: z.uuid(),
  customerId: z.string(),
  kind: z.string(),
  cycle: z.int(),
  priority: z.string(),
  state: z.string(),
  startedAt: z.string(),
  dueAt: z.string(),
  warnedPercent: z.int(),
  endedAt: z.string().nullable(),
  breachedAt: z.string().nullable(),
});

export function registerRoutes({ database, http, recordScope }: Service): void {
  // This service knows no owners: whoever does not see everything must be able to name the case.
  recordScope('clocks', async ({ query }) => (query as { caseId?: string }).caseId !== undefined);

  http.get(
    '/v1/clocks',
    {
      config: { access: { roles: [...caseRoles, 'analyst', 'admin', 'system'], record: 'clocks' } },
      schema: {
        summary: 'Clocks by due time: of one case, or those that run out next',
        querystring: z.object({
          caseId: z.uuid().optional(),
          state: z.enum(['running', 'breached', 'met', 'missed', 'cancelled']).optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(ClockBody) }) },
      },
    },
    async ({ query }) => {
      const instant = (column: string) =>
        sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
      const { rows } = await sql<z.infer<typeof ClockBody>>`
        select clock_id as "clockId", case_id as "caseId", customer_id as "customerId", kind, cycle, priority, state,
               ${instant('started_at')} as "startedAt", ${instant('due_at')} as "dueAt", warned_percent as "warnedPercent",
               ${instant('ended_at')} as "endedAt", ${instant('breached_at')} as "breachedAt"
          from clocks
         where (${query.caseId ?? null}::uuid is null or case_id = ${query.caseId ?? null}::uuid)
           and (${query.state ?? null}::text is null or state = ${query.state ?? null})
         order by due_at, clock_id limit ${query.limit}`.execute(database);
      return { items: rows };
    },
  );

  registerSummaryRoute(http, async () => {
    const { rows } = await sql<Record<string, number>>`
      select count(*)::int as clocks, count(*) filter (where state = 'running')::int as "runningClocks",
             count(*) filter (where state = 'breached')::int as "breachedClocks" from clocks`.execute(database);
    return rows[0]!;
  });
}
