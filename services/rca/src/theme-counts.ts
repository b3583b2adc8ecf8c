import type { Database, Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from './corpus-filter.ts';

/** How many comments of a filter, and how many of them name each theme. */
export interface ThemeCounts {
  of: number;
  /** Comments of no theme are in `of` and in nothing else. */
  themes: Map<string, { primary: number; mentions: number }>;
}

/** The theme counts of one frame version over the comments of a filter. */
export async function countThemes(db: Database | Tx, frameVersion: number, filter: CorpusFilter): Promise<ThemeCounts> {
  const { rows } = await sql<{ theme: string | null; of: number; primary: number; mentions: number }>`
    with chosen as (
      select t.primary_theme, t.mentions from comment_themes t join comments c using (feedback_id)
       where t.frame_version = ${frameVersion} and ${matching(filter)})
    select null as theme, count(*)::int as of, 0 as primary, 0 as mentions from chosen
    union all
    select m.theme, 0, count(*) filter (where m.theme = primary_theme)::int, count(*)::int
      from chosen cross join lateral unnest(mentions) as m (theme) group by m.theme`.execute(db);
  const of = rows.find(({ theme }) => theme === null)!.of;
  const themes = rows.filter(({ theme }) => theme !== null);
  return { of, themes: new Map(themes.map(({ theme, primary, mentions }) => [theme!, { primary, mentions }])) };
}

/** The version that is counted on now; undefined while the first is being learnt. */
export async function servingFrame(db: Database | Tx): Promise<number | undefined> {
  const { rows } = await sql<{ version: number }>`select version from code_frames where state = 'serving'`.execute(db);
  return rows[0]?.version;
}
