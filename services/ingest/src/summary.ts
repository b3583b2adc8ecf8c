import type { Database } from '@heard/bus/log';
import { type Http, registerSummaryRoute } from '@heard/service/http';
import { sql } from 'kysely';

/** How much has been taken in, for replays and dashboards. */
export function registerSummary(http: Http, database: Database): void {
  registerSummaryRoute(http, async () => {
    const { rows } = await sql<Record<string, number>>`
      select (select count(*)::int from inputs) as responses, (select count(*)::int from customer_values) as "customerValues"`.execute(
      database,
    );
    return rows[0]!;
  });
}
