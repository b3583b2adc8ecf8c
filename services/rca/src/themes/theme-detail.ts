import type { Tx } from '@heard/bus/log';
import type { Names, Quote, Share, ThemeDetail, ThemeRow, TrendUnit, Window } from '@heard/reports/report-data';
import type { Count } from '@heard/statistics/interval';
import { newcombe, wilson } from '@heard/statistics/proportion';
import { anonymise } from '@heard/text/anonymise';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';
import { countThemesBy, type ThemeCounts } from './theme-counts.ts';

/** What themes are counted on: one frame version, one filter without times, one level of confidence. */
export interface Counted {
  frameVersion: number;
  filter: CorpusFilter;
  confidence: number;
  timeZone: string;
}

export const within = (filter: CorpusFilter, { from, until }: Window): CorpusFilter => ({
  ...filter,
  from: from.toISOString(),
  until: until.toISOString(),
});

export const shareOf = (count: Count, confidence: number): Share => ({ ...count, ...wilson(count, confidence) });

/** Every theme the frame names, most named first; of no comments no shares can be given. */
export function themeRows(
  names: ReadonlyMap<string, Names>,
  { now, before }: { now: ThemeCounts; before: ThemeCounts },
  { confidence, shown }: { confidence: number; shown: number },
): (ThemeRow & { themeId: string })[] {
  if (now.of === 0) return [];
  const none = { primary: 0, mentions: 0 };
  // As many are compared as are shown, so each interval is wider (Bonferroni).
  const strict = 1 - (1 - confidence) / shown;
  return [...names]
    .map(([themeId, names]) => {
      const { mentions, primary } = now.themes.get(themeId) ?? none;
      const was = { hits: (before.themes.get(themeId) ?? none).mentions, of: before.of };
      return {
        themeId,
        names,
        mention: shareOf({ hits: mentions, of: now.of }, confidence),
        primary: shareOf({ hits: primary, of: now.of }, confidence),
        change: was.of === 0 ? undefined : newcombe(was, { hits: mentions, of: now.of }, strict),
      };
    })
    .sort(
      (a, b) => b.mention.hits - a.mention.hits || b.primary.hits - a.primary.hits || (a.themeId < b.themeId ? -1 : 1),
    );
}

/** What the themes of a version are called. */
export async function namesOfThemes(tx: Tx, frameVersion: number): Promise<Map<string, Names>> {
  const { rows } = await sql<Names & { id: string }>`
    select theme ->> 'id' as id, theme ->> 'zh' as zh, theme ->> 'en' as en
      from code_frames, jsonb_array_elements(document -> 'themes') with ordinality as t (theme, place)
     where version = ${frameVersion} order by place`.execute(tx);
  return new Map(rows.map(({ id, zh, en }) => [id, { zh, en }]));
}

/** At most some thirty steps. */
export function trendUnit({ from, until }: Window): TrendUnit {
  const days = (until.getTime() - from.getTime()) / 86_400_000;
  return days <= 21 ? 'day' : days <= 190 ? 'week' : 'month';
}

const mostChannels = 6;

/** The course and the channels of each theme, with the most comments first. */
export async function themeDetails(
  tx: Tx,
  themes: readonly { themeId: string; names: Names }[],
  window: Window,
  { frameVersion, filter, confidence, timeZone }: Counted,
): Promise<ThemeDetail[]> {
  const bounded = within(filter, window);
  const steps = await countThemesBy(tx, frameVersion, bounded, trendUnit(window));
  const channels = [...(await countThemesBy(tx, frameVersion, bounded, 'channel'))]
    .sort(([a, one], [b, other]) => other.of - one.of || (a! < b! ? -1 : 1))
    .slice(0, mostChannels);
  // A week or month that began before the window shows the window's first day.
  const first = Date.parse(new Intl.DateTimeFormat('en-CA', { timeZone }).format(window.from));
  const share = ({ of, themes }: ThemeCounts, themeId: string) =>
    shareOf({ hits: themes.get(themeId)?.mentions ?? 0, of }, confidence);
  return themes.map(({ themeId, names }) => ({
    names,
    trend: [...steps].map(([day, counts]) => ({
      from: new Date(Math.max(Date.parse(day!), first)),
      share: share(counts, themeId),
    })),
    channels: channels.map(([channel, counts]) => ({ channel: channel || 'none', share: share(counts, themeId) })),
  }));
}

interface Said {
  theme: string;
  comment: string;
  channel: string;
  at: Date;
  /** Of the customer: masked. */
  names: string[];
  ids: string[];
}

/** For each theme, of the newest comments above all about it, one that can be read in one breath; masked. */
export async function quotesOf(
  tx: Tx,
  themes: readonly { themeId: string; names: Names }[],
  window: Window,
  { frameVersion, filter }: Counted,
): Promise<Quote[]> {
  const { rows } = await sql<Said>`
    select distinct on (theme) theme, newest.* from unnest(${themes.map(({ themeId }) => themeId)}::text[]) as theme cross join lateral (
      select c.comment, coalesce(c.channel, 'none') as channel, c.occurred_at as at, cardinality(t.mentions) as themes, c.feedback_id,
             array_remove(array[k.name], null) as names, array_remove(array[c.customer_id], null) as ids
        from comment_themes t join comments c using (feedback_id) left join customers k using (customer_id)
       where t.frame_version = ${frameVersion} and t.primary_theme = theme and ${matching(within(filter, window))} and length(c.comment) <= 400
       order by c.occurred_at desc, c.feedback_id limit 200) as newest
     order by theme, length(comment) not between 12 and 160, themes, at desc, feedback_id`.execute(tx);
  return themes.flatMap(({ themeId, names }) =>
    rows
      .filter(({ theme }) => theme === themeId)
      .map(({ comment, channel, at, names: known, ids }) => ({
        text: anonymise(comment, { names: known, ids }),
        names,
        channel,
        at,
      })),
  );
}
