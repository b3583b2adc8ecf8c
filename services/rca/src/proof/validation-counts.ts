import type { Database, Tx } from '@heard/bus/log';
import type { Count } from '@heard/statistics/interval';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';
import { countThemes } from '../themes/theme-counts.ts';
import type { Sides } from './registrations.ts';
import { type Evidence, type Forecast, forecast, type Registration, type Window } from './validation.ts';

const WEEK = 7 * 24 * 3_600_000;

/** What is counted of each theme, in their order, always with the version of the code frame that was registered. */
export async function gatherEvidence(db: Database | Tx, registered: Sides): Promise<Evidence[]> {
  const { filter, control, themes } = registered;
  const { frameVersion, baseline, after } = themes[0]!;
  const [before, since] = [
    await countWindow(db, themes, filter, baseline),
    await countWindow(db, themes, filter, after),
  ];
  const beside = control && {
    before: await countWindow(db, themes, control.filter, baseline),
    after: await countWindow(db, themes, control.filter, after),
  };
  return themes.map((_, at) => ({
    frameVersions: { baseline: frameVersion, after: frameVersion },
    before: before[at]!,
    after: since[at]!,
    control: beside ? { before: beside.before[at]!, after: beside.after[at]! } : undefined,
  }));
}

async function countWindow(
  db: Database | Tx,
  themes: readonly Registration[],
  filter: CorpusFilter,
  window: Window,
): Promise<Count[]> {
  const { frameVersion, metric } = themes[0]!;
  const counts = await countThemes(db, frameVersion, within(filter, window));
  return themes.map(({ themeId }) => {
    const { mentions, primary } = counts.themes.get(themeId) ?? { mentions: 0, primary: 0 };
    return { hits: metric === 'mention-share' ? mentions : primary, of: counts.of };
  });
}

/** Comments of the windows whose themes are still to be found by the registered version, whatever group they will be in. */
export async function countPending(db: Database | Tx, { themes }: Sides): Promise<number> {
  const { frameVersion, baseline, after } = themes[0]!;
  const inWindows = sql`(${matching(within({}, baseline))} or ${matching(within({}, after))})`;
  const { rows } = await sql<{ pending: number }>`
    select count(*)::int as pending from (
      select c.feedback_id from comments c join pending_comments using (feedback_id) where ${inWindows}
      union
      select c.feedback_id from comments c where ${inWindows}
         and not exists (select from comment_themes t where t.frame_version = ${frameVersion} and t.feedback_id = c.feedback_id)) waiting`.execute(
    db,
  );
  return rows[0]!.pending;
}

/** Whether a comment of the baseline is in both groups, which then could not be compared. */
export async function controlOverlaps(db: Database | Tx, { filter, control, themes }: Sides): Promise<boolean> {
  if (!control) return false;
  const { baseline } = themes[0]!;
  const { rows } = await sql`
    select from comments c where ${matching(within(filter, baseline))} and ${matching(control.filter)} limit 1`.execute(
    db,
  );
  return rows.length > 0;
}

export interface Outlook {
  baseline: Count;
  /** Comments of the second window by now; how many of them name the theme nobody sees before it is over. */
  soFar: number;
  perWeek: number;
  /** undefined: the baseline has no comments. */
  forecast: Forecast | undefined;
}

/**
 * What is to be expected of each theme, in their order. The rate is that of the second window once it has run a week,
 * before that of the baseline.
 */
export async function outlooks(db: Database | Tx, registered: Sides, now: Date): Promise<Outlook[]> {
  const evidence = await gatherEvidence(db, registered);
  return registered.themes.map((registration, at) => {
    const { before, after, control } = evidence[at]!;
    const rate = (was: Count, is: Count) => perWeek(registration, was, is, now);
    const treated = rate(before, after);
    const expected =
      before.of === 0
        ? undefined
        : forecast(
            registration,
            { before, control: control?.before },
            { treated, control: control && rate(control.before, control.after) },
          );
    return { baseline: before, soFar: after.of, perWeek: treated, forecast: expected };
  });
}

function perWeek({ baseline, after }: Registration, was: Count, is: Count, now: Date): number {
  const ran = ({ from, until }: Window) => Math.min(now.getTime(), until.getTime()) - from.getTime();
  if (ran(after) >= WEEK) return (is.of * WEEK) / ran(after);
  return ran(baseline) > 0 ? (was.of * WEEK) / ran(baseline) : 0;
}

function within(filter: CorpusFilter, { from, until }: Window): CorpusFilter {
  return { ...filter, from: from.toISOString(), until: until.toISOString() };
}
