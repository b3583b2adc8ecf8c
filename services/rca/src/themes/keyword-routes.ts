import { insightRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { wilson } from '@heard/statistics/proportion';
import * as z from 'zod';
import { ChosenFilter, chosenFilter, filterQuery } from '../corpus/chosen-filter.ts';
import type { Analyst } from './analyst.ts';

const Keyword = z.object({ word: z.string(), n: z.int(), share: z.number(), low: z.number(), high: z.number() });

/** What people say who are unhappy and others do not (S86). */
export function registerKeywordRoutes(service: Service, analyst: Analyst): void {
  service.http.get(
    '/v1/keywords',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary:
          'The words that tell the comments of a filter from those of the other segments, most telling first; read from the newest 5,000 of each',
        querystring: z.object({ ...filterQuery, top: z.coerce.number().int().min(1).max(50).default(10) }),
        response: {
          200: z.object({
            filter: ChosenFilter,
            of: z.int().meta({ description: 'Comments of the filter that were read.' }),
            comparedWith: z.int().meta({ description: 'Comments of other segments; 0: nothing to tell them from.' }),
            keywords: z.array(Keyword),
          }),
          404: Problem,
        },
      },
    },
    async ({ query }) => {
      const { filter, chosen } = await chosenFilter(service, query);
      const { rca } = await service.policies.current(service.database);
      const { of, comparedWith, keywords } = await analyst.ask({ filter, most: query.top });
      return {
        filter: chosen,
        of,
        comparedWith,
        keywords: keywords.map(({ word, n }) => {
          const { estimate: share, lower: low, upper: high } = wilson({ hits: n, of }, rca.confidence);
          return { word, n, share, low, high };
        }),
      };
    },
  );
}
