import type { Database } from '@heard/bus/log';
import { insightRoles } from '@heard/service/access';
import { type Http, registerSummaryRoute } from '@heard/service/http';
import { sql } from 'kysely';
import * as z from 'zod';

const groupings = {
  segment: sql`coalesce(c.segment, 'none')`,
  channel: sql`c.channel`,
  score: sql`coalesce(c.scale || ' ' || c.score, 'none')`,
  term: sql`term`,
};

/** Counts over the corpus. Later the home of themes, causes and their proof. */
export function registerRoutes(http: Http, database: Database): void {
  http.get(
    '/v1/counts',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'How many comments, by segment, channel, score or lexicon term, per day, week or month',
        querystring: z.object({
          by: z.enum(['segment', 'channel', 'score', 'term']),
          period: z.enum(['day', 'week', 'month']).default('month'),
          from: z.iso.datetime({ offset: true }).optional(),
          to: z.iso.datetime({ offset: true }).optional(),
        }),
        response: {
          200: z.object({ items: z.array(z.object({ period: z.string(), value: z.string(), comments: z.int() })) }),
        },
      },
    },
    async ({ query }) => {
      const terms = query.by === 'term' ? sql`cross join lateral unnest(c.terms) as term` : sql``;
      const { rows } = await sql<{ period: string; value: string; comments: number }>`
        select to_char(date_trunc(${query.period}, c.occurred_at), 'YYYY-MM-DD') as period, ${groupings[query.by]} as value,
               count(*)::int as comments
          from comments c ${terms}
         where c.occurred_at is not null and (${query.from ?? null}::timestamptz is null or c.occurred_at >= ${query.from ?? null})
           and (${query.to ?? null}::timestamptz is null or c.occurred_at < ${query.to ?? null})
         group by 1, 2 order by 1, 3 desc, 2`.execute(database);
      return { items: rows };
    },
  );

  registerSummaryRoute(http, async () => {
    const { rows } = await sql<Record<string, number>>`
      select count(*)::int as comments, count(*) filter (where segment = 'detractor')::int as detractors from comments`.execute(
      database,
    );
    return rows[0]!;
  });
}
