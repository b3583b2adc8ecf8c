import type { Database } from '@heard/bus/log';
import { sql } from 'kysely';
import { defaultFilter } from '../corpus/corpus-filter.ts';
import { countThemesBy } from '../themes/theme-counts.ts';
import type { Level, Measure } from './effect-review.ts';
import type { Line, Look } from './effect-review-plan.ts';
import type { Window } from './validation.ts';

const DAY = 24 * 3_600_000;

interface Day {
  day: string;
  hits: number;
  total: number | null;
}

/** What is known of a metric, day by day; `since`: days without a row from then on were days without any. */
export interface Series {
  level: Level;
  source: string;
  metric: string;
  kind: 'volume' | 'share';
  days: Day[];
  since: string | null;
}

/** undefined: nothing was ever brought of it, or no frame serves. */
export async function readSeries(
  db: Database,
  look: Look,
  {
    frameVersion,
    timeZone,
    corpus,
  }: { frameVersion: number | undefined; timeZone: string; corpus: Parameters<typeof defaultFilter>[0] },
): Promise<Series | undefined> {
  if ('metric' in look) return brought(db, look.source, look.metric);
  if (frameVersion === undefined) return undefined;
  const counts = await countThemesBy(db, frameVersion, look.filter ?? defaultFilter(corpus), 'day');
  const days = [...counts].map(([day, { themes }]) => {
    return { day: day!, hits: themes.get(look.themeId)?.mentions ?? 0, total: null };
  });
  const { rows } = await sql<{ day: string | null }>`
    select to_char(min(occurred_at) at time zone ${timeZone}, 'YYYY-MM-DD') as day from comments`.execute(db);
  const since = rows[0]!.day;
  return { level: 'voc', source: 'rca', metric: `mentions of ${look.themeId}`, kind: 'volume', days, since };
}

async function brought(db: Database, source: string, metric: string): Promise<Series | undefined> {
  const { rows } = await sql<Day & { level: Level; kind: Series['kind'] }>`
    select level, kind, to_char(day, 'YYYY-MM-DD') as day, hits::float8 as hits, total::float8 as total
      from metrics join measures using (source, metric) where source = ${source} and metric = ${metric}`.execute(db);
  if (!rows[0]) return undefined;
  return { level: rows[0].level, source, metric, kind: rows[0].kind, days: rows, since: null };
}

/** The figures of a line, or how many of its days have none: a day without a figure is not a day without events. */
export function figuresOf(
  { kind, days, since }: Series,
  { window, compared }: Line,
): Measure['figures'] | { missingDays: number } {
  const [before, after] = [inside(days, compared), inside(days, window)];
  if (kind === 'share') {
    if (before.length === 0 || after.length === 0)
      return { missingDays: lengthOf(before.length === 0 ? compared : window) };
    return { kind, before: shareOf(before), after: shareOf(after) };
  }
  const missingDays =
    since === null
      ? lengthOf(compared) + lengthOf(window) - before.length - after.length
      : Math.max(0, Math.min(lengthOf(compared), (Date.parse(since) - compared.from.getTime()) / DAY));
  if (missingDays > 0) return { missingDays };
  const dispersion = dispersionOf([
    { counts: before.map(({ hits }) => hits), days: lengthOf(compared) },
    { counts: after.map(({ hits }) => hits), days: lengthOf(window) },
  ]);
  return { kind, before: sum(before), after: sum(after), dispersion };
}

/**
 * Pearson's estimate, Σ (x − mean)² / mean ÷ (days − windows), each window with its own mean: P. McCullagh, J. A. Nelder,
 * Generalized Linear Models, 2nd ed. 1989, ch. 6.2. Never below 1: events do not come more evenly than by themselves.
 */
export function dispersionOf(windows: readonly { counts: readonly number[]; days: number }[]): number {
  let [pearson, days] = [0, 0];
  for (const { counts, days: length } of windows) {
    const mean = counts.reduce((total, count) => total + count, 0) / length;
    if (mean === 0) continue;
    // Days without a row counted none.
    pearson += counts.reduce((total, count) => total + (count - mean) ** 2 / mean, (length - counts.length) * mean);
    days += length - 1;
  }
  return days > 0 ? Math.max(1, pearson / days) : 1;
}

function inside(days: readonly Day[], { from, until }: Window): Day[] {
  return days.filter(({ day }) => Date.parse(day) >= from.getTime() && Date.parse(day) < until.getTime());
}

const lengthOf = ({ from, until }: Window) => (until.getTime() - from.getTime()) / DAY;
const sum = (days: readonly Day[]) => days.reduce((total, { hits }) => total + hits, 0);
const shareOf = (days: readonly Day[]) => ({ hits: sum(days), of: days.reduce((all, { total }) => all + total!, 0) });
