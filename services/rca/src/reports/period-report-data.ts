import type { Tx } from '@heard/bus/log';
import type { Counting, PeriodReportData, Window } from '@heard/reports/report-data';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import type { CorpusFilter } from '../corpus/corpus-filter.ts';
import { countThemes, servingFrame } from '../themes/theme-counts.ts';
import {
  namesOfThemes,
  quotesOf,
  shareOf,
  themeDetails,
  themeRows,
  trendUnit,
  within,
} from '../themes/theme-detail.ts';
import { type Leaving, readLeaving } from './leaving.ts';
import { exposureOf } from './report-estimates.ts';
import { effectsOf, hypothesisRows, initiativeRow, initiativesOf, proofRows, provenIn } from './report-work.ts';

export type Reading = Pick<Service, 'clock' | 'database' | 'policies'>;

/** A report as far as it is read: what goes together with leaving is still to be computed. */
export interface Read<Data extends { associations: unknown }> {
  data: Omit<Data, 'associations'>;
  leaving: Leaving;
}

/** All of one moment: the period and, to compare it with, the one of the same length just before. */
export function readPeriodReport(
  service: Reading,
  period: Window,
  filter: CorpusFilter,
): Promise<Read<PeriodReportData>> {
  return atOnce(service, async (tx, policy, now) => {
    const { confidence, top, validation } = policy.rca;
    const { timeZone } = policy.sla;
    const serving = await servingFrame(tx);
    const counted = { frameVersion: serving ?? 0, filter, confidence, timeZone };
    const { frameVersion } = counted;
    const before = justBefore(period);
    const counts = {
      now: await countThemes(tx, frameVersion, within(filter, period)),
      before: await countThemes(tx, frameVersion, within(filter, before)),
    };
    const names = await namesOfThemes(tx, frameVersion);
    const themes = themeRows(names, counts, { confidence, shown: top });
    const first = themes.filter(({ mention }) => mention.hits > 0).slice(0, top);
    const assigned = [...counts.now.themes.values()].reduce((sum, { primary }) => sum + primary, 0);
    const initiatives = await initiativesOf(tx, period);
    const about = initiatives.map(({ initiativeId, themeId }) => ({
      initiativeId,
      names: names.get(themeId) ?? { zh: themeId, en: themeId },
    }));
    const data = {
      counting: countingOf(policy, serving, filter, now),
      period,
      before,
      comments: counts.now.of,
      commentsBefore: counts.before.of,
      withTheme: counts.now.of === 0 ? undefined : shareOf({ hits: assigned, of: counts.now.of }, confidence),
      top,
      themes,
      trendBy: trendUnit(period),
      details: await themeDetails(tx, first, period, counted),
      hypotheses: await hypothesisRows(tx, period, names, policy),
      initiatives: initiatives.map((one) => initiativeRow(one, names, now)),
      proofs: await proofRows(tx, provenIn(period), timeZone),
      effects: await effectsOf(service, tx, about),
      estimates: await exposureOf(tx, within(filter, period), policy),
      quotes: await quotesOf(tx, first, period, counted),
    };
    const levels = { alpha: validation.alpha, confidence };
    const shown = first.map(({ themeId }) => themeId);
    const compared = { frameVersion, filter: within(filter, period) };
    return { data, leaving: await readLeaving(tx, compared, { themes: names, shown, others: true, levels }, now) };
  });
}

export async function atOnce<T>(
  { clock, database, policies }: Reading,
  read: (tx: Tx, policy: VersionedPolicy, now: Date) => Promise<T>,
): Promise<T> {
  const reading = database.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return reading.execute(async (tx) => read(tx, await policies.current(tx), clock.now()));
}

export const justBefore = ({ from, until }: Window): Window => ({
  from: new Date(2 * from.getTime() - until.getTime()),
  until: from,
});

export function countingOf(
  policy: VersionedPolicy,
  frameVersion: number | undefined,
  filter: CorpusFilter,
  now: Date,
): Counting {
  const shown = Object.entries(filter).filter(
    ([field, value]) => value !== undefined && field !== 'from' && field !== 'until',
  );
  return {
    timeZone: policy.sla.timeZone,
    confidence: policy.rca.confidence,
    frameVersion,
    policyVersion: policy.version,
    filter: Object.fromEntries(shown.map(([field, value]) => [field, [value].flat().map(String)])),
    generatedAt: now,
  };
}
