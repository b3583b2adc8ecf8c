import { sql } from 'kysely';
import * as z from 'zod';
import { NotFound } from './http.ts';
import type { Service } from './service.ts';

const DeadLetter = z.object({
  id: z.string(),
  topic: z.string(),
  partition: z.int(),
  seq: z.string(),
  code: z.string(),
  reason: z.string(),
  eventId: z.string().nullable(),
  eventType: z.string().nullable(),
  attempts: z.int(),
  createdAt: z.string(),
  state: z.enum(['open', 'retrying', 'resolved']),
});

/** What became a dead letter in this service, and a way to send it again. */
export function registerDeadLetterRoutes(service: Pick<Service, 'commit' | 'database' | 'http' | 'name'>): void {
  const { commit, database, http, name: consumer } = service;
  const access = { roles: ['admin', 'system'] } as const;

  http.get(
    '/v1/dead-letters',
    {
      config: { access },
      schema: {
        summary: 'Events this service could not handle, newest first',
        querystring: z.object({
          state: z.enum(['open', 'all']).default('open'),
          before: z.string().regex(/^\d+$/).optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(DeadLetter), next: z.string().nullable() }) },
      },
    },
    async ({ query }) => {
      const { rows } = await sql<z.infer<typeof DeadLetter>>`
        select ${columns} from bus.dead_letters
         where consumer = ${consumer} and (${query.state} = 'all' or resolved_at is null)
           and (${query.before ?? null}::bigint is null or id < ${query.before ?? null}::bigint)
         order by dead_letters.id desc limit ${query.limit}`.execute(database);
      return { items: rows, next: rows.length === query.limit ? (rows.at(-1)?.id ?? null) : null };
    },
  );

  const params = z.object({ id: z.string().regex(/^\d+$/) });

  http.get(
    '/v1/dead-letters/:id',
    {
      config: { access },
      schema: {
        summary: 'One dead letter with its content',
        params,
        response: { 200: DeadLetter.extend({ attributes: z.unknown(), value: z.string().nullable() }) },
      },
    },
    async ({ params }) => {
      const { rows } = await sql<z.infer<typeof DeadLetter> & { attributes: unknown; value: string | null }>`
        select ${columns}, attributes, value from bus.dead_letters where consumer = ${consumer} and id = ${params.id}`.execute(
        database,
      );
      if (!rows[0]) throw new NotFound('There is no such dead letter.');
      return rows[0];
    },
  );

  http.post(
    '/v1/dead-letters/:id/retry',
    {
      config: { access },
      schema: {
        summary: 'Hand the event to this service again; the outcome shows in its state',
        params,
        response: { 202: z.object({ state: z.enum(['retrying']) }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await commit(request, async (tx) => {
        const { rows } = await sql`
          update bus.dead_letters set retry_requested_at = now()
           where consumer = ${consumer} and id = ${id} and resolved_at is null returning id`.execute(tx);
        if (rows.length === 0) throw new NotFound('There is no such dead letter, or it is resolved.');
        return { result: undefined, events: [], record: `dead-letter ${id}` };
      });
      return reply.status(202).send({ state: 'retrying' as const });
    },
  );
}

const columns = sql.raw(`id::text, topic, partition, seq::text, code, reason,
  attributes->>'id' as "eventId", attributes->>'type' as "eventType", attempts,
  to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
  case when resolved_at is not null then 'resolved' when retry_requested_at is not null then 'retrying' else 'open' end as state`);
