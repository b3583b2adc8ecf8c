import { text } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import { csv } from '@heard/service/reports';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { type PackData, readPack } from './pack.ts';
import { packColumns, packMarkdown, packRows } from './pack-texts.ts';

const Lang = z.enum(['zh', 'en']).default('zh');

/** What leaves for the owner of an initiative, masked; and the one way to a customer's unmasked words. */
export function registerPackRoutes({ clock, commit, database, http }: Service): void {
  file('md', 'text/markdown', packMarkdown);
  file('csv', 'text/csv', (pack) => csv(packColumns, packRows(pack)));
  file('json', 'application/json', (pack) => JSON.stringify(pack));

  function file(kind: 'md' | 'csv' | 'json', type: string, write: (pack: PackData, lang: 'zh' | 'en') => string) {
    http.get(
      `/v1/initiatives/:initiativeId/pack.${kind}`,
      {
        config: { access: { roles: insightRoles } },
        schema: {
          summary: `Comments and numbers for the owner of an initiative, personal data masked (${type})`,
          params: z.object({ initiativeId: z.uuid() }),
          querystring: z.object({ lang: Lang }),
        },
      },
      async ({ params, query }, reply) => {
        const pack = await readPack(database, params.initiativeId, clock);
        return reply
          .type(`${type}; charset=utf-8`)
          .header('content-disposition', `attachment; filename="pack-${params.initiativeId}.${kind}"`)
          .serializer(String)
          .send(write(pack, query.lang));
      },
    );
  }

  http.post(
    '/v1/comments/:feedbackId/reveal',
    {
      config: { access: { roles: ['supervisor', 'director', 'analyst', 'admin'] } },
      schema: {
        summary: 'Read a comment unmasked; who did and why stays on record',
        params: z.object({ feedbackId: z.uuid() }),
        body: z.strictObject({ reason: text(500).min(1) }),
        response: { 200: z.object({ feedbackId: z.uuid(), comment: z.string() }), 404: Problem },
      },
    },
    async (request) => {
      const { feedbackId } = request.params;
      const comment = await commit(request, async (tx) => {
        const { rows } = await sql<{ comment: string | null }>`
          select comment from comments where feedback_id = ${feedbackId}`.execute(tx);
        const said = rows[0]?.comment;
        if (!said) throw new NotFound('There is no such comment.');
        await sql`insert into reveals (feedback_id, person_id, reason, at)
          values (${feedbackId}, ${request.principal.personId}, ${request.body.reason}, ${clock.now().toISOString()})`.execute(
          tx,
        );
        return { result: said, events: [] };
      });
      return { feedbackId, comment };
    },
  );
}
