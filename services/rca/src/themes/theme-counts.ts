import type { Database, Tx } from '@heard/bus/log';
import { type RawBuilder, sql } from 'kysely';
import { attributes, type CorpusFilter, ofCampaigns } from '../corpus/corpus-filter.ts';
import { countedDays } from './counted-days.ts';

/** How many comments of a filter, and how many of them name each theme. */
export interface ThemeCounts {
  of: number;
  /** Comments of no theme are in `of` and in nothing else. */
  themes: Map<string, { primary: number; mentions: number }>;
}

export type Grouping = 'channel' | 'kind' | 'product' | 'segment' | 'day' | 'week' | 'month';

/** The theme counts of one frame version over the comments of a filter that have been assigned. */
export async function countThemes(db: Database | Tx, frameVersion: number, filter: CorpusFilter): Promise<ThemeCounts> {
  return (await countThemesBy(db, frameVersion, filter)).get(null) ?? { of: 0, themes: new Map() };
}

const groups: Record<Grouping, RawBuilder<unknown>> = {
  channel: sql`coalesce(c.channel, '')`,
  kind: sql`coalesce(c.kind, '')`,
  product: sql`coalesce(c.product, '')`,
  segment: sql`coalesce(c.segment, '')`,
  day: sql`c.since`,
  week: sql`c.since`,
  month: sql`c.since`,
};

/** What of days is wanted of the few sums that are left of them: a date costs more to write than to add up. */
const spelled: Partial<Record<Grouping, RawBuilder<unknown>>> = {
  day: sql`to_char(grouped, 'YYYY-MM-DD')`,
  week: sql`to_char(date_trunc('week', grouped), 'YYYY-MM-DD')`,
  month: sql`to_char(date_trunc('month', grouped), 'YYYY-MM-DD')`,
};

/**
 * The same for each value of `by`, '' for none; without it one entry under null. Whole days come from the sums that
 * every change of comment_themes carries along, whole months from coarser ones; only a day that a bound cuts is counted
 * from its rows, and so are the answers of campaigns. Days, weeks (from Monday) and months are the company's.
 */
export async function countThemesBy(
  db: Database | Tx,
  frameVersion: number,
  filter: CorpusFilter,
  by?: Grouping,
): Promise<Map<string | null, ThemeCounts>> {
  const { sums, rows: cut } = await countedDays(db, frameVersion, filter, by === 'day' || by === 'week');
  const group = by ? groups[by] : sql`null::text`;
  const { rows } = await sql<{ value: string | null; theme: string; primary: number; mentions: number }>`
    select ${(by && spelled[by]) ?? sql`grouped`} as value, theme, sum(primaries)::int as primary, sum(mentions)::int as mentions from (
      select ${group} as grouped, c.theme, sum(c.primaries) as primaries, sum(c.mentions) as mentions from theme_counts c
       where c.frame_version = ${frameVersion} and ${sums} and ${attributes(filter)} group by 1, 2
      union all
      select ${group}, c.theme, count(*) filter (where c.theme = c.primary_theme), count(*) from (
        select t.*, t.day as since, m.theme from comment_themes t cross join lateral unnest(array_append(t.mentions, '')) as m (theme)
         where t.frame_version = ${frameVersion} and ${cut}) c
       where ${attributes(filter)} and ${ofCampaigns(filter)} group by 1, 2) parts
     group by 1, 2 having sum(mentions) > 0 order by 1, 2`.execute(db);
  const counts = new Map<string | null, ThemeCounts>();
  for (const { value, theme, primary, mentions } of rows) {
    const group = counts.get(value) ?? { of: 0, themes: new Map() };
    counts.set(value, group);
    if (theme === '') group.of = mentions;
    else group.themes.set(theme, { primary, mentions });
  }
  return counts;
}

/** The version that is counted on now; undefined while the first is being learnt. */
export async function servingFrame(db: Database | Tx): Promise<number | undefined> {
  const { rows } = await sql<{ version: number }>`select version from code_frames where state = 'serving'`.execute(db);
  return rows[0]?.version;
}
