import type { Database } from '@heard/bus/log';
import { parsePolicy } from '@heard/policy/policy';
import { insightRoles } from '@heard/service/access';
import { type Http, NotFound, registerSummaryRoute } from '@heard/service/http';
import { sql } from 'kysely';
import * as z from 'zod';
import { loadFeedback } from './store.ts';
import { decide } from './triage.ts';

export function registerRoutes(http: Http, database: Database): void {
  http.get(
    '/v1/receipts/:feedbackId',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'Why a feedback got its priority: inputs, policy version, every rule that held, the nearest miss',
        params: z.object({ feedbackId: z.uuid() }),
        response: { 200: z.record(z.string(), z.unknown()) },
      },
    },
    async ({ params }) => {
      const feedback = await loadFeedback(database as never, params.feedbackId);
      if (!feedback) throw new NotFound('There is no such feedback.');
      const { rows } = await sql<{ document: unknown }>`
        select document from policies where version = ${feedback.policyVersion}`.execute(database);
      const decision = decide(feedback.inputs, parsePolicy(rows[0]!.document));
      return { ...feedback, decision };
    },
  );

  registerSummaryRoute(http, async () => {
    const { rows } = await sql<Record<string, number>>`
      select count(*)::int as feedback, count(*) filter (where priority = 'P0')::int as "priorityP0",
             count(*) filter (where priority = 'P1')::int as "priorityP1", count(*) filter (where priority = 'P2')::int as "priorityP2",
             count(*) filter (where segment = 'detractor')::int as detractors,
             (select count(*)::int from customers) as customers
        from feedback`.execute(database);
    return rows[0]!;
  });
}
