import { ThemeId } from '@heard/events/rca';
import { insightRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import * as z from 'zod';
import { kinds, trace } from './trace.ts';

const Kind = z.enum(kinds);
const Node = z.object({ kind: Kind, id: z.string(), title: z.string(), href: z.string() });
const Trace = Node.extend({
  facts: z.record(z.string(), z.unknown()),
  documents: z.array(
    z.object({
      kind: z.string(),
      href: z.string(),
      service: z.string().optional().meta({ description: 'Whose it is, where it is not of this one.' }),
    }),
  ),
  links: z.array(z.object({ relation: z.string(), count: z.int(), items: z.array(Node) })),
});

/** From a customer's words to the proof and back, one step at a time. */
export function registerTraceRoutes({ database, http }: Service): void {
  http.get(
    '/v1/trace/:kind/:id',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'Everything one step away: comment, case, theme, why, initiative, validation, SOP',
        params: z.object({ kind: Kind, id: z.union([z.uuid(), ThemeId.max(200)]) }),
        querystring: z.object({ lang: z.enum(['zh', 'en']).default('zh') }),
        response: { 200: Trace, 404: Problem },
      },
    },
    async ({ params: { kind, id }, query: { lang } }) => {
      const isId = kind === 'theme' || z.uuid().safeParse(id).success;
      const found = isId ? await trace(database, kind, id, lang) : undefined;
      if (!found) throw new NotFound(`There is no such ${kind}.`);
      return found;
    },
  );
}
