import { randomUUID } from 'node:crypto';
import { CustomerId, ExternalId, Instant, Role, text } from '@heard/events/vocabulary';
import { type AccessRole, caseRoles, seesEverything } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { createOnce, once } from '../once.ts';
import { isOpen, mayUse } from './fly-wire.ts';
import { type FlyWireRow, openFlyWire, readFlyWires, revokeFlyWire, ruleOf } from './fly-wires.ts';

const access = (roles: readonly AccessRole[]) => ({ config: { access: { roles } } });
const readers: readonly AccessRole[] = [...caseRoles, 'analyst', 'admin'];
const Reason = text(500).min(1);
const Ceiling = z.strictObject({ amount: z.int().positive(), currency: z.string().regex(/^[A-Z]{3}$/) });
const params = z.object({ flyWireId: z.uuid() });

const scope = {
  roles: z.array(Role).min(1).meta({ description: 'Who may use it.' }),
  highValueOnly: z.boolean().default(false),
  initiativeId: z.uuid().optional(),
  expiresAt: Instant,
  reason: Reason,
};
const Order = z.discriminatedUnion('kind', [
  z.strictObject({ ...scope, kind: z.literal('read-only-access'), system: ExternalId }),
  z.strictObject({ ...scope, kind: z.literal('advance-refund'), ceiling: Ceiling }),
]);

const Body = z.object({
  flyWireId: z.uuid(),
  kind: z.enum(['read-only-access', 'advance-refund']),
  initiativeId: z.uuid().nullable(),
  roles: z.array(z.string()),
  system: z.string().nullable(),
  ceiling: Ceiling.nullable().meta({ description: 'The most one advance refund may be.' }),
  highValueOnly: z.boolean(),
  reason: z.string(),
  isOpen: z.boolean(),
  openedBy: z.string(),
  openedAt: z.string(),
  expiresAt: z.string(),
  endedAt: z.string().nullable(),
  endedCause: z.enum(['expired', 'revoked', 'proven']).nullable(),
  endedBy: z.string().nullable(),
});
const Use = z.object({
  useId: z.uuid(),
  by: z.string(),
  customerId: z.string().nullable(),
  reason: z.string(),
  at: z.string(),
});

/** Temporary bypasses: who may use them until when, and who did. */
export function registerFlyWireRoutes(service: Service): void {
  const { clock, commit, database, http } = service;

  http.post(
    '/v1/fly-wires',
    {
      ...access(['director', 'admin']),
      schema: {
        summary: 'Open a fly-wire; it ends by itself',
        ...once,
        body: Order,
        response: { 201: Body, 404: Problem, 409: Problem },
      },
    },
    async (request, reply) => {
      const { body, principal } = request;
      const draft = {
        ...{ kind: body.kind, roles: body.roles, reason: body.reason },
        ...{ highValueOnly: body.highValueOnly, initiativeId: body.initiativeId ?? null },
        ...{ expiresAt: new Date(body.expiresAt), openedBy: principal.personId },
        system: body.kind === 'read-only-access' ? body.system : null,
        ceiling: body.kind === 'advance-refund' ? body.ceiling : null,
      };
      const flyWireId = await createOnce(service, request, async (tx, flyWireId) => {
        return { events: await openFlyWire(service, tx, { ...draft, flyWireId }) };
      });
      return reply.status(201).send(show(await read(flyWireId)));
    },
  );

  http.get(
    '/v1/fly-wires',
    {
      ...access(readers),
      schema: {
        summary: 'Fly-wires, newest first; who does not see everything sees those for their roles',
        querystring: z.object({ state: z.enum(['open', 'ended']).optional(), initiativeId: z.uuid().optional() }),
        response: { 200: z.object({ items: z.array(Body) }) },
      },
    },
    async (request) => {
      const { state, initiativeId = null } = request.query;
      const where = sql`(${initiativeId}::uuid is null or initiative_id = ${initiativeId}) and ${visible(request)}`;
      const items = (await readFlyWires(database, where)).map(show);
      return { items: state ? items.filter((one) => one.isOpen === (state === 'open')) : items };
    },
  );

  http.get(
    '/v1/fly-wires/:flyWireId',
    {
      ...access(readers),
      schema: {
        summary: 'One fly-wire',
        params,
        response: { 200: Body, 404: Problem },
      },
    },
    async (request) => show(await read(request.params.flyWireId, visible(request))),
  );

  http.post(
    '/v1/fly-wires/:flyWireId/revoke',
    {
      ...access(['director', 'admin']),
      schema: {
        summary: 'End a fly-wire before its time',
        params,
        body: z.strictObject({}).nullish(),
        response: { 200: Body, 404: Problem },
      },
    },
    async (request) => {
      const { flyWireId } = request.params;
      await commit(request, async (tx) => {
        const events = await revokeFlyWire(service, tx, flyWireId, request.principal.personId);
        return { result: undefined, events };
      });
      return show(await read(flyWireId));
    },
  );

  http.post(
    '/v1/fly-wires/:flyWireId/uses',
    {
      ...access(readers),
      schema: {
        summary: 'Use read-only access; refused outside of the scope or the time',
        params,
        body: z.strictObject({ reason: Reason, customerId: CustomerId.optional() }),
        response: { 201: Use.extend({ system: z.string() }), 404: Problem, 409: Problem },
      },
    },
    async (request, reply) => {
      const { flyWireId } = request.params;
      const { reason, customerId = null } = request.body;
      const { personId: by, roles } = request.principal;
      const now = clock.now();
      const useId = randomUUID();
      const system = await commit(request, async (tx) => {
        // Locked, so that nobody uses what is being ended.
        const [found] = await readFlyWires(tx, sql`fly_wire_id = ${flyWireId}`, 'for update');
        if (!found) throw new NotFound('There is no such fly-wire.');
        mayUse(ruleOf(found), roles, customerId === null ? undefined : await isHighValue(tx, customerId), now);
        await sql`insert into fly_wire_uses (use_id, fly_wire_id, person_id, customer_id, reason, at)
          values (${useId}, ${flyWireId}, ${by}, ${customerId}, ${reason}, ${now.toISOString()})`.execute(tx);
        return { result: found.system!, events: [] };
      });
      return reply.status(201).send({ useId, by, customerId, reason, at: now.toISOString(), system });
    },
  );

  http.get(
    '/v1/fly-wires/:flyWireId/uses',
    {
      ...access(['supervisor', 'director', 'admin']),
      schema: {
        summary: 'Who used a fly-wire, newest first',
        params,
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(200) }),
        response: { 200: z.object({ items: z.array(Use), of: z.int() }), 404: Problem },
      },
    },
    async ({ params: { flyWireId }, query }) => {
      await read(flyWireId);
      const { rows } = await sql<Omit<z.infer<typeof Use>, 'at'> & { at: Date; of: number }>`
        select use_id as "useId", person_id as by, customer_id as "customerId", reason, at, count(*) over ()::int as of
          from fly_wire_uses where fly_wire_id = ${flyWireId} order by at desc, use_id limit ${query.limit}`.execute(
        database,
      );
      const items = rows.map(({ of: _, ...use }) => ({ ...use, at: use.at.toISOString() }));
      return { items, of: rows[0]?.of ?? 0 };
    },
  );

  function visible(request: Parameters<typeof seesEverything>[0]) {
    return seesEverything(request) ? sql`true` : sql`roles && ${request.principal.roles}::text[]`;
  }

  async function read(flyWireId: string, where = sql`true` as ReturnType<typeof visible>): Promise<FlyWireRow> {
    const [found] = await readFlyWires(database, sql`fly_wire_id = ${flyWireId} and ${where}`);
    if (!found) throw new NotFound('There is no such fly-wire.');
    return found;
  }

  function show(row: FlyWireRow): z.infer<typeof Body> {
    return {
      ...row,
      isOpen: isOpen(ruleOf(row), clock.now()),
      openedAt: row.openedAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
      endedAt: row.endedAt?.toISOString() ?? null,
    };
  }
}

/** As the newest comment of the customer was graded; unknown is not. */
async function isHighValue(tx: Parameters<typeof readFlyWires>[0], customerId: string): Promise<boolean> {
  const { rows } = await sql<{ highValue: boolean }>`
    select high_value as "highValue" from comments
     where customer_id = ${customerId} and high_value is not null order by occurred_at desc nulls last limit 1`.execute(
    tx,
  );
  return rows[0]?.highValue ?? false;
}
