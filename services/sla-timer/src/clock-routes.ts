import { Readable } from 'node:stream';
import type { Database } from '@heard/bus/log';
import { caseRoles, insightRoles } from '@heard/service/access';
import { registerSummaryRoute } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { stringify } from 'csv-stringify';
import { sql } from 'kysely';
import * as z from 'zod';
import { ClockBody, Cursor, Filter, listClocks } from './clock-list.ts';

const pageOfExport = 1_000;

export function registerClockRoutes({ database, http, recordScope }: Service): void {
  // Whoever does not see everything names the case, or asks for what is theirs.
  recordScope('clocks', async ({ query }, { personId }) => {
    const { caseId, owner } = query as Filter;
    return caseId !== undefined || owner === personId;
  });

  http.get(
    '/v1/clocks',
    {
      config: { access: { roles: [...caseRoles, 'analyst', 'admin', 'system'], record: 'clocks' } },
      schema: {
        summary: 'Clocks by due time: those a number of a report counts, of one case, or that run out next',
        querystring: Filter.extend({
          cursor: Cursor.optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(ClockBody), next: z.string().optional() }) },
      },
    },
    async ({ query: { cursor, limit, ...filter } }) => {
      const { items, next } = await listClocks(database, filter, cursor, limit);
      return { items, ...(next && { next: Buffer.from(next.join(' ')).toString('base64url') }) };
    },
  );

  http.get(
    '/v1/clocks.csv',
    {
      config: { access: { roles: insightRoles } },
      schema: { summary: 'The same clocks as a file for spreadsheets', querystring: Filter },
    },
    async ({ query }, reply) => {
      const lines = stringify({
        header: true,
        columns: Object.keys(ClockBody.shape),
        escape_formulas: true,
        bom: true,
      });
      const rows = Readable.from(everyClock(database, query));
      rows.on('error', (error) => lines.destroy(error));
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="clocks.csv"')
        .send(rows.pipe(lines));
    },
  );

  registerSummaryRoute(http, async () => {
    const { rows } = await sql<Record<string, number>>`
      select count(*)::int as clocks, count(*) filter (where state = 'running')::int as "runningClocks",
             count(*) filter (where state = 'paused')::int as "pausedClocks",
             count(*) filter (where state = 'breached')::int as "breachedClocks" from clocks`.execute(database);
    return rows[0]!;
  });
}

async function* everyClock(database: Database, filter: Filter): AsyncGenerator<ClockBody> {
  let after: z.output<typeof Cursor> | undefined;
  do {
    const { items, next } = await listClocks(database, filter, after, pageOfExport);
    yield* items;
    after = next;
  } while (after);
}
