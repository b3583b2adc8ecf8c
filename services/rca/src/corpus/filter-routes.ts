import { Rejection } from '@heard/bus/rejection';
import { insightRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import { ifMatch } from '@heard/service/if-match';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { SavedFilterId, savedFilter } from './chosen-filter.ts';
import { CorpusFilter } from './corpus-filter.ts';

const Saved = z.object({
  filterId: z.string(),
  version: z.int(),
  filter: CorpusFilter,
  savedBy: z.string(),
  savedAt: z.iso.datetime(),
});
const params = z.object({ filterId: SavedFilterId });

/** Filters by name. Every change is a new version, and what was counted says by which. */
export function registerFilterRoutes(service: Service): void {
  const { clock, database, http } = service;

  http.get(
    '/v1/filters/:filterId',
    {
      config: { access: { roles: insightRoles } },
      schema: { summary: 'A saved filter', params, response: { 200: Saved, 404: Problem } },
    },
    async ({ params: { filterId } }) => ({ filterId, ...(await savedFilter(database, filterId)) }),
  );

  http.put(
    '/v1/filters/:filterId',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Save a filter; what is left out does not narrow',
        params,
        headers: z.object({
          'if-match': ifMatch,
        }),
        body: CorpusFilter,
        response: { 200: Saved, 409: Problem },
      },
    },
    async (request) => {
      const { filterId } = request.params;
      const read = request.headers['if-match'];
      const { personId } = request.principal;
      return service.commit(request, async (tx) => {
        const at = clock.now();
        const { rows } = await sql<{ version: number }>`
          insert into corpus_filters as f (filter_id, version, filter, saved_by, saved_at)
          values (${filterId}, 1, ${JSON.stringify(request.body)}::jsonb, ${personId}, ${at})
          on conflict (filter_id) do update set version = f.version + 1, filter = excluded.filter, saved_by = excluded.saved_by,
            saved_at = excluded.saved_at returning version`.execute(tx);
        const { version } = rows[0]!;
        if (read !== undefined && read !== version - 1) {
          throw new Rejection('version-changed', `The newest version is ${version - 1}, this was made from ${read}.`);
        }
        const result = { filterId, version, filter: request.body, savedBy: personId, savedAt: at.toISOString() };
        return { result, events: [], record: filterId, version };
      });
    },
  );
}
