import { CampaignId, FeedbackKind, Instant, ScoreScale, Segment } from '@heard/events/vocabulary';
import type { RootCauses } from '@heard/policy/root-causes';
import { type RawBuilder, sql } from 'kysely';
import * as z from 'zod';

/** Which comments an analysis is about; what is absent does not narrow. */
export const CorpusFilter = z.strictObject({
  segments: z.array(Segment).min(1).optional(),
  channels: z.array(z.string().min(1)).min(1).optional(),
  kinds: z.array(FeedbackKind).min(1).optional(),
  products: z.array(z.string().min(1)).min(1).optional(),
  campaigns: z.array(CampaignId).min(1).optional().meta({ description: 'Answers that count in these campaigns.' }),
  scale: ScoreScale.optional(),
  highValue: z.boolean().optional(),
  from: Instant.optional().meta({ description: 'Of when it was said, included.' }),
  until: Instant.optional().meta({ description: 'Not included.' }),
});
export type CorpusFilter = z.infer<typeof CorpusFilter>;

/** What is looked at when nobody names a filter (A28). */
export function defaultFilter({ corpus }: z.infer<typeof RootCauses>): CorpusFilter {
  return corpus;
}

/** The condition of a filter on `comments c`; only what has words and was graded is in the corpus. */
export function matching(filter: CorpusFilter): RawBuilder<boolean> {
  const conditions: RawBuilder<unknown>[] = [
    sql`c.comment <> '' and c.triaged_revision > 0`,
    attributes(filter),
    ofCampaigns(filter),
  ];
  const { from, until } = filter;
  if (from) conditions.push(sql`c.occurred_at >= ${from}::timestamptz`);
  if (until) conditions.push(sql`c.occurred_at < ${until}::timestamptz`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}

/** The condition on the campaigns, on any `c` of comments. */
export function ofCampaigns({ campaigns }: CorpusFilter): RawBuilder<boolean> {
  if (!campaigns) return sql`true`;
  return sql`c.feedback_id in (select feedback_id from campaign_answers where campaign_id = any (${campaigns}::text[]) and standing = 'counted')`;
}

/** The condition without its time and campaigns, on any `c` that has the columns. */
export function attributes({
  segments,
  channels,
  kinds,
  products,
  scale,
  highValue,
}: CorpusFilter): RawBuilder<boolean> {
  const conditions: RawBuilder<unknown>[] = [sql`true`];
  if (segments) conditions.push(sql`c.segment = any (${segments}::text[])`);
  if (channels) conditions.push(sql`c.channel = any (${channels}::text[])`);
  if (kinds) conditions.push(sql`c.kind = any (${kinds}::text[])`);
  if (products) conditions.push(sql`c.product = any (${products}::text[])`);
  if (scale) conditions.push(sql`c.scale = ${scale}`);
  if (highValue !== undefined) conditions.push(sql`c.high_value = ${highValue}`);
  return sql<boolean>`(${sql.join(conditions, sql` and `)})`;
}
