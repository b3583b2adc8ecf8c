import { CompensationKind, Money, text } from '@heard/events/vocabulary';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { actor } from './actor.ts';
import { GrantBody, GrantFilter, grantColumns, matching } from './grant-list.ts';
import { answer, give } from './grants.ts';

const givers = ['support', 'senior-support', 'csm', 'supervisor', 'crisis-team', 'director'];
const access = (roles: readonly string[]) => ({ config: { access: { roles, record: 'case' } } as object });

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
export function registerCompensationRoutes(service: Service): void {
  const { clock, commit, database, http, policies } = service;

  http.post(
    '/v1/cases/:caseId/grants',
    {
      ...access(givers),
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
        by: actor(request),
        kind: body.kind,
        worth: body.kind === 'service-days' ? { days: body.days } : body.amount,
        reason: body.reason,
        idempotencyKey: headers['idempotency-key'],
      };
      return show(
        await commit(async (tx) => {
          const { grant, events } = await give(tx, order, clock.now(), await policies.current(tx));
          return { result: grant.grantId, events };
        }),
      );
    },
  );

  http.get(
    '/v1/cases/:caseId/grants',
    {
      ...access(givers),
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
      ...access(givers),
      schema: {
        summary: 'Grants, newest first: what waits for an approver, what a report counts',
        querystring: GrantFilter.extend({
          cursor: Cursor.optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(GrantBody), next: z.string().nullable() }) },
      },
    },
    async ({ query }) => {
      const [at, id] = query.cursor ?? [];
      const { rows } = await sql<GrantBody>`
        select ${grantColumns} from grants g join cases c using (case_id)
         where ${matching(query)} and (${at ?? null}::timestamptz is null or (g.requested_at, g.grant_id) < (${at ?? null}::timestamptz, ${id ?? null}::uuid))
         order by g.requested_at desc, g.grant_id desc limit ${query.limit}`.execute(database);
      const last = rows.at(-1);
      const isFull = last && rows.length === query.limit;
      return {
        items: rows,
        next: isFull ? Buffer.from(`${last.requestedAt} ${last.grantId}`).toString('base64url') : null,
      };
    },
  );

  decision(
    'approve',
    'Approve what was asked; never one’s own request',
    ['supervisor', 'director'],
    z.strictObject({}).nullish(),
  );
  decision('refuse', 'Refuse what was asked', givers, WithReason);
  decision('reverse', 'Take a grant back; the budgets have it again', givers, WithReason);

  function decision(
    name: 'approve' | 'refuse' | 'reverse',
    summary: string,
    roles: readonly string[],
    body: z.ZodType<{ reason?: string } | null | undefined>,
  ) {
    http.post(
      `/v1/grants/:grantId/${name}`,
      {
        ...access(roles),
        schema: {
          summary,
          params: z.object({ grantId: z.uuid() }),
          body,
          response: { 200: GrantBody, 404: Problem, 409: Problem },
        },
      },
      async (request) => {
        const order = { do: name, by: actor(request), reason: request.body?.reason ?? '' };
        return show(
          await commit(async (tx) => {
            const { grantId } = request.params;
            const { events } = await answer(tx, grantId, order, clock.now(), await policies.current(tx));
            return { result: grantId, events };
          }),
        );
      },
    );
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
