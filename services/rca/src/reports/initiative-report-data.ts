import type { Tx } from '@heard/bus/log';
import type { InitiativeReportData, WhyRow } from '@heard/reports/report-data';
import { survivor } from '@heard/themes/frame';
import { sql } from 'kysely';
import { defaultFilter } from '../corpus/corpus-filter.ts';
import type { State } from '../initiatives/initiative.ts';
import { type InitiativeRow, readInitiative } from '../initiatives/initiatives.ts';
import { servedFrame } from '../themes/served-frame.ts';
import { countThemes, servingFrame } from '../themes/theme-counts.ts';
import { namesOfThemes, quotesOf, themeDetails, themeRows, trendUnit, within } from '../themes/theme-detail.ts';
import { depthOf } from '../understanding/why-tree.ts';
import { type KeptWhy, readTrees } from '../understanding/why-trees.ts';
import { readLeaving } from './leaving.ts';
import { atOnce, countingOf, justBefore, type Read, type Reading } from './period-report-data.ts';
import { exposureOf } from './report-estimates.ts';
import { effectsOf, initiativeRow, proofRows } from './report-work.ts';

const leastDays = 28;
const DAY = 86_400_000;

/**
 * An initiative as of now: its theme since it was opened (four weeks at least) beside the same time before, in the
 * comments its pack is about. Throws NotFound.
 */
export function readInitiativeReport(service: Reading, initiativeId: string): Promise<Read<InitiativeReportData>> {
  return atOnce(service, async (tx, policy, now) => {
    const one = await readInitiative(tx, initiativeId);
    const { confidence, validation } = policy.rca;
    const { timeZone } = policy.sla;
    const { from: _, until: __, ...filter } = one.filter ?? defaultFilter(policy.rca);
    const serving = await servingFrame(tx);
    const themeId = serving === undefined ? one.themeId : await countedAs(tx, one.themeId);
    const counted = { frameVersion: serving ?? 0, filter, confidence, timeZone };
    const { frameVersion } = counted;
    const window = { from: new Date(Math.min(one.openedAt.getTime(), now.getTime() - leastDays * DAY)), until: now };
    const before = justBefore(window);
    const both = { from: before.from, until: window.until };
    const counts = {
      now: await countThemes(tx, frameVersion, within(filter, window)),
      before: await countThemes(tx, frameVersion, within(filter, before)),
    };
    const names = await namesOfThemes(tx, frameVersion);
    const theme = themeRows(names, counts, { confidence, shown: 1 }).find((row) => row.themeId === themeId);
    const themes = theme ? [theme] : [];
    const [detail] = await themeDetails(tx, themes, both, counted);
    const initiative = { initiativeId, ...initiativeRow(one, names, now) };
    const data = {
      counting: countingOf(policy, serving, filter, now),
      initiative,
      history: await historyOf(tx, one),
      window,
      before,
      theme,
      detail,
      trendBy: trendUnit(both),
      whys: await whysOf(tx, one),
      proofs: await proofRows(tx, sql`r.initiative_id = ${initiativeId}`, timeZone),
      effects: await effectsOf(service, tx, [initiative]),
      estimates: await exposureOf(tx, within(filter, window), policy, { frameVersion, themeId }),
      quotes: await quotesOf(tx, themes, both, counted),
    };
    const levels = { alpha: validation.alpha, confidence };
    const compared = { frameVersion, filter: within(filter, both) };
    const leaving = { themes: names, shown: [themeId], others: false, levels };
    return { data, leaving: await readLeaving(tx, compared, leaving, now) };
  });
}

/** The theme it went into, where it was merged since. */
async function countedAs(tx: Tx, themeId: string): Promise<string> {
  return survivor((await servedFrame(tx)).document.merges, themeId) ?? themeId;
}

async function historyOf(tx: Tx, { initiativeId, openedAt, openedBy }: InitiativeRow) {
  const { rows } = await sql<{ state: State; at: Date; by: string }>`
    select to_state as state, at, by from initiative_moves where initiative_id = ${initiativeId} order by number`.execute(
    tx,
  );
  return [{ state: 'open' as const, at: openedAt, by: openedBy }, ...rows];
}

/** The tree the initiative goes against, else the newest of its theme; every why below the one it answers. */
async function whysOf(tx: Tx, { whyTreeId, themeId }: InitiativeRow): Promise<WhyRow[]> {
  const where = whyTreeId === null ? sql`theme_id = ${themeId}` : sql`tree_id = ${whyTreeId}`;
  const [tree] = await readTrees(tx, where, sql`order by opened_at desc limit 1`);
  if (!tree) return [];
  const below = Map.groupBy(tree.whys.values(), ({ parentId }) => parentId);
  const walk = (parentId: string | null): KeptWhy[] =>
    (below.get(parentId) ?? []).flatMap((why) => [why, ...walk(why.whyId)]);
  return walk(null).map((why) => ({
    depth: depthOf(tree, why.whyId),
    statement: why.statement,
    department: why.department ?? undefined,
    evidence: why.evidence.length,
    root: why.isRoot,
  }));
}
