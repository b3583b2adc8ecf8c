import { Department, ThemeId } from '@heard/events/rca';
import { Instant, PersonId, text } from '@heard/events/vocabulary';
import { type AccessRole, insightRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { CorpusFilter } from '../corpus/corpus-filter.ts';
import { createOnce, once } from '../once.ts';
import type { Command } from './initiative.ts';
import {
  type InitiativeRow,
  moveInitiative,
  openInitiative,
  rankInitiative,
  readInitiative,
  readInitiatives,
} from './initiatives.ts';

const access = (roles: readonly AccessRole[]) => ({ config: { access: { roles } } });
const State = z.enum(['open', 'signed-off', 'fixed', 'proven', 'abandoned']);
const params = z.object({ initiativeId: z.uuid() });
const Reason = text(500).min(1);
const Rank = z.int().min(1);

const Body = z.object({
  initiativeId: z.uuid(),
  themeId: z.string(),
  whyTreeId: z.uuid().nullable(),
  filter: CorpusFilter.nullable().meta({ description: 'null: what the policy says.' }),
  title: z.string(),
  state: State,
  rank: z.int().nullable().meta({ description: 'null: it is over. Has nothing to do with the priority of a case.' }),
  ownerId: z.string(),
  department: z.string(),
  fixDueAt: z.string(),
  reviewDueAt: z.string(),
  overdue: z.enum(['fix', 'review']).nullable(),
  fixedAt: z.string().nullable(),
  confirmedBy: z.uuid().nullable().meta({ description: 'The validation that confirmed the fix.' }),
  openedBy: z.string(),
  openedAt: z.string(),
  pack: z.string().meta({ description: 'Comments and numbers for the owner, with personal data masked.' }),
});
const Move = z.object({ from: State, to: State, by: z.string(), reason: z.string().nullable(), at: z.string() });

/** The projects against causes, their ranks and their way to the proof. */
export function registerInitiativeRoutes(service: Service): void {
  const { clock, commit, database, http } = service;

  http.post(
    '/v1/initiatives',
    {
      ...access(['analyst', 'director', 'admin']),
      schema: {
        summary: 'Open an initiative against a theme',
        ...once,
        body: z.strictObject({
          themeId: ThemeId,
          title: text(200).min(1),
          ownerId: PersonId.meta({ description: 'The executive who must fix it.' }),
          department: Department,
          fixDueAt: Instant,
          reviewDueAt: Instant,
          whyTreeId: z.uuid().optional(),
          filter: CorpusFilter.optional(),
          rank: Rank.optional().meta({ description: 'Without one it comes last.' }),
        }),
        response: { 201: Body, 409: Problem },
      },
    },
    async (request, reply) => {
      const { fixDueAt, reviewDueAt, ...said } = request.body;
      const dates = { fixDueAt: new Date(fixDueAt), reviewDueAt: new Date(reviewDueAt) };
      const initiativeId = await createOnce(service, request, async (tx, initiativeId) => {
        const draft = { ...said, ...dates, initiativeId, by: request.principal.personId };
        return { events: await openInitiative(tx, draft, clock.now()) };
      });
      return reply.status(201).send(show(await readInitiative(database, initiativeId)));
    },
  );

  http.get(
    '/v1/initiatives',
    {
      ...access(insightRoles),
      schema: {
        summary: 'Initiatives: those to be done by rank, then the others',
        querystring: z.object({
          state: State.optional(),
          themeId: ThemeId.optional(),
          ownerId: PersonId.optional(),
          limit: z.coerce.number().int().min(1).max(1000).default(200),
        }),
        response: { 200: z.object({ items: z.array(Body) }) },
      },
    },
    async ({ query: { state = null, themeId = null, ownerId = null, limit } }) => {
      const where = sql`(${state}::text is null or state = ${state}) and (${themeId}::text is null or theme_id = ${themeId})
        and (${ownerId}::text is null or owner_id = ${ownerId})`;
      return { items: (await readInitiatives(database, where, limit)).map(show) };
    },
  );

  http.get(
    '/v1/initiatives/:initiativeId',
    {
      ...access(insightRoles),
      schema: {
        summary: 'One initiative, its way so far, and what came of it',
        params,
        response: {
          200: Body.extend({
            moves: z.array(Move),
            sops: z.array(z.object({ sopId: z.uuid(), href: z.string() })),
            flyWires: z.array(z.object({ flyWireId: z.uuid(), href: z.string() })),
          }),
          404: Problem,
        },
      },
    },
    async ({ params: { initiativeId } }) => {
      const found = await readInitiative(database, initiativeId);
      const moves = await sql<Omit<z.infer<typeof Move>, 'at'> & { at: Date }>`
        select from_state as "from", to_state as "to", by, reason, at from initiative_moves
         where initiative_id = ${initiativeId} order by number`.execute(database);
      const sops = await sql<{ sopId: string }>`
        select sop_id as "sopId" from sops where initiative_id = ${initiativeId} order by sop_id`.execute(database);
      const flyWires = await sql<{ flyWireId: string }>`
        select fly_wire_id as "flyWireId" from fly_wires where initiative_id = ${initiativeId} order by opened_at, fly_wire_id`.execute(
        database,
      );
      return {
        ...show(found),
        moves: moves.rows.map((move) => ({ ...move, at: move.at.toISOString() })),
        sops: sops.rows.map(({ sopId }) => ({ sopId, href: `/v1/sops/${sopId}` })),
        flyWires: flyWires.rows.map(({ flyWireId }) => ({ flyWireId, href: `/v1/fly-wires/${flyWireId}` })),
      };
    },
  );

  http.put(
    '/v1/initiatives/:initiativeId/rank',
    {
      ...access(['director', 'admin']),
      schema: {
        summary: 'Put an initiative at a rank; the others keep their order, without a gap',
        params,
        body: z.strictObject({ rank: Rank }),
        response: { 200: Body, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      const { initiativeId } = request.params;
      await commit(request, async (tx) => {
        await rankInitiative(tx, initiativeId, request.body.rank);
        return { result: undefined, events: [] };
      });
      return show(await readInitiative(database, initiativeId));
    },
  );

  const None = z.strictObject({}).nullish();
  const WithReason = z.strictObject({ reason: Reason });
  move('sign-off', 'Sign an initiative off: the work begins', None, (by) => ({ do: 'sign-off', by }));
  move('fix', 'Report that the fix is live', z.strictObject({ fixedAt: Instant.optional() }).nullish(), (by, said) => {
    const at = clock.now();
    return { do: 'fix', by, fixedAt: said?.fixedAt ? new Date(said.fixedAt) : null, at };
  });
  move('rework', 'The fix did not hold: back to work', WithReason, (by, { reason }) => ({ do: 'rework', by, reason }));
  move('abandon', 'Give an initiative up', WithReason, (by, { reason }) => ({ do: 'abandon', by, reason }));

  function move<Said>(
    name: Command['do'],
    summary: string,
    body: z.ZodType<Said>,
    command: (by: { personId: string; roles: readonly string[] }, said: Said) => Command,
  ) {
    http.post(
      `/v1/initiatives/:initiativeId/${name}`,
      {
        ...access(insightRoles),
        schema: {
          summary: `${summary}; its owner or a director`,
          params,
          body,
          response: { 200: Body, 404: Problem, 409: Problem },
        },
      },
      async (request) => {
        const { initiativeId } = request.params;
        await commit(request, async (tx) => {
          const order = command(request.principal, request.body as Said);
          return { result: undefined, events: await moveInitiative(tx, initiativeId, order, clock.now()) };
        });
        return show(await readInitiative(database, initiativeId));
      },
    );
  }

  function show(found: InitiativeRow): z.infer<typeof Body> {
    const { initiativeId, fixDueAt, reviewDueAt, fixedAt, openedAt, state } = found;
    const now = clock.now();
    const isLate = state !== 'proven' && state !== 'abandoned';
    const isFixLate = state !== 'fixed' && now >= fixDueAt;
    return {
      ...found,
      fixDueAt: fixDueAt.toISOString(),
      reviewDueAt: reviewDueAt.toISOString(),
      overdue: !isLate ? null : isFixLate ? 'fix' : now >= reviewDueAt ? 'review' : null,
      fixedAt: fixedAt?.toISOString() ?? null,
      openedAt: openedAt.toISOString(),
      pack: `/v1/initiatives/${initiativeId}/pack.md`,
    };
  }
}
