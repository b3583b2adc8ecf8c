import { Rejection } from '@heard/bus/rejection';
import { Instant, text } from '@heard/events/vocabulary';
import { caseRoles, Forbidden } from '@heard/service/access';
import type { ChangingRequest } from '@heard/service/audit-log';
import { NotFound, Problem } from '@heard/service/http';
import { ifMatch } from '@heard/service/if-match';
import { sql } from 'kysely';
import * as z from 'zod';
import { type Answer, command } from './commands.ts';
import type { Assignment } from './deliveries.ts';
import { type Move, moves } from './moves.ts';
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
  team: z.string().nullable(),
  acknowledged: z.boolean(),
  receivedAt: z.string(),
  openedAt: z.string(),
  startedAt: z.string(),
  contactedAt: z.string().nullable(),
  resolvedAt: z.string().nullable(),
  rootCause: z.string().nullable(),
  timeZone: z.string().nullable(),
  language: z.string().nullable(),
  needs: z.array(z.string()),
});
type CaseBody = z.infer<typeof CaseBody>;
const AnswerBody = z.object({ caseId: z.uuid(), state: z.string(), version: z.int(), owner: z.string().nullable() });

const headers = z.object({
  'idempotency-key': z.string().min(1).max(200).optional(),
  'if-match': ifMatch,
});

/** Where the last page ended: what it is sorted by, and the last case of it. */
const Cursor = z
  .string()
  .transform((cursor) => Buffer.from(cursor, 'base64url').toString().split(' '))
  .pipe(z.tuple([z.string().regex(/^(P[012])?$/), z.iso.datetime(), z.uuid()], 'is not a cursor of this list'));

export function registerCaseRoutes(service: Assignment): void {
  registerList(service);
  registerCase(service);
  for (const [name, move] of Object.entries(moves)) registerMove(service, name, move as unknown as Move);
  registerBulk(service);
}

function registerMove(service: Assignment, name: string, move: Move): void {
  service.http.post(
    `/v1/cases/:caseId/${name}`,
    {
      config: { access: { roles: move.roles, record: 'case' } },
      schema: {
        summary: move.summary,
        params: z.object({ caseId: z.uuid() }),
        headers,
        body: z.strictObject(move.shape),
        response: { 200: AnswerBody, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      return carryOut(service, request, name, move, request.body, {
        caseId: request.params.caseId,
        idempotencyKey: request.headers['idempotency-key'],
        ifMatch: request.headers['if-match'],
      });
    },
  );
}

function carryOut(
  service: Assignment,
  request: ChangingRequest,
  name: string,
  move: Move,
  body: Record<string, unknown>,
  sent: { caseId: string; idempotencyKey?: string; ifMatch?: number },
): Promise<Answer> {
  const by = { by: request.principal.personId, roles: request.principal.roles };
  return command(service, request, { ...sent, name, body, moves: move.moves(body) }, (scene) =>
    move.build(body, by, scene),
  );
}

/** The same move on many cases, each by itself: the rules and the record scope hold for every one. */
function registerBulk(service: Assignment): void {
  const names = Object.keys(moves) as [keyof typeof moves];
  service.http.post(
    '/v1/cases/bulk',
    {
      config: { access: { roles: caseRoles } },
      schema: {
        summary: 'Do the same with many cases; each answers for itself',
        body: z.strictObject({
          caseIds: z.array(z.uuid()).min(1).max(200),
          move: z.enum(names),
          body: z.record(z.string(), z.unknown()).default({}),
        }),
        response: {
          200: z.object({
            done: z.array(AnswerBody),
            refused: z.array(z.object({ caseId: z.uuid(), code: z.string(), message: z.string() })),
          }),
          409: Problem,
        },
      },
    },
    async (request) => {
      const { caseIds, move: name } = request.body;
      const move = moves[name] as unknown as Move;
      if (!request.principal.roles.some((role) => move.roles.includes(role))) {
        throw new Forbidden(`This needs one of the roles ${move.roles.join(', ')}.`);
      }
      const body = z.strictObject(move.shape).safeParse(request.body.body);
      if (!body.success) throw new Rejection('invalid', z.prettifyError(body.error));
      const { rows } = await sql<{ id: string }>`
        select case_id as id from cases
         where case_id = any (${caseIds}::uuid[]) and ${await visibleCases(service, request)}`.execute(
        service.database,
      );
      const reachable = new Set(rows.map((row) => row.id));
      const done: Answer[] = [];
      const refused: { caseId: string; code: string; message: string }[] = [];
      for (const caseId of new Set(caseIds)) {
        try {
          if (!reachable.has(caseId)) throw new Rejection('forbidden', 'none of your roles reaches this case');
          done.push(await carryOut(service, request, name, move, body.data, { caseId }));
        } catch (error) {
          if (!(error instanceof Rejection)) throw error;
          refused.push({ caseId, code: error.code, message: error.message });
        }
      }
      return { done, refused };
    },
  );
}

/** Filters by equality; an empty value asks for those that have none. */
const equals = [
  ['state', 'state'],
  ['owner', 'owner'],
  ['team', 'team'],
  ['priority', 'priority'],
  ['rootCause', 'root_cause'],
] as const;

function registerList(service: Assignment): void {
  service.http.get(
    '/v1/cases',
    {
      config: { access: { roles: [...caseRoles, 'analyst'] } },
      schema: {
        summary: 'Cases you may see',
        querystring: z.object({
          order: z.enum(['newest', 'urgency']).default('newest').meta({
            description: 'urgency: open cases only, by priority and then by how long the customer has waited.',
          }),
          state: z.string().optional(),
          owner: z.string().optional(),
          customerId: z.string().optional(),
          priority: z.enum(['P0', 'P1', 'P2']).optional(),
          team: z.string().optional(),
          rootCause: text(500).optional(),
          desk: z.stringbool().optional().meta({ description: 'Only those somebody must work on now.' }),
          resolvedFrom: Instant.optional(),
          resolvedBefore: Instant.optional(),
          check: z.enum(['sent', 'recovered', 'unhappy']).optional().meta({ description: 'Of the recovery check.' }),
          cursor: Cursor.optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(CaseBody), next: z.string().nullable() }) },
      },
    },
    async (request) => {
      const { query } = request;
      const { order, cursor, limit } = query;
      const conditions = [await visibleCases(service, request)];
      for (const [name, column] of equals) {
        const value = query[name];
        if (value === '') conditions.push(sql`${sql.ref(column)} is null`);
        else if (value !== undefined) conditions.push(sql`${sql.ref(column)} = ${value}`);
      }
      if (query.customerId !== undefined) conditions.push(sql`customer_id = ${query.customerId}`);
      if (query.desk) conditions.push(sql`state in ('new', 'assigned', 'contacting', 'in-recovery')`);
      if (query.resolvedFrom) conditions.push(sql`resolved_at >= ${query.resolvedFrom}::timestamptz`);
      if (query.resolvedBefore) conditions.push(sql`resolved_at < ${query.resolvedBefore}::timestamptz`);
      if (query.check) conditions.push(sql`work::json ->> 'check' = ${query.check}`);
      const isUrgency = order === 'urgency';
      if (isUrgency) conditions.push(sql`state not in ('closed', 'lost')`);
      if (cursor) {
        const [after, at, caseId] = cursor;
        conditions.push(
          isUrgency
            ? sql`(priority, started_at, case_id) > (${after}, ${at}::timestamptz, ${caseId}::uuid)`
            : sql`(opened_at, case_id) < (${at}::timestamptz, ${caseId}::uuid)`,
        );
      }
      const sorted = isUrgency ? sql`priority, started_at, case_id` : sql`opened_at desc, case_id desc`;
      const { rows } = await sql<CaseBody>`
        select ${caseColumns} from cases where ${sql.join(conditions, sql` and `)}
         order by ${sorted} limit ${limit}`.execute(service.database);
      const last = rows.length === limit ? rows.at(-1) : undefined;
      const end = last && (isUrgency ? [last.priority, last.startedAt] : ['', last.openedAt]);
      return { items: rows, next: end ? Buffer.from([...end, last!.caseId].join(' ')).toString('base64url') : null };
    },
  );
}

function registerCase({ http, database }: Assignment): void {
  http.get(
    '/v1/cases/:caseId',
    {
      config: { access: { roles: [...caseRoles, 'analyst'], record: 'case' } },
      schema: {
        summary: 'One case with its history, what was done about it and what the customer said',
        params: z.object({ caseId: z.uuid() }),
        response: {
          200: CaseBody.extend({
            work: z.record(z.string(), z.unknown()),
            history: z.array(z.object({ version: z.int(), type: z.string(), at: z.string(), data: z.unknown() })),
            feedback: z.array(z.object({ feedbackId: z.uuid(), comment: z.string().nullable(), hits: z.unknown() })),
          }),
          404: Problem,
        },
      },
    },
    async ({ params }, reply) => {
      const [cases, history, feedback] = await Promise.all([
        sql<CaseBody & { work: Partial<CaseFile['work']> }>`
          select ${caseColumns}, work::json as work from cases where case_id = ${params.caseId}`.execute(database),
        sql<{ version: number; type: string; at: string; data: unknown }>`
          select version, type, ${instant('at')} as at, data::json as data from case_events
           where case_id = ${params.caseId} order by version`.execute(database),
        sql<{ feedbackId: string; comment: string | null; hits: unknown }>`
          select feedback_id as "feedbackId", comment, coalesce(hits, '[]')::json as hits from case_items
           where case_id = ${params.caseId} order by joined_at, feedback_id`.execute(database),
      ]);
      const [found] = cases.rows;
      if (!found) throw new NotFound('There is no such case.');
      const whole = { ...found, work: { ...found.work }, history: history.rows, feedback: feedback.rows };
      return reply.header('etag', `"${found.version}"`).send(whole);
    },
  );
}
