import type { Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import { type Finding, look } from './finding.ts';

/** The themes of comments as rca counts them: every number must be the sum of single comments anybody can look at. */
export async function themesAreTheirComments(tx: Tx): Promise<Finding[]> {
  const title = 'root-cause totals are sums over comments';
  return [
    await look(tx, '9', `${title}: every sum equals its rows`, {
      checked: sql`select count(*) from rca.theme_counts`,
      broken: sql`
        with added as (
          select t.frame_version, g.grain, g.since, m.theme, t.channel, t.kind, t.product, t.segment, t.scale, t.high_value,
                 count(*) as mentions, count(*) filter (where m.theme = t.primary_theme) as primaries
            from rca.comment_themes t
            cross join lateral (values ('day', t.day), ('month', date_trunc('month', t.day)::date)) as g (grain, since)
            cross join lateral unnest(array_append(t.mentions, '')) as m (theme)
           group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        both_sides as (
          select frame_version, grain, since, theme, channel, kind, product, segment, scale, high_value, mentions, primaries from added
          union all
          select frame_version, grain, since, theme, channel, kind, product, segment, scale, high_value, -mentions, -primaries from rca.theme_counts)
        select concat_ws(' ', 'frame', frame_version, grain, since, nullif(theme, '')) as id,
               'its sum is off by ' || -sum(mentions) || ' mentions and ' || -sum(primaries) || ' primary ones' as why
          from both_sides group by frame_version, grain, since, theme, channel, kind, product, segment, scale, high_value
        having sum(mentions) <> 0 or sum(primaries) <> 0`,
    }),
    await look(tx, '9', `${title}: every comment is counted once, as it is now`, {
      checked: sql`select count(*) from rca.comments where comment <> '' and triaged_revision > 0`,
      broken: sql`
        with counted as (
          select t.* from rca.comment_themes t join rca.code_frames f on f.version = t.frame_version where f.state = 'serving' and f.complete),
        said as (
          select c.*, (c.occurred_at at time zone f.time_zone)::date as on_day from rca.comments c, rca.code_frames f
           where c.comment <> '' and c.triaged_revision > 0 and f.state = 'serving' and f.complete)
        select coalesce(c.feedback_id, t.feedback_id)::text as id,
               case when t.feedback_id is null then 'has no themes' when c.feedback_id is null then 'is counted and says nothing'
                    else 'is counted as it was before' end as why
          from said c full join counted t on t.feedback_id = c.feedback_id
         where (t.feedback_id is null or c.feedback_id is null or t.day is distinct from c.on_day or t.channel is distinct from c.channel
                or t.kind is distinct from c.kind or t.product is distinct from c.product or t.segment is distinct from c.segment
                or t.scale is distinct from c.scale or t.high_value is distinct from c.high_value)
           and not exists (select 1 from rca.pending_comments p where p.feedback_id = coalesce(c.feedback_id, t.feedback_id))`,
    }),
    await look(
      tx,
      '9',
      `${title}: a comment's main theme is among those it names, each named once and known to the frame`,
      {
        checked: sql`select count(*) from rca.comment_themes`,
        broken: sql`
        select t.feedback_id::text as id, 'names ' || array_to_string(t.mentions, ', ') || ', mainly ' || coalesce(t.primary_theme, 'none') as why
          from rca.comment_themes t join rca.code_frames f on f.version = t.frame_version
         where (t.primary_theme is null) <> (t.mentions = '{}')
            or (t.primary_theme is not null and t.primary_theme <> all (t.mentions))
            or cardinality(t.mentions) <> (select count(distinct m) from unnest(t.mentions) m)
            or exists (select 1 from unnest(t.mentions) m where not jsonb_path_exists(f.document, '$.themes[*].id ? (@ == $id)', jsonb_build_object('id', m)))`,
      },
    ),
  ];
}
