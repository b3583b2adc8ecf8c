import type { Database, Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';
import type { Counted } from './alarms.ts';

/** Fewer days of comments, and nobody knows what a week looks like there. */
const leastPast = 14;

/**
 * What a filter's comments named on `day`, a date, and on the days before it, over all channels and in each. A channel is
 * counted from its first comment in the window on; one that is younger than two weeks is left out.
 */
export async function countDays(
  db: Database | Tx,
  frameVersion: number,
  themeIds: readonly string[],
  filter: CorpusFilter,
  { day, past, timeZone }: { day: string; past: number; timeZone: string },
): Promise<Counted[]> {
  const { rows } = await sql<{ channel: string | null; day: number; theme: string | null; comments: number }>`
    with said as (
      select c.channel, t.mentions, (c.occurred_at at time zone ${timeZone})::date - ${day}::date + ${past}::int as day
        from comment_themes t join comments c using (feedback_id)
       where t.frame_version = ${frameVersion} and ${matching(filter)}
         and c.occurred_at >= (${day}::date - ${past}::int)::timestamp at time zone ${timeZone}
         and c.occurred_at < (${day}::date + 1)::timestamp at time zone ${timeZone})
    select channel, day, null as theme, count(*)::int as comments from said group by channel, day
    union all select channel, day, theme, count(*)::int from said cross join lateral unnest(mentions) as theme group by channel, day, theme`.execute(
    db,
  );
  const none = () => new Array<number>(past + 1).fill(0);
  const fresh = () => ({ totals: none(), themes: new Map(themeIds.map((id) => [id, none()])) });
  const scopes = new Map<string | null, ReturnType<typeof fresh>>([[null, fresh()]]);
  for (const { channel, day, theme, comments } of rows) {
    const own = channel ?? 'none';
    if (!scopes.has(own)) scopes.set(own, fresh());
    for (const scope of [scopes.get(null)!, scopes.get(own)!]) {
      const days = theme === null ? scope.totals : scope.themes.get(theme);
      if (days) days[day]! += comments;
    }
  }
  return [...scopes]
    .sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1))
    .flatMap(([channel, { totals, themes }]) => {
      const first = totals.findIndex((total) => total > 0);
      if (first < 0 || past - first < leastPast) return [];
      const cut = new Map([...themes].map(([id, days]) => [id, days.slice(first)]));
      return [{ channel, totals: totals.slice(first), themes: cut }];
    });
}
