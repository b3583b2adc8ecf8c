import { insightRoles } from '@heard/service/access';
import { NotFound, Problem, problem, sendProblem } from '@heard/service/http';
import { ifMatch } from '@heard/service/if-match';
import type { Service } from '@heard/service/service';
import { codeFrame } from '@heard/themes/frame';
import { sql } from 'kysely';
import * as z from 'zod';
import { InvalidFrame, publishFrame } from './frames.ts';

const State = z.enum(['learning', 'serving', 'retired']);
const Listed = z.object({
  version: z.int(),
  name: z.string(),
  state: State,
  themes: z.int(),
  publishedAt: z.iso.datetime(),
  publishedBy: z.string(),
  learntFrom: z.int().nullable().meta({ description: 'How many comments there were when it was learnt.' }),
  heldBy: z.array(z.string()).meta({ description: 'Proofs that count on it.' }),
});
const Document = z.strictObject(codeFrame.shape);
const Sent = z.strictObject({
  ...codeFrame.shape,
  version: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'The version it was made from; refused when it is not the newest.' }),
});

const listed = sql`
  version, document ->> 'name' as name, state, jsonb_array_length(document -> 'themes') as themes, published_at, published_by as "publishedBy",
  learnt_from as "learntFrom", array(select holder from held_frames h where h.frame_version = f.version order by holder) as "heldBy"`;
type ListedRow = Omit<z.infer<typeof Listed>, 'publishedAt'> & { published_at: Date };
const asListed = ({ published_at, ...row }: ListedRow) => ({ ...row, publishedAt: published_at.toISOString() });

/** The maintained themes. A version is never changed: who renames, rewords or merges publishes the next one. */
export function registerFrameRoutes(service: Service): void {
  const { clock, database, http, policies } = service;

  http.get(
    '/v1/frames',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'Every version of the code frame, newest first',
        response: { 200: z.object({ items: z.array(Listed) }) },
      },
    },
    async () => {
      const { rows } = await sql<ListedRow>`select ${listed} from code_frames f order by version desc`.execute(
        database,
      );
      return { items: rows.map(asListed) };
    },
  );

  http.get(
    '/v1/frames/:version',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'One version of the code frame',
        params: z.object({ version: z.coerce.number().int().min(1) }),
        response: { 200: Listed.extend({ document: Document }), 404: Problem },
      },
    },
    async ({ params }) => {
      const { rows } = await sql<ListedRow & { document: z.infer<typeof Document> }>`
        select ${listed}, document from code_frames f where version = ${params.version}`.execute(database);
      if (!rows[0]) throw new NotFound('There is no such version of the code frame.');
      const { document, ...row } = rows[0];
      return { ...asListed(row), document };
    },
  );

  http.post(
    '/v1/frames',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Publish the next version of the code frame; it serves once every comment has its themes by it',
        headers: z.object({
          'if-match': ifMatch,
        }),
        body: Sent,
        response: { 202: z.object({ version: z.int(), state: State }), 400: Problem, 409: Problem },
      },
    },
    async (request, reply) => {
      const { version: madeFrom, ...document } = request.body;
      const expected = request.headers['if-match'] ?? madeFrom;
      const { personId: by } = request.principal;
      try {
        const version = await service.commit(request, async (tx) => {
          const { timeZone } = (await policies.current(tx)).sla;
          const next = await publishFrame(tx, document, { by, timeZone, at: clock.now(), expected });
          return { result: next, events: [], record: 'code-frame', version: next };
        });
        return reply.status(202).send({ version, state: 'learning' as const });
      } catch (error) {
        if (error instanceof InvalidFrame) return sendProblem(reply, problem(400, 'invalid-frame', error.message));
        throw error;
      }
    },
  );
}
