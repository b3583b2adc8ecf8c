import { createHash } from 'node:crypto';
import type { Database, Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Principal } from './access.ts';
import type { Http } from './http.ts';

/** What the audit log takes from a request. */
export interface ChangingRequest {
  principal: Principal;
  method: string;
  routeOptions: { url?: string };
  params: unknown;
  body?: unknown;
}

/** Puts one change on record, in its transaction. Nothing of the body is kept but its hash. */
export async function appendAudit(
  tx: Tx,
  request: ChangingRequest,
  change: { record?: string; version?: number; at: Date },
): Promise<void> {
  const { principal, method, routeOptions, params, body } = request;
  const [parameter] = Object.values((params ?? {}) as Record<string, string>);
  const hash = createHash('sha256')
    .update(JSON.stringify(body ?? null))
    .digest('hex');
  await sql`
    insert into audit_log (at, person_id, roles, method, route, record, request, version)
    values (${change.at.toISOString()}, ${principal.personId}, ${principal.roles}::text[], ${method},
      ${routeOptions.url ?? ''}, ${change.record ?? parameter ?? null}, ${hash}, ${change.version ?? null})`.execute(
    tx,
  );
}

const Entry = z.object({
  entryId: z.string(),
  at: z.string(),
  personId: z.string(),
  roles: z.array(z.string()),
  method: z.string(),
  route: z.string(),
  record: z.string().nullable(),
  request: z.string().meta({ description: 'SHA-256 of the body as it was understood, in hex.' }),
  version: z.int().nullable(),
});

/** GET /v1/audit-log: who changed what, newest first. */
export function registerAuditLogRoute(http: Http, database: Database): void {
  http.get(
    '/v1/audit-log',
    {
      config: { access: { roles: ['admin', 'supervisor'] } },
      schema: {
        summary: 'Who changed what by HTTP, newest first',
        querystring: z.object({
          record: z.string().optional(),
          person: z.string().optional(),
          cursor: z
            .string()
            .regex(/^\d{1,18}$/)
            .optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(Entry), next: z.string().nullable() }) },
      },
    },
    async ({ query }) => {
      const { rows } = await sql<z.infer<typeof Entry>>`
        select entry_id::text as "entryId", to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
               person_id as "personId", roles, method, route, record, request, version from audit_log
         where (${query.record ?? null}::text is null or record = ${query.record ?? null})
           and (${query.person ?? null}::text is null or person_id = ${query.person ?? null})
           and (${query.cursor ?? null}::bigint is null or entry_id < ${query.cursor ?? null}::bigint)
         order by audit_log.entry_id desc limit ${query.limit}`.execute(database);
      return { items: rows, next: rows.length === query.limit ? (rows.at(-1)?.entryId ?? null) : null };
    },
  );
}
