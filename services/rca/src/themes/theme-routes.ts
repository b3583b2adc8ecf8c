import { insightRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { wilson } from '@heard/statistics/proportion';
import { type CodeFrame, countedThemes, type Theme } from '@heard/themes/frame';
import { sql } from 'kysely';
import * as z from 'zod';
import { ChosenFilter, chosenFilter, filterQuery } from '../corpus/chosen-filter.ts';
import { noTheme } from './frames.ts';
import { countThemesBy, servingFrame, type ThemeCounts } from './theme-counts.ts';

const Share = z.object({
  n: z.int(),
  of: z.int(),
  share: z.number(),
  low: z.number().meta({ description: 'Of the Wilson interval, at the confidence of the policy.' }),
  high: z.number(),
});
const names = z.object({ zh: z.string(), en: z.string() });
const Shares = z.object({
  themeId: z.string(),
  names,
  mention: Share.meta({ description: 'Comments about it among other things; may sum to more than 1.' }),
  primary: Share.meta({ description: 'Comments mainly about it; with those of no theme they sum to 1.' }),
});
const Answer = z.object({
  frameVersion: z.int(),
  filter: ChosenFilter,
  waiting: z.int().meta({ description: 'Changes of comments, of any filter, that are still to be counted.' }),
  groups: z.array(
    z.object({
      group: z.string().nullable().meta({ description: "The value of `by`, '' for none; null without `by`." }),
      of: z.int(),
      themes: z.array(Shares).meta({ description: 'Most primary comments first.' }),
      none: Shares,
    }),
  ),
});

export const frameQuery = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a version')
  .transform(Number)
  .optional()
  .meta({ description: 'A version of the code frame that is held; the serving one without.' });

/** How much each theme of the code frame weighs. */
export function registerThemeRoutes(service: Service): void {
  const { database, http, policies } = service;
  http.get(
    '/v1/themes',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'The themes of the comments of a filter, with mention and primary shares and their intervals',
        querystring: z.object({
          ...filterQuery,
          by: z.enum(['channel', 'kind', 'product', 'segment', 'day', 'week', 'month']).optional(),
          top: z.coerce.number().int().min(1).max(200).optional(),
          frame: frameQuery,
        }),
        response: { 200: Answer, 404: Problem },
      },
    },
    async ({ query }) => {
      const { filter, chosen } = await chosenFilter(service, query);
      const { rca } = await policies.current(database);
      const frame = await frameOf(service, query.frame);
      const counts = await countThemesBy(database, frame.version, filter, query.by);
      if (!query.by && !counts.has(null)) counts.set(null, { of: 0, themes: new Map() });
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from pending_comments`.execute(database);
      return {
        frameVersion: frame.version,
        filter: chosen,
        waiting: rows[0]!.n,
        groups: [...counts].map(([group, counted]) => ({
          group,
          ...sharesOf(counted, frame.themes, rca.confidence, query.top),
        })),
      };
    },
  );
}

/** The themes of a version; of the serving one without. Throws NotFound. */
export async function frameOf(
  { database }: Pick<Service, 'database'>,
  version: number | undefined,
): Promise<{ version: number; themes: Theme[] }> {
  const wanted = version ?? (await servingFrame(database));
  const { rows } = await sql<{ document: CodeFrame }>`
    select document from code_frames where version = ${wanted ?? null} and model is not null`.execute(database);
  if (wanted === undefined || !rows[0])
    throw new NotFound('There is no such version of the code frame, or it is still being learnt.');
  return { version: wanted, themes: countedThemes(rows[0].document) };
}

type Shares = z.infer<typeof Shares>;

export function sharesOf(
  { of, themes: counts }: ThemeCounts,
  themes: readonly Theme[],
  confidence: number,
  top = themes.length,
): { of: number; themes: Shares[]; none: Shares } {
  const share = (n: number): z.infer<typeof Share> => {
    if (of === 0) return { n, of, share: 0, low: 0, high: 1 };
    const { estimate, lower, upper } = wilson({ hits: n, of }, confidence);
    return { n, of, share: estimate, low: lower, high: upper };
  };
  const all = themes.map(({ id, zh, en }) => {
    const { mentions = 0, primary = 0 } = counts.get(id) ?? {};
    return { themeId: id, names: { zh, en }, mention: share(mentions), primary: share(primary) };
  });
  const without = of - all.reduce((sum, { primary }) => sum + primary.n, 0);
  const none = {
    themeId: noTheme,
    names: { zh: '无主题', en: 'No theme' },
    mention: share(without),
    primary: share(without),
  };
  const ranked = all.sort(
    (a, b) => b.primary.n - a.primary.n || b.mention.n - a.mention.n || (a.themeId < b.themeId ? -1 : 1),
  );
  return { of, themes: ranked.slice(0, top), none };
}
