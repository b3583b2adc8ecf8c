import type { Database } from '@heard/bus/log';
import { NotFound } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import type { Count } from '@heard/statistics/interval';
import { wilson } from '@heard/statistics/proportion';
import * as z from 'zod';
import { countThemes } from '../themes/theme-counts.ts';
import { frameOf, sharesOf } from '../themes/theme-routes.ts';
import { type CampaignCounts, type CampaignRow, countCampaigns, countReasons } from './campaigns.ts';

export const Share = z.object({
  n: z.int(),
  of: z.int(),
  share: z.number().nullable().meta({ description: 'null: of nobody.' }),
  low: z.number().nullable().meta({ description: 'Of the Wilson interval, at the confidence of the policy.' }),
  high: z.number().nullable(),
});
export type Share = z.infer<typeof Share>;

export function shareOf({ hits: n, of }: Count, confidence: number): Share {
  if (of === 0) return { n, of, share: null, low: null, high: null };
  const { estimate: share, lower: low, upper: high } = wilson({ hits: n, of }, confidence);
  return { n, of, share, low, high };
}

export interface Reason extends Share {
  /** `chosen`: of what the survey offers, as it words it. `theme`: what the answers' own words are about. */
  source: 'chosen' | 'theme';
  reason: string;
  names: { zh: string; en: string };
}

/** Who was asked, who answered, and the confidence of every interval. */
export async function answersOf(
  { database, policies }: Pick<Service, 'database' | 'policies'>,
  campaigns: readonly Pick<CampaignRow, 'campaignId'>[],
): Promise<{ counts: Map<string, CampaignCounts>; confidence: number }> {
  const { rca } = await policies.current(database);
  const ids = campaigns.map(({ campaignId }) => campaignId);
  return { counts: await countCampaigns(database, ids), confidence: rca.confidence };
}

/**
 * Why, most named first: what was chosen, of all answers that chose anything; then themes, of all whose words are counted.
 * Themes are those mentioned, so one answer may have several.
 */
export async function reasonsOf(
  database: Database,
  campaignId: string,
  confidence: number,
): Promise<{ reasons: Reason[]; frameVersion: number | null }> {
  const { of, reasons } = await countReasons(database, campaignId);
  const chosen = reasons.map(({ reason, n }): Reason => {
    return { source: 'chosen', reason, names: { zh: reason, en: reason }, ...shareOf({ hits: n, of }, confidence) };
  });
  const frame = await frameOf({ database }, undefined).catch(unlessNotFound);
  if (!frame) return { reasons: chosen, frameVersion: null };
  const counts = await countThemes(database, frame.version, { campaigns: [campaignId] });
  const { themes, none } = sharesOf(counts, frame.themes, confidence);
  const named = [...themes, none]
    .filter(({ mention }) => mention.n > 0)
    .map(({ themeId, names, mention }): Reason => ({ source: 'theme', reason: themeId, names, ...mention }))
    .sort((one, other) => other.n - one.n);
  return { reasons: [...chosen, ...named], frameVersion: frame.version };
}

function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}
