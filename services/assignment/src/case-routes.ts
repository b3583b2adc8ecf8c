import { ContactChannel, text } from '@heard/events/vocabulary';
import { caseRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Command } from './case.ts';
import { command } from './commands.ts';
import { visibleCases } from './scope.ts';
import { type CaseFile, caseColumns, instant } from './store.ts';

const CaseBody = z.object({
  caseId: z.uuid(),
  customerId: z.string(),
  state: z.string(),
  priority: z.string(),
  version: z.int(),
  feedbackId: z.uuid(),
  csmId: z.string().nullable(),
  owner: z.string().nullable(),
  ownerRole: z.string().nullable(),
  receivedAt: z.string(),
  openedAt: z.string(),
  contactedAt: z.string().nullable(),
  rootCause: z.string().nullable(),
});
const Answer = z.object({ caseId: z.uuid(), state: z.string(), version: z.int(), owner: z.string().nullable() });

/** Where the last page ended: when that case was opened, and its id. */
const Cursor = z
  .string()
  .transform((cursor) => Buffer.from(cursor, 'base64url').toString().split(' '))
  .pipe(z.tuple([z.iso.datetime(), z.uuid()], 'is not a cursor of this list'));

export function registerCaseRoutes(service: Service): void {
  const { http } = service;
  registerReading(service);

  move(
    'attempts',
    'Record an attempt to reach the customer',
    { channel: ContactChannel, outcome: text(200).min(1) },
    (body) => ({ do: 'attempt', ...body }),
  );
  move('contacts', 'Record a live contact', { channel: ContactChannel }, (body, policy, file) => ({
    do: 'contact',
    ...body,
    allowed: policy.contact.channels[file.priority],
  }));
  move(
    'park',
    'Put the case to rest; anything the customer says brings it back',
    { reason: text(500).min(1) },
    (body) => ({ do: 'park', ...body }),
  );
  move('resolve', 'Resolve with the diagnosed root cause', { rootCause: text(500).min(1) }, (body) => ({
    do: 'resolve',
    ...body,
  }));
  move('reopen', 'Take up a parked, resolved or observed case again', {}, (body) => ({ do: 'reopen', ...body }));
  move('close', 'End the case', { outcome: z.enum(['recovered', 'lost', 'invalid']) }, (body) => ({
    do: 'close',
    ...body,
  }));

  function move<Shape extends z.ZodRawShape>(
    name: string,
    summary: string,
    shape: Shape,
    build: (body: z.infer<z.ZodObject<Shape>> & By, policy: VersionedPolicy, file: CaseFile) => Command,
  ) {
    http.post(
      `/v1/cases/:caseId/${name}`,
      {
        config: { access: { roles: caseRoles, record: 'case' } },
        schema: {
          summary,
          params: z.object({ caseId: z.uuid() }),
          headers: z.object({
            'idempotency-key': z.string().min(1).max(200).optional(),
            'if-match': z
              .string()
              .regex(/^"?\d+"?$/, 'must be a case version')
              .optional(),
          }),
          body: z.strictObject(shape),
          response: { 200: Answer, 404: Problem, 409: Problem },
        },
      },
      async (request) => {
        const { params, headers } = request;
        const body = { ...(request.body as z.infer<z.ZodObject<Shape>>), by: request.principal.personId };
        const ifMatch = headers['if-match'] === undefined ? undefined : Number(headers['if-match'].replaceAll('"', ''));
        const sent = { idempotencyKey: headers['idempotency-key'], ifMatch };
        return command(service, request, params.caseId, sent, (policy, file) => build(body, policy, file));
      },
    );
  }
}

/** The actor: whoever the token names. */
interface By {
  by: string;
}

function registerReading(service: Service): void {
  const { database, http } = service;

  http.get(
    '/v1/cases',
    {
      config: { access: { roles: [...caseRoles, 'analyst'] } },
      schema: {
        summary: 'Cases you may see, newest first',
        querystring: z.object({
          state: z.string().optional(),
          owner: z.string().optional(),
          customerId: z.string().optional(),
          priority: z.enum(['P0', 'P1', 'P2']).optional(),
          cursor: Cursor.optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(CaseBody), next: z.string().nullable() }) },
      },
    },
    async (request) => {
      const { query } = request;
      const [openedAt, caseId] = query.cursor ?? [];
      const { rows } = await sql<z.infer<typeof CaseBody>>`
        select ${caseColumns} from cases
         where ${await visibleCases(service, request)}
           and (${query.state ?? null}::text is null or state = ${query.state ?? null})
           and (${query.owner ?? null}::text is null or owner = ${query.owner ?? null})
           and (${query.customerId ?? null}::text is null or customer_id = ${query.customerId ?? null})
           and (${query.priority ?? null}::text is null or priority = ${query.priority ?? null})
           and (${openedAt ?? null}::timestamptz is null or (opened_at, case_id) < (${openedAt ?? null}::timestamptz, ${caseId ?? null}::uuid))
         order by opened_at desc, case_id desc limit ${query.limit}`.execute(database);
      const last = rows.at(-1);
      const next =
        last && rows.length === query.limit
          ? Buffer.from(`${last.openedAt} ${last.caseId}`).toString('base64url')
          : null;
      return { items: rows, next };
    },
  );

  http.get(
    '/v1/cases/:caseId',
    {
      config: { access: { roles: [...caseRoles, 'analyst'], record: 'case' } },
      schema: {
        summary: 'One case with its history and the feedback it is about',
        params: z.object({ caseId: z.uuid() }),
        response: {
          200: CaseBody.extend({
            history: z.array(z.object({ version: z.int(), type: z.string(), at: z.string(), data: z.unknown() })),
            feedback: z.array(z.uuid()),
          }),
          404: Problem,
        },
      },
    },
    async ({ params }, reply) => {
      const [cases, history, feedback] = await Promise.all([
        sql<z.infer<typeof CaseBody>>`select ${caseColumns} from cases where case_id = ${params.caseId}`.execute(
          database,
        ),
        sql<{ version: number; type: string; at: string; data: unknown }>`
          select version, type, ${instant('at')} as at, data::json as data from case_events
           where case_id = ${params.caseId} order by version`.execute(database),
        sql<{
          id: string;
        }>`select feedback_id as id from case_items where case_id = ${params.caseId} order by joined_at`.execute(
          database,
        ),
      ]);
      const [found] = cases.rows;
      if (!found) throw new NotFound('There is no such case.');
      return reply
        .header('etag', `"${found.version}"`)
        .send({ ...found, history: history.rows, feedback: feedback.rows.map((row) => row.id) });
    },
  );
}
