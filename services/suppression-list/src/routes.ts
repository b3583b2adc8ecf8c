import { type Event, newEvent } from '@heard/events/event';
import { CustomerId, ExternalId, MessageClass } from '@heard/events/vocabulary';
import type { Access } from '@heard/service/access';
import type { ChangingRequest } from '@heard/service/audit-log';
import { NotFound, Problem, registerSummaryRoute } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Guard } from './guard.ts';
import type { Command } from './stop-list.ts';
import { StopList } from './store.ts';

const Verdict = z.object({
  allowed: z.boolean(),
  code: z.enum(['clear', 'class-passes', 'stop-list', 'unknown']),
  asOf: z.string().meta({ description: 'The list as it stood then.' }),
});

/** Whoever sends, by program or by hand. A question changes nothing; only a refusal put on record is a change. */
const sending: Access = { roles: ['system', 'marketing', 'supervisor', 'admin'] };
const keeping: Access = { roles: ['marketing', 'supervisor', 'admin'] };

export function registerRoutes(service: Service, guard: Guard): void {
  const { clock, commit, database, http, policies } = service;

  http.get(
    '/v1/can-send',
    {
      config: { access: sending },
      schema: {
        summary: 'May this message be sent to this customer now?',
        querystring: z.object({ customerId: CustomerId, class: MessageClass }),
        response: { 200: Verdict },
      },
    },
    async ({ query }) => ({ ...guard.check(query.customerId, query.class), asOf: guard.asOf.toISOString() }),
  );

  http.post(
    '/v1/can-send',
    {
      config: { access: sending },
      bodyLimit: 16 * 1_048_576,
      schema: {
        summary: 'The same for many customers: answers who must be left out',
        body: z.strictObject({ class: MessageClass, customerIds: z.array(z.string()).max(100_000) }),
        response: { 200: z.object({ refused: z.array(z.string()), asOf: z.string(), current: z.boolean() }) },
      },
    },
    async ({ body }, reply) => {
      const refused = body.customerIds.filter((id) => !guard.check(id, body.class).allowed);
      return reply
        .serializer(JSON.stringify)
        .type('application/json')
        .send({ refused, asOf: guard.asOf.toISOString(), current: guard.isCurrent() });
    },
  );

  http.post(
    '/v1/sends',
    {
      config: { access: sending },
      schema: {
        summary: 'Ask before one send, and have a refusal put on record',
        body: z.strictObject({ customerId: CustomerId, class: MessageClass, campaign: ExternalId }),
        response: { 200: Verdict },
      },
    },
    async (request) => {
      const { body } = request;
      const verdict = guard.check(body.customerId, body.class);
      if (!verdict.allowed) {
        await commit(request, async (tx) => {
          const at = clock.now();
          const code = verdict.code as 'stop-list' | 'unknown';
          const { rows } = await sql`
            insert into skipped_sends (customer_id, class, campaign, code, at)
            values (${body.customerId}, ${body.class}, ${body.campaign}, ${code}, ${at.toISOString()})
            on conflict do nothing returning 1`.execute(tx);
          const data = { ...body, code, at: at.toISOString() };
          const events = rows.length > 0 ? [newEvent('send.skipped', body.customerId, data, at)] : [];
          return { result: null, events, record: body.customerId };
        });
      }
      return { ...verdict, asOf: guard.asOf.toISOString() };
    },
  );

  http.get(
    '/v1/stop-list/:customerId',
    {
      config: { access: keeping },
      schema: {
        summary: 'Why a customer is or was on the list',
        params: z.object({ customerId: CustomerId }),
        response: {
          200: z.object({
            customerId: z.string(),
            listed: z.boolean(),
            entries: z.array(
              z.object({
                reason: z.string(),
                source: z.string(),
                startedAt: z.date(),
                until: z.date().nullable(),
                endedAt: z.date().nullable(),
                endCause: z.string().nullable(),
              }),
            ),
          }),
        },
      },
    },
    async ({ params }) => {
      const { rows } = await sql<{
        reason: string;
        source: string;
        startedAt: Date;
        until: Date | null;
        endedAt: Date | null;
        endCause: string | null;
      }>`
        select reason, source, started_at as "startedAt", until, ended_at as "endedAt", end_cause as "endCause"
          from entries where customer_id = ${params.customerId} order by entry_id`.execute(database);
      return { customerId: params.customerId, listed: rows.some((row) => row.endedAt === null), entries: rows };
    },
  );

  const change = (request: ChangingRequest, customerId: string, command: Command) =>
    commit(request, async (tx) => {
      const list = await StopList.load(tx, clock.now(), await policies.current(tx), [customerId]);
      const changes = list.apply(customerId, command, {});
      const events: Event[] = await list.save();
      await service.setTimers(tx, list.timers);
      return { result: changes.length, events };
    });
  const Changed = z.object({ changed: z.boolean() });

  http.post(
    '/v1/stop-list/:customerId/entries',
    {
      config: { access: keeping },
      schema: {
        summary: 'Put a customer on the list by hand, or on their own objection',
        params: z.object({ customerId: CustomerId }),
        body: z.strictObject({
          reason: z.enum(['objection', 'manual']),
          source: ExternalId.meta({ description: 'Who or what: part of the entry’s name.' }),
          until: z.iso.datetime({ offset: true }).nullable().default(null),
        }),
        response: { 200: Changed },
      },
    },
    async (request) => {
      const { params, body } = request;
      return { changed: (await change(request, params.customerId, { do: 'add', ...body })) > 0 };
    },
  );

  http.delete(
    '/v1/stop-list/:customerId/entries/:reason/:source',
    {
      config: { access: keeping },
      schema: {
        summary: 'End one reason; the others stay',
        params: z.object({
          customerId: CustomerId,
          reason: z.enum(['recovery', 'observation', 'lost', 'objection', 'manual']),
          source: ExternalId,
        }),
        response: { 200: Changed, 404: Problem },
      },
    },
    async (request) => {
      const { customerId, ...entry } = request.params;
      if ((await change(request, customerId, { do: 'remove', ...entry })) === 0)
        throw new NotFound('There is no such open entry.');
      return { changed: true };
    },
  );

  registerSummaryRoute(http, async () => {
    const { rows } = await sql<Record<string, number>>`
      select count(distinct customer_id) filter (where ended_at is null)::int as customers,
             count(*) filter (where ended_at is null)::int as "openEntries", count(*)::int as entries from entries`.execute(
      database,
    );
    return { ...rows[0]!, guarded: guard.size };
  });
}
