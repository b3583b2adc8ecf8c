import { Rejection } from '@heard/bus/rejection';
import type { Access } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Deliveries } from './deliveries.ts';
import { instant } from './store.ts';

const State = z.enum(['waiting', 'sent', 'refused', 'given-up', 'digested']);
const DeliveryBody = z.object({
  deliveryId: z.uuid(),
  class: z.string(),
  code: z.string(),
  target: z.string(),
  personId: z.string().nullable().meta({ description: 'null: the customer.' }),
  caseId: z.uuid().nullable(),
  alertId: z.uuid().nullable(),
  state: State,
  attempts: z.int(),
  queuedAt: z.string(),
  nextAt: z.string().nullable().meta({ description: 'While it waits: when it is tried next.' }),
  sentAt: z.string().nullable(),
  lastError: z.string().nullable(),
  reference: z.string().nullable(),
  mergedInto: z.uuid().nullable(),
});

const access = { access: { roles: ['supervisor', 'admin'] } } satisfies { access: Access };

/** The log of what was sent to whom and how it went; never what it said. */
export function registerDeliveryRoutes(service: Service, deliveries: Deliveries): void {
  const { commit, database, http } = service;

  http.get(
    '/v1/deliveries',
    {
      config: access,
      schema: {
        summary: 'Messages to people and customers, newest first',
        querystring: z.object({
          person: z.string().optional(),
          state: State.optional(),
          case: z.uuid().optional(),
          cursor: z.string().optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(DeliveryBody), next: z.string().nullable() }) },
      },
    },
    async ({ query }) => {
      const after = readCursor(query.cursor);
      const { rows } = await sql<z.infer<typeof DeliveryBody> & { exact: string }>`
        select delivery_id as "deliveryId", class, code, target, person_id as "personId", case_id as "caseId", alert_id as "alertId",
               state, attempts, ${instant('queued_at')} as "queuedAt",
               case when state = 'waiting' then ${instant('next_at')} end as "nextAt", ${instant('sent_at')} as "sentAt",
               last_error as "lastError", reference, merged_into as "mergedInto", queued_at::text as exact
          from deliveries
         where (${query.person ?? null}::text is null or person_id = ${query.person ?? null})
           and (${query.state ?? null}::text is null or state = ${query.state ?? null})
           and (${query.case ?? null}::uuid is null or case_id = ${query.case ?? null})
           and (${after === null} or (queued_at, delivery_id) < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
         order by queued_at desc, delivery_id desc limit ${query.limit}`.execute(database);
      const last = rows.length === query.limit ? rows.at(-1) : undefined;
      return { items: rows, next: last ? cursorOf(last.exact, last.deliveryId) : null };
    },
  );

  http.post(
    '/v1/deliveries/:deliveryId/resend',
    {
      config: access,
      schema: {
        summary: 'Send a message again, under the same id, to the address its person has now',
        params: z.object({ deliveryId: z.uuid() }),
        response: { 200: z.object({ deliveryId: z.uuid(), state: State }), 404: Problem, 409: Problem },
      },
    },
    async (request) =>
      commit(request, async (tx) => {
        const { deliveryId } = request.params;
        await deliveries.resend(tx, deliveryId);
        return { result: { deliveryId, state: 'waiting' as const }, events: [] };
      }),
  );
}

const cursorOf = (at: string, id: string) => Buffer.from(`${at}|${id}`).toString('base64url');

function readCursor(cursor: string | undefined): { at: string; id: string } | null {
  if (cursor === undefined) return null;
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split('|');
  if (Number.isNaN(Date.parse(at)) || !z.uuid().safeParse(id).success)
    throw new Rejection('bad-cursor', 'this cursor is not one of ours');
  return { at, id };
}
