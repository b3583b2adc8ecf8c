import { insightRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import * as z from 'zod';
import { ChosenFilter, chosenFilter, filterQuery } from '../corpus/chosen-filter.ts';
import { servedFrame } from '../themes/served-frame.ts';
import { associateApart } from './associating.ts';
import { wordAssociation } from './association-wording.ts';
import { customersOfThemes } from './churn.ts';

const Interval = z.object({ estimate: z.number(), lower: z.number(), upper: z.number() });
const Table = z
  .object({ a: z.int(), b: z.int(), c: z.int(), d: z.int() })
  .meta({ description: 'a named it and left, b named it and stayed, c did not and left, d did not and stayed.' });
const OddsRatio = Interval.extend({
  corrected: z.boolean().meta({ description: 'A cell was empty, so one half was added to each.' }),
});
const of = z.int().meta({ description: 'Customers whose tenure and value are known.' });
const Adjusted = z.discriminatedUnion('outcome', [
  z.object({ of, outcome: z.literal('fitted'), for: z.array(z.string()), oddsRatio: Interval, p: z.number() }),
  z.object({ of, outcome: z.literal('separated'), by: z.array(z.string()) }),
  z.object({ of, outcome: z.literal('collinear') }),
]);
const AssociationBody = z.object({
  themeId: z.string(),
  table: Table,
  oddsRatio: OddsRatio,
  phi: Interval,
  p: z.number(),
  corrected: z.number().meta({ description: 'p, allowed for the number of themes (Benjamini–Hochberg).' }),
  adjusted: Adjusted,
  withinSegments: z.array(z.object({ segment: z.string(), table: Table, oddsRatio: OddsRatio })),
  wording: z.enum(['leavers-name-it-more', 'leavers-name-it-less', 'no-association-shown']),
  text: z.string(),
});

/** Which themes go together with leaving. */
export function registerAssociationsRoutes(service: Service): void {
  const { clock, database, http, policies } = service;
  http.get(
    '/v1/associations',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary:
          'Which themes go together with leaving: odds ratio, φ, and the same with tenure, value and channel equal',
        querystring: z.object({ ...filterQuery, lang: z.enum(['zh', 'en']).default('zh') }),
        response: {
          200: z.object({
            frameVersion: z.int(),
            filter: ChosenFilter,
            confidence: z.number(),
            customers: z.int(),
            churned: z.int(),
            leftOut: z.object({
              onlyAfterLeaving: z.int().meta({ description: 'Of everything: they spoke only after they had left.' }),
              tenureUnknown: z.int().meta({ description: 'Of the adjusted model.' }),
              valueUnknown: z.int().meta({ description: 'Of the adjusted model.' }),
            }),
            associations: z.array(AssociationBody).meta({ description: 'Clearest first.' }),
          }),
          404: Problem,
          409: Problem,
        },
      },
    },
    async ({ query }) => {
      const policy = await policies.current(database);
      const frame = await servedFrame(database);
      const { filter, chosen } = await chosenFilter(service, query);
      const { customers, leftOut } = await customersOfThemes(database, frame.version, filter, clock.now());
      const { confidence, validation } = policy.rca;
      const levels = { alpha: validation.alpha, confidence };
      const found = await associateApart({ customers, themes: [...frame.themes.keys()], ...levels });
      return {
        frameVersion: frame.version,
        filter: chosen,
        confidence,
        customers: customers.length,
        churned: customers.filter(({ churned }) => churned).length,
        leftOut,
        associations: found
          .sort((one, other) => one.corrected - other.corrected || one.p - other.p)
          .map((one) => ({ ...one, text: wordAssociation(one, frame.themes.get(one.themeId)!, query.lang) })),
      };
    },
  );
}
