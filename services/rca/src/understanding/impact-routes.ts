import { insightRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import * as z from 'zod';
import { ChosenFilter, chosenFilter, filterQuery } from '../corpus/chosen-filter.ts';
import { servedFrame } from '../themes/served-frame.ts';
import { healthWithout, npsOf, without } from './impact.ts';
import { readAnswers, readHealth } from './impact-data.ts';

const value = z.number().nullable().meta({ description: 'null: there is nobody to ask.' });
const difference = value.meta({ description: 'With all comments − without those of the theme; below 0: it costs.' });
const count = z.int();
const ThemeImpact = z.object({
  themeId: z.string(),
  names: z.object({ zh: z.string(), en: z.string() }),
  nps: z.object({ mentions: count, without: z.object({ of: count, value }), difference }),
  health: z.object({ mentions: count, without: z.object({ customers: count, value }), difference }),
});

/** What each theme takes from NPS and from the health of customers. */
export function registerImpactRoutes(service: Service): void {
  const { clock, database, http, policies } = service;
  http.get(
    '/v1/themes/impact',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'NPS and health, and what they are without the comments that mention each theme; most harmful first',
        querystring: z.object(filterQuery).omit({ segments: true, scale: true }),
        response: {
          200: z.object({
            frameVersion: z.int(),
            filter: ChosenFilter.omit({ segments: true, scale: true }),
            nps: z.object({ of: count, promoters: count, detractors: count, value }),
            health: z.object({
              customers: count,
              value,
              colours: z.object({ green: count, yellow: count, red: count }),
              missing: z
                .object({ nps: count, frequency: count, resolution: count, negative: count })
                .meta({ description: 'Customers of whom this part is not known, so that the others weigh more.' }),
            }),
            themes: z.array(ThemeImpact),
          }),
          404: Problem,
          409: Problem,
        },
      },
    },
    async ({ query }) => {
      const policy = await policies.current(database);
      const frame = await servedFrame(database);
      const { chosen } = await chosenFilter(service, query);
      const { segments: _, scale: __, ...filter } = chosen;
      const until = filter.until ? new Date(filter.until) : clock.now();
      const answers = await readAnswers(database, frame.version, filter, policy.bands.nps);
      const totals = await readHealth(database, frame.version, filter, until, policy.rca);
      const all = answers.get(null)!;
      const { customers, sum } = totals.all;
      const health = customers === 0 ? null : sum / customers;
      const themes = [...frame.themes.values()].map(({ id, zh, en }) => {
        const mentions = answers.get(id) ?? { of: 0, promoters: 0, detractors: 0 };
        const rest = without(all, mentions);
        const healthy = healthWithout(totals, id);
        return {
          themeId: id,
          names: { zh, en },
          nps: {
            mentions: mentions.of,
            without: { of: rest.of, value: npsOf(rest) },
            difference: minus(npsOf(all), npsOf(rest)),
          },
          health: {
            mentions: totals.themes.get(id)?.as.customers ?? 0,
            without: healthy,
            difference: minus(health, healthy.value),
          },
        };
      });
      return {
        frameVersion: frame.version,
        filter,
        nps: { ...all, value: npsOf(all) },
        health: { customers, value: health, colours: totals.colours, missing: totals.missing },
        themes: themes.sort((a, b) => (a.nps.difference ?? 0) - (b.nps.difference ?? 0)),
      };
    },
  );
}

function minus(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one - other;
}
