import { FeedbackKind, Instant, ScoreScale, Segment } from '@heard/events/vocabulary';
import type { VersionedPolicy } from '@heard/service/policies';
import * as z from 'zod';
import { type CorpusFilter, defaultFilter } from './corpus-filter.ts';

const listOf = <Item extends z.ZodType<string, string>>(item: Item) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(item).min(1))
    .optional()
    .meta({ description: 'Several are separated by commas.' });

/** A corpus filter as it stands in a URL. */
export const FilterQuery = z.object({
  segments: listOf(Segment),
  channels: listOf(z.string().min(1)),
  kinds: listOf(FeedbackKind),
  products: listOf(z.string().min(1)),
  scale: ScoreScale.optional(),
  highValue: z.stringbool().optional(),
  from: Instant.optional(),
  until: Instant.optional(),
});

/** The query as given; naming neither segments nor channels means those of the policy (A28). */
export function filterOf(query: z.infer<typeof FilterQuery>, policy: VersionedPolicy): CorpusFilter {
  const { segments, channels, kinds, products, scale, highValue, from, until } = query;
  const usual = segments || channels ? {} : defaultFilter(policy.rca);
  const given = { segments, channels, kinds, products, scale, highValue, from, until };
  return { ...usual, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}
