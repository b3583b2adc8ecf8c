import type { Tx } from '@heard/bus/log';
import type { EstimateRow } from '@heard/reports/report-data';
import type { VersionedPolicy } from '@heard/service/policies';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';
import { exactly, exposure, ruleOfThumb } from '../proof/roi.ts';

/** How many may have heard of it: of the detractors of a filter, and of one theme where it is named. */
export async function exposureOf(
  tx: Tx,
  filter: CorpusFilter,
  { rca }: VersionedPolicy,
  theme?: { frameVersion: number; themeId: string },
): Promise<EstimateRow[]> {
  const naming = theme
    ? sql`exists (select 1 from comment_themes t where t.feedback_id = c.feedback_id and t.frame_version = ${theme.frameVersion}
        and ${theme.themeId} = any (t.mentions))`
    : sql`true`;
  const { rows } = await sql<{ many: number }>`
    select count(distinct c.customer_id)::int as many from comments c
     where c.segment = 'detractor' and ${matching(filter)} and ${naming}`.execute(tx);
  const { many } = rows[0]!;
  if (many === 0) return [];
  const listeners = ruleOfThumb('listeners-per-detractor', rca.estimates.listenersPerDetractor);
  const { label: _, ...figure } = exposure(exactly('detractors', many, 'measured'), listeners);
  return [{ ...figure, currency: undefined }];
}
