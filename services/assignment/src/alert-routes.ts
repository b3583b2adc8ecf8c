import { Rejection } from '@heard/bus/rejection';
import { newEvent } from '@heard/events/event';
import { caseRoles, seesEverything } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { instant } from './store.ts';

const AlertBody = z.object({
  alertId: z.uuid(),
  customerId: z.string(),
  feedbackId: z.uuid(),
  caseId: z.uuid().nullable(),
  level: z.string(),
  cause: z.string(),
  about: z.uuid().nullable().meta({ description: 'The clock, grant or request it is about.' }),
  audiences: z.array(z.string()),
  people: z.array(z.string()),
  raisedAt: z.string(),
  deliverBy: z.string().nullable(),
  deliveredAt: z.string().nullable(),
  acknowledgedBy: z.string().nullable(),
});

/** Who must hear of what; a page is taken by the first who acknowledges it. */
export function registerAlertRoutes(service: Service): void {
  const { clock, commit, database, http } = service;

  http.get(
    '/v1/alerts',
    {
      config: { access: { roles: [...caseRoles, 'analyst', 'admin', 'system'] } },
      schema: {
        summary: 'Delivered alerts you may see, newest first',
        querystring: z.object({
          person: z.string().optional(),
          level: z.enum(['page', 'push', 'digest']).optional(),
          open: z.stringbool().optional().meta({ description: 'Only those nobody has acknowledged.' }),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(AlertBody) }) },
      },
    },
    async (request) => {
      const { query, principal } = request;
      const reader = seesEverything(request) ? null : principal.personId;
      const { rows } = await sql<z.infer<typeof AlertBody>>`
        select alert_id as "alertId", customer_id as "customerId", feedback_id as "feedbackId", case_id as "caseId", level, cause, about, audiences,
               people, ${instant('raised_at')} as "raisedAt", ${instant('deliver_by')} as "deliverBy",
               ${instant('delivered_at')} as "deliveredAt", acknowledged_by as "acknowledgedBy"
          from alerts
         where delivered_at is not null and (${reader}::text is null or ${reader} = any (people))
           and (${query.person ?? null}::text is null or ${query.person ?? null} = any (people))
           and (${query.level ?? null}::text is null or level = ${query.level ?? null})
           and (${query.open ?? null}::boolean is not true or acknowledged_at is null)
         order by raised_at desc, alert_id limit ${query.limit}`.execute(database);
      return { items: rows };
    },
  );

  http.post(
    '/v1/alerts/:alertId/acknowledge',
    {
      config: { access: { roles: caseRoles, record: 'alert' } },
      schema: {
        summary: 'Take an alert; the first to do so has it',
        params: z.object({ alertId: z.uuid() }),
        response: { 200: z.object({ alertId: z.uuid(), acknowledgedBy: z.string() }), 404: Problem, 409: Problem },
      },
    },
    async (request) =>
      commit(request, async (tx) => {
        const { params, principal } = request;
        const by = principal.personId;
        const now = clock.now();
        const { rows } = await sql<{ customerId: string; feedbackId: string; about: string | null; by: string | null }>`
          select customer_id as "customerId", feedback_id as "feedbackId", about, acknowledged_by as by from alerts
           where alert_id = ${params.alertId} for update`.execute(tx);
        const [alert] = rows;
        if (!alert) throw new NotFound('There is no such alert.');
        const answer = { alertId: params.alertId, acknowledgedBy: by };
        if (alert.by === by) return { result: answer, events: [] };
        if (alert.by) throw new Rejection('acknowledged-already', `${alert.by} has taken this alert`);
        await sql`update alerts set acknowledged_by = ${by}, acknowledged_at = ${now.toISOString()}
          where alert_id = ${params.alertId}`.execute(tx);
        const data = {
          alertId: params.alertId,
          customerId: alert.customerId,
          feedbackId: alert.feedbackId,
          about: alert.about ?? undefined,
          by,
          at: now.toISOString(),
        };
        const event = newEvent('alert.acknowledged', alert.customerId, data, now, { correlationid: alert.feedbackId });
        return { result: answer, events: [event] };
      }),
  );
}
