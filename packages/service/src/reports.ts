import { stringify } from 'csv-stringify/sync';
import * as z from 'zod';
import type { AccessRole } from './access.ts';
import type { Http } from './http.ts';

/**
 * Registers one report twice: `path` answers `{ rows }`, `path`.csv the same rows as a file.
 */
export function registerReport<Query extends z.ZodObject, Row extends z.ZodObject>(
  http: Http,
  report: {
    path: `/v1/reports/${string}`;
    summary: string;
    roles: readonly AccessRole[];
    query: Query;
    row: Row;
    read(query: z.infer<Query>): Promise<z.infer<Row>[]>;
  },
): void {
  const { path, summary, query: querystring, row, read } = report;
  const config = { access: { roles: report.roles } };
  http.get(
    path,
    { config, schema: { summary, querystring, response: { 200: z.object({ rows: z.array(row) }) } } },
    async ({ query }) => ({ rows: await read(query as z.infer<Query>) }) as never,
  );
  http.get(
    `${path}.csv`,
    { config, schema: { summary: `${summary}, as CSV`, querystring } },
    async ({ query }, reply) => {
      const columns = Object.keys(row.shape);
      const rows = await read(query as z.infer<Query>);
      const name = path.slice(path.lastIndexOf('/') + 1);
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}.csv"`)
        .serializer(String)
        .send(csv(columns, rows));
    },
  );
}

/**
 * A file for spreadsheets. Cells one would take for a formula are escaped; numbers stay numbers. It begins with a
 * byte-order mark, without which Excel reads Chinese wrongly.
 */
export function csv(columns: readonly string[], rows: readonly object[]): string {
  return `\uFEFF${stringify([...rows], { header: true, columns: [...columns], escape_formulas: true })}`;
}
