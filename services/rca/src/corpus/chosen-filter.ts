import type { Database } from '@heard/bus/log';
import { CampaignId, FeedbackKind, Instant, ScoreScale, Segment } from '@heard/events/vocabulary';
import { NotFound } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { CorpusFilter, defaultFilter } from './corpus-filter.ts';

const FilterId = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words joined by hyphens');

/** Filters that are always there: what the policy looks at (A28), and every comment. */
export const SavedFilterId = FilterId.refine((id) => id !== 'default' && id !== 'all', 'is always there');

const listOf = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(item).min(1));

/** A filter in a query: a saved one, the policy's without, and what narrows or replaces parts of it. */
export const filterQuery = {
  filter: FilterId.default('default').meta({ description: 'A saved filter, `default` (of the policy) or `all`.' }),
  segments: listOf(Segment).optional().meta({ description: 'Separated by commas, like all lists here.' }),
  channels: listOf(z.string().min(1)).optional(),
  kinds: listOf(FeedbackKind).optional(),
  products: listOf(z.string().min(1)).optional(),
  campaigns: listOf(CampaignId).optional(),
  scale: ScoreScale.optional(),
  highValue: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional(),
  from: Instant.optional(),
  until: Instant.optional(),
};
const FilterQuery = z.object(filterQuery);
export type FilterQuery = z.infer<typeof FilterQuery>;

/** What was looked at, said with every answer. */
export const ChosenFilter = CorpusFilter.extend({
  filterId: z.string(),
  filterVersion: z.int().meta({ description: 'Of the saved filter, or of the policy; 0 for all.' }),
});
export type ChosenFilter = z.infer<typeof ChosenFilter>;

export async function savedFilter(
  db: Database,
  filterId: string,
): Promise<{ version: number; filter: CorpusFilter; savedBy: string; savedAt: string }> {
  const { rows } = await sql<{ version: number; filter: CorpusFilter; saved_by: string; saved_at: Date }>`
    select version, filter, saved_by, saved_at from corpus_filters where filter_id = ${filterId}`.execute(db);
  if (!rows[0]) throw new NotFound('There is no such filter.');
  const { version, filter, saved_by, saved_at } = rows[0];
  return { version, filter, savedBy: saved_by, savedAt: saved_at.toISOString() };
}

/** The filter a query names, with what the query says itself in place of its parts. Throws NotFound. */
export async function chosenFilter(
  { database, policies }: Pick<Service, 'database' | 'policies'>,
  query: FilterQuery,
): Promise<{ filter: CorpusFilter; chosen: ChosenFilter }> {
  const { filter: filterId, segments, channels, kinds, products, campaigns, scale, highValue, from, until } = query;
  const named = async () => {
    if (filterId === 'all') return { version: 0, filter: {} };
    if (filterId !== 'default') return savedFilter(database, filterId);
    const { version, rca } = await policies.current(database);
    return { version, filter: defaultFilter(rca) };
  };
  const { version, filter: base } = await named();
  const own = { segments, channels, kinds, products, campaigns, scale, highValue, from, until };
  const filter = { ...base, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) };
  return { filter, chosen: { ...filter, filterId, filterVersion: version } };
}
