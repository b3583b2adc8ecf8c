import type { Database } from '@heard/bus/log';
import type { PeriodReportData, Window } from '@heard/reports/report-data';
import type { VersionedPolicy } from '@heard/service/policies';
import type { CorpusFilter } from './corpus-filter.ts';
import { countThemes, servingFrame } from './theme-counts.ts';
import { namesOfThemes, quotesOf, shareOf, themeDetails, themeRows, trendUnit, within } from './theme-detail.ts';

export interface Asked {
  period: Window;
  /** Without times. */
  filter: CorpusFilter;
}

/** All of one moment: the period and, to compare it with, the one of the same length just before. */
export function readPeriodReport(
  db: Database,
  { period, filter }: Asked,
  policy: VersionedPolicy,
  now: Date,
): Promise<PeriodReportData> {
  const reading = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  return reading.execute(async (tx) => {
    const { confidence, top } = policy.rca;
    const { timeZone } = policy.sla;
    const frameVersion = await servingFrame(tx);
    const counted = { frameVersion: frameVersion ?? 0, filter, confidence, timeZone };
    const length = period.until.getTime() - period.from.getTime();
    const before = { from: new Date(period.from.getTime() - length), until: period.from };
    const counts = {
      now: await countThemes(tx, counted.frameVersion, within(filter, period)),
      before: await countThemes(tx, counted.frameVersion, within(filter, before)),
    };
    const themes = themeRows(await namesOfThemes(tx, counted.frameVersion), counts, { confidence, shown: top });
    const first = themes.filter(({ mention }) => mention.hits > 0).slice(0, top);
    const assigned = [...counts.now.themes.values()].reduce((sum, { primary }) => sum + primary, 0);
    return {
      counting: {
        timeZone,
        confidence,
        frameVersion,
        policyVersion: policy.version,
        filter: shownFilter(filter),
        generatedAt: now,
      },
      period,
      before,
      comments: counts.now.of,
      commentsBefore: counts.before.of,
      withTheme: counts.now.of === 0 ? undefined : shareOf({ hits: assigned, of: counts.now.of }, confidence),
      top,
      themes,
      trendBy: trendUnit(period),
      details: await themeDetails(tx, first, period, counted),
      associations: { rows: [], customers: 0, left: 0 },
      hypotheses: [],
      initiatives: [],
      proofs: [],
      effects: { rows: [], missing: [] },
      estimates: [],
      quotes: await quotesOf(tx, first, period, counted),
    };
  });
}

export function shownFilter(filter: CorpusFilter): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(filter)
      .filter(([field, value]) => value !== undefined && field !== 'from' && field !== 'until')
      .map(([field, value]) => [field, [value].flat().map(String)]),
  );
}
