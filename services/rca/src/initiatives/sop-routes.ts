import { PersonId, text } from '@heard/events/vocabulary';
import { type AccessRole, caseRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { createOnce, once } from '../once.ts';
import { readSop, readSops, retireSop, rewriteSop, type SopRow, writeSop } from './sops.ts';

const access = (roles: readonly AccessRole[]) => ({ config: { access: { roles } } });
/** An SOP is for whoever works by it. */
const readers: readonly AccessRole[] = [...caseRoles, 'analyst', 'admin'];
const writers: readonly AccessRole[] = ['director', 'admin'];
const params = z.object({ sopId: z.uuid() });
const Title = z.strictObject({ zh: text(200).min(1), en: text(200).min(1) });
const said = {
  title: Title,
  text: text(20_000).min(1),
  ownerId: PersonId,
  validFrom: z.iso.date().meta({ description: 'The first day it holds.' }),
};
const Reason = text(500).min(1);

const Version = z.object({ version: z.int(), ...said, writtenBy: z.string(), writtenAt: z.string() });
const Body = Version.extend({
  sopId: z.uuid(),
  initiativeId: z.uuid().nullable(),
  validationId: z.uuid().nullable().meta({ description: 'What proved it; null: it was decided.' }),
  decision: z.string().nullable().meta({ description: 'Why it holds although nothing proved it.' }),
  links: z.array(z.object({ kind: z.string(), href: z.string() })),
  state: z.enum(['planned', 'in-force', 'retired']),
  retiredAt: z.string().nullable(),
  retiredBy: z.string().nullable(),
  retiredReason: z.string().nullable(),
});

/** The register of what was proven and is now how it is done. */
export function registerSopRoutes(service: Service): void {
  const { clock, commit, database, http, policies } = service;
  http.post(
    '/v1/sops',
    {
      ...access(writers),
      schema: {
        summary: 'Make an SOP of a proven initiative, or by decision',
        ...once,
        body: z.strictObject({
          ...said,
          initiativeId: z.uuid().optional(),
          byDecision: z.strictObject({ reason: Reason }).optional(),
        }),
        response: { 201: Body, 404: Problem, 409: Problem },
      },
    },
    async (request, reply) => {
      const { initiativeId, byDecision, ...words } = request.body;
      const by = { personId: request.principal.personId, at: clock.now() };
      const sopId = await createOnce(service, request, async (tx, sopId) => {
        await writeSop(tx, sopId, { initiativeId, decision: byDecision?.reason }, words, by);
        return { events: [], version: 1 };
      });
      return reply.status(201).send(await show(await readSop(database, sopId)));
    },
  );

  http.get(
    '/v1/sops',
    {
      ...access(readers),
      schema: {
        summary: 'SOPs in their newest versions',
        querystring: z.object({ initiativeId: z.uuid().optional(), retired: z.stringbool().optional() }),
        response: { 200: z.object({ items: z.array(Body) }) },
      },
    },
    async ({ query: { initiativeId = null, retired = null } }) => {
      const where = sql`(${initiativeId}::uuid is null or s.initiative_id = ${initiativeId})
        and (${retired}::bool is null or (s.retired_at is not null) = ${retired})`;
      return { items: await Promise.all((await readSops(database, where)).map(show)) };
    },
  );

  http.get(
    '/v1/sops/:sopId',
    {
      ...access(readers),
      schema: {
        summary: 'An SOP with all its versions, newest first',
        params,
        response: { 200: Body.extend({ versions: z.array(Version) }), 404: Problem },
      },
    },
    async ({ params: { sopId } }) => {
      const newest = await readSop(database, sopId);
      const all = await readSops(database, sql`s.sop_id = ${sopId}`, true);
      const versions = all.map((row) => ({
        ...{ version: row.version, title: row.title, text: row.text, ownerId: row.ownerId, validFrom: row.validFrom },
        ...{ writtenBy: row.writtenBy, writtenAt: row.writtenAt.toISOString() },
      }));
      return { ...(await show(newest)), versions };
    },
  );

  http.put(
    '/v1/sops/:sopId',
    {
      ...access(writers),
      schema: {
        summary: 'Write an SOP anew: its next version',
        params,
        body: z.strictObject({ ...said, version: z.int().min(1).meta({ description: 'The one it follows on.' }) }),
        response: { 200: Body, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      const { sopId } = request.params;
      const { version: expected, ...words } = request.body;
      const by = { personId: request.principal.personId, at: clock.now() };
      await commit(request, async (tx) => {
        const version = await rewriteSop(tx, sopId, expected, words, by);
        return { result: undefined, events: [], version };
      });
      return show(await readSop(database, sopId));
    },
  );

  http.post(
    '/v1/sops/:sopId/retire',
    {
      ...access(writers),
      schema: {
        summary: 'End an SOP',
        params,
        body: z.strictObject({ reason: Reason }),
        response: { 200: Body, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      const { sopId } = request.params;
      const by = { personId: request.principal.personId, at: clock.now() };
      await commit(request, async (tx) => {
        await retireSop(tx, sopId, request.body.reason, by);
        return { result: undefined, events: [] };
      });
      return show(await readSop(database, sopId));
    },
  );

  async function show(row: SopRow): Promise<z.infer<typeof Body>> {
    const { initiativeId, validationId } = row;
    const { timeZone } = (await policies.current(database)).sla;
    const today = clock.now().toLocaleDateString('sv-SE', { timeZone });
    return {
      ...row,
      writtenAt: row.writtenAt.toISOString(),
      retiredAt: row.retiredAt?.toISOString() ?? null,
      // Of the newest version: while it is planned, the one before holds.
      state: row.retiredAt ? 'retired' : row.validFrom > today ? 'planned' : 'in-force',
      links: [
        ...(initiativeId ? [{ kind: 'initiative', href: `/v1/initiatives/${initiativeId}` }] : []),
        ...(validationId ? [{ kind: 'validation', href: `/v1/validations/${validationId}` }] : []),
      ],
    };
  }
}
