import type { Tx } from '@heard/bus/log';
import { type Event, ofType } from '@heard/events/event';
import { CompensationKind, ExternalId, Money, text } from '@heard/events/vocabulary';
import type { AccessRole } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import * as z from 'zod';
import { Alerts } from './alerts.ts';
import type { Assignment } from './deliveries.ts';
import { GrantBody, GrantFilter, grantColumns, matching } from './grant-list.ts';
import { type Answer, answer, give } from './grants.ts';
import { visibleGrants } from './scope.ts';
import { Desk } from './store.ts';
import { finish } from './timers.ts';

const access = (roles: readonly AccessRole[], record?: string) => ({ config: { access: { roles, record } } });
const givers: readonly AccessRole[] = ['support', 'senior-support', 'csm', 'supervisor', 'crisis-team', 'director'];
const deciders: readonly AccessRole[] = [...givers, 'approver'];

const caseParams = z.object({ caseId: z.uuid() });
const Reason = text(500).min(1);
const WithReason = z.strictObject({ reason: Reason });
const common = { kind: CompensationKind, reason: Reason };
const GrantOrder = z.union([
  z.strictObject({ ...common, kind: z.literal('service-days'), days: z.int().min(1).max(3660) }),
  z.strictObject({
    ...common,
    kind: CompensationKind.exclude(['service-days']),
    amount: z.strictObject({ ...Money.shape, amount: z.int().positive() }),
  }),
]);

/** Where the last page ended: when that grant was asked for, and its id. */
const Cursor = z
  .string()
  .transform((cursor) => Buffer.from(cursor, 'base64url').toString().split(' '))
  .pipe(z.tuple([z.iso.datetime(), z.uuid()], 'is not a cursor of this list'));

/** What customers are given to make good, and who decides on it. */
export function registerCompensationRoutes(service: Assignment): void {
  const { clock, commit, database, http, policies } = service;

  http.post(
    '/v1/cases/:caseId/grants',
    {
      ...access(givers, 'case'),
      schema: {
        summary: 'Give compensation, or ask for it where it exceeds authority or a budget',
        params: caseParams,
        headers: z.object({ 'idempotency-key': z.string().min(1).max(200) }),
        body: GrantOrder,
        response: {
          200: GrantBody.meta({ description: 'state: granted or asked.' }),
          404: Problem,
          409: Problem,
        },
      },
    },
    async (request) => {
      const { params, headers, body } = request;
      const order = {
        caseId: params.caseId,
        by: request.principal.personId,
        kind: body.kind,
        worth: body.kind === 'service-days' ? { days: body.days } : body.amount,
        reason: body.reason,
        idempotencyKey: headers['idempotency-key'],
      };
      return show(
        await commit(request, async (tx) => {
          const { grant, events } = await give(tx, order, clock.now(), await policies.current(tx));
          events.push(...(await askApprover(service, tx, grant.caseId, events)));
          return { result: grant.grantId, events, record: grant.grantId };
        }),
      );
    },
  );

  http.get(
    '/v1/cases/:caseId/grants',
    {
      ...access(deciders, 'case'),
      schema: {
        summary: 'What was given or asked for on a case, with its ledger entries',
        params: caseParams,
        response: {
          200: z.object({
            items: z.array(GrantBody),
            entries: z.array(
              z.object({
                transactionId: z.uuid(),
                grantId: z.uuid(),
                account: z.string(),
                amount: Money,
                at: z.string(),
              }),
            ),
          }),
        },
      },
    },
    async ({ params }) => {
      const items = await sql<GrantBody>`
        select ${grantColumns} from grants g join cases c using (case_id) where g.case_id = ${params.caseId}
         order by g.requested_at, g.grant_id`.execute(database);
      const entries = await sql<{
        transactionId: string;
        grantId: string;
        account: string;
        amount: Money;
        at: string;
      }>`
        select e.transaction_id as "transactionId", e.grant_id as "grantId", e.account,
               json_build_object('amount', e.amount_minor, 'currency', e.currency) as amount,
               to_char(e.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
          from ledger_entries e join grants g using (grant_id) where g.case_id = ${params.caseId} order by e.entry_id`.execute(
        database,
      );
      return { items: items.rows, entries: entries.rows };
    },
  );

  http.get(
    '/v1/grants',
    {
      ...access(deciders),
      schema: {
        summary: 'Grants, newest first: what waits for an approver, what a report counts',
        querystring: GrantFilter.extend({
          cursor: Cursor.optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(GrantBody), next: z.string().nullable() }) },
      },
    },
    async (request) => {
      const { query } = request;
      const [at, id] = query.cursor ?? [];
      const { rows } = await sql<GrantBody>`
        select ${grantColumns} from grants g join cases c using (case_id)
         where ${matching(query)} and ${await visibleGrants(service, request)}
           and (${at ?? null}::timestamptz is null or (g.requested_at, g.grant_id) < (${at ?? null}::timestamptz, ${id ?? null}::uuid))
         order by g.requested_at desc, g.grant_id desc limit ${query.limit}`.execute(database);
      const last = rows.at(-1);
      const isFull = last && rows.length === query.limit;
      return {
        items: rows,
        next: isFull ? Buffer.from(`${last.requestedAt} ${last.grantId}`).toString('base64url') : null,
      };
    },
  );

  decision('approve', 'Approve what was asked; never one’s own request', deciders, z.strictObject({}).nullish());
  decision('refuse', 'Refuse what was asked', deciders, WithReason);
  decision('reverse', 'Take a grant back; the budgets have it again', givers, WithReason);

  http.post(
    '/v1/grants/:grantId/reconcile',
    {
      ...access(['approver', 'director', 'admin']),
      schema: {
        summary: 'Match an advance refund with the refund that followed; never one’s own',
        params: z.object({ grantId: z.uuid() }),
        body: z.strictObject({ reference: ExternalId.meta({ description: 'Finance’s document.' }) }),
        response: { 200: GrantBody, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      const order = { do: 'reconcile', by: request.principal.personId, reference: request.body.reference } as const;
      return settle(request, order);
    },
  );

  function decision(
    name: 'approve' | 'refuse' | 'reverse',
    summary: string,
    roles: readonly AccessRole[],
    body: z.ZodType<{ reason?: string } | null | undefined>,
  ) {
    http.post(
      `/v1/grants/:grantId/${name}`,
      {
        ...access(roles, 'grant'),
        schema: {
          summary,
          params: z.object({ grantId: z.uuid() }),
          body,
          response: { 200: GrantBody, 404: Problem, 409: Problem },
        },
      },
      async (request) =>
        settle(request, { do: name, by: request.principal.personId, reason: request.body?.reason ?? '' }),
    );
  }

  async function settle(request: FastifyRequest, order: Answer): Promise<GrantBody> {
    const { grantId } = request.params as { grantId: string };
    await commit(request, async (tx) => {
      const { events } = await answer(tx, grantId, order, clock.now(), await policies.current(tx));
      return { result: undefined, events };
    });
    return show(grantId);
  }

  async function show(grantId: string): Promise<GrantBody> {
    const { rows } = await sql<GrantBody>`
      select ${grantColumns} from grants g join cases c using (case_id) where g.grant_id = ${grantId}`.execute(
      database,
    );
    if (!rows[0]) throw new NotFound('There is no such grant.');
    return rows[0];
  }
}

/** Tells whoever must approve; returns the events of it. */
async function askApprover(service: Assignment, tx: Tx, caseId: string, events: readonly Event[]): Promise<Event[]> {
  const requests = ofType(events, 'compensation.requested');
  if (requests.length === 0) return [];
  const policy = await service.policies.current(tx);
  const desk = await Desk.forCases(tx, service.clock.now(), [caseId], 'nobody');
  const alerts = new Alerts(desk, policy);
  for (const request of requests) alerts.ofApproval(request, desk.files[0]!);
  await finish(service, tx, desk, alerts, policy);
  return desk.events;
}
