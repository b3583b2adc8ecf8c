import { Rejection } from '@heard/bus/rejection';
import { insightRoles } from '@heard/service/access';
import { NotFound, Problem, problem, sendProblem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { redact } from '@heard/text/redact';
import type { CodeFrame } from '@heard/themes/frame';
import { codeFrame } from '@heard/themes/frame';
import { sql } from 'kysely';
import * as z from 'zod';
import { chosenFilter } from '../corpus/chosen-filter.ts';
import { CorpusFilter } from '../corpus/corpus-filter.ts';
import { requestDiscovery, themesOf } from './discoveries.ts';
import { InvalidFrame, publishFrame } from './frames.ts';

const Change = z.object({
  kind: z.enum(['kept', 'split', 'merged', 'new', 'gone']),
  from: z.array(z.string()),
  into: z.array(z.string()),
});
const Theme = z.object({
  themeId: z.string(),
  words: z.array(z.string()),
  comments: z.int(),
  quotes: z.array(z.object({ feedbackId: z.uuid(), comment: z.string() })),
  lineage: z.array(Change).meta({ description: 'The changes that name it.' }),
  takenAs: z.string().nullable(),
});
const State = z.enum(['waiting', 'found', 'serving', 'retired', 'too-few']);
const Discovery = z.object({
  number: z.int(),
  state: State,
  scope: z.enum(['unexplained', 'all']),
  filter: CorpusFilter,
  requestedAt: z.iso.datetime(),
  requestedBy: z.string(),
  frameVersion: z.int().nullable().meta({ description: 'What it was to explain more than.' }),
  comments: z.int().nullable(),
  outliers: z.int().nullable().meta({ description: 'Comments like no theme more than like any comment.' }),
  lineage: z.array(Change).nullable().meta({ description: 'Against the discovery that served before.' }),
  themes: z.array(Theme),
});
type Row = Omit<z.infer<typeof Discovery>, 'requestedAt' | 'themes'> & { at: Date };

/** Themes that no frame has: found by the program, offered to whoever maintains the frame. */
export function registerDiscoveryRoutes(service: Service): void {
  const { clock, database, http, policies } = service;

  http.post(
    '/v1/discoveries',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Look for themes now, in what the serving frame does not explain or in all of a filter',
        body: z.strictObject({
          scope: z.enum(['unexplained', 'all']).default('unexplained'),
          filter: z.string().default('default').meta({ description: 'A saved filter, `default` or `all`.' }),
        }),
        response: { 202: z.object({ number: z.int() }), 404: Problem },
      },
    },
    async (request, reply) => {
      const { filter } = await chosenFilter(service, { filter: request.body.filter });
      const number = await service.commit(request, async (tx) => {
        const { rca } = await policies.current(tx);
        const by = request.principal.personId;
        const wanted = { scope: request.body.scope, filter, by, at: clock.now() };
        const result = await requestDiscovery(tx, wanted, rca);
        return { result, events: [], record: 'discovery', version: result };
      });
      return reply.status(202).send({ number });
    },
  );

  http.get(
    '/v1/discoveries/:number',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'One discovery, with its themes and where they came from',
        params: z.object({ number: z.coerce.number().int().min(1) }),
        response: { 200: Discovery, 404: Problem },
      },
    },
    async ({ params }) => {
      const found = await read(sql`number = ${params.number}`);
      if (!found) throw new NotFound('There is no such discovery.');
      return found;
    },
  );

  http.get(
    '/v1/proposals',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'The themes of the discovery that serves, largest first; null before the first one',
        response: { 200: z.object({ discovery: Discovery.nullable() }) },
      },
    },
    async () => ({ discovery: (await read(sql`state = 'serving'`)) ?? null }),
  );

  const { id, zh, en, words } = codeFrame.shape.themes.element.shape;
  http.post(
    '/v1/proposals/:themeId/take',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Take a proposal into the code frame, under a name and with words of your own: the next version',
        params: z.object({ themeId: z.uuid() }),
        body: z.strictObject({ id, zh, en, words }),
        response: { 202: z.object({ version: z.int() }), 400: Problem, 404: Problem, 409: Problem },
      },
    },
    async (request, reply) => {
      const { themeId } = request.params;
      try {
        const version = await service.commit(request, async (tx) => {
          const { rows } = await sql<{ number: number; takenAs: string | null }>`
            select number, taken_as as "takenAs" from discovered_themes join discoveries using (number)
             where theme_id = ${themeId} and state = 'serving' for update`.execute(tx);
          if (!rows[0]) throw new NotFound('No such theme is proposed.');
          if (rows[0].takenAs !== null) throw new Rejection('taken-already', `It was taken as ${rows[0].takenAs}.`);
          await sql`update discovered_themes set taken_as = ${request.body.id} where number = ${rows[0].number} and theme_id = ${themeId}`.execute(
            tx,
          );
          const latest = await sql<{ document: CodeFrame }>`
            select document from code_frames order by version desc limit 1`.execute(tx);
          const { themes, ...frame } = latest.rows[0]?.document ?? { name: 'own', themes: [], merges: [] };
          const { timeZone } = (await policies.current(tx)).sla;
          const made = { by: request.principal.personId, timeZone, at: clock.now() };
          const result = await publishFrame(tx, { ...frame, themes: [...themes, request.body] }, made);
          return { result, events: [], record: themeId, version: result };
        });
        return reply.status(202).send({ version });
      } catch (error) {
        if (error instanceof InvalidFrame) return sendProblem(reply, problem(400, 'invalid-frame', error.message));
        throw error;
      }
    },
  );

  async function read(which: ReturnType<typeof sql>): Promise<z.infer<typeof Discovery> | undefined> {
    const { rows } = await sql<Row>`
      select number, state, scope, filter, requested_at as at, requested_by as "requestedBy", frame_version as "frameVersion", comments,
             outliers, lineage from discoveries where ${which}`.execute(database);
    if (!rows[0]) return undefined;
    const { at, ...discovery } = rows[0];
    const themes = await themesOf(database, discovery.number);
    const ids = themes.flatMap(({ quotes }) => quotes);
    const said = await sql<{ id: string; comment: string | null }>`
      select feedback_id as id, comment from comments where feedback_id = any (${ids}::uuid[])`.execute(database);
    const comments = new Map(said.rows.map(({ id, comment }) => [id, comment ?? '']));
    return {
      ...discovery,
      requestedAt: at.toISOString(),
      themes: themes.map((theme) => ({
        ...theme,
        quotes: theme.quotes.map((feedbackId) => ({ feedbackId, comment: redact(comments.get(feedbackId) ?? '') })),
        lineage: (discovery.lineage ?? []).filter(({ from, into }) => [...from, ...into].includes(theme.themeId)),
      })),
    };
  }
}
