import type { CorpusFilter } from '@heard/rca/corpus/corpus-filter';
import { countThemesBy, type Grouping } from '@heard/rca/themes/theme-counts';
import { openDatabase } from '@heard/service/database';
import type pg from 'pg';
import { type BenchOptions, one, withDatabase } from './ground.ts';
import { median, progress, type Report } from './measuring.ts';

const questions: [string, CorpusFilter, Grouping?][] = [
  ['detractors, three years', { segments: ['detractor'] }],
  ['all comments, three years', {}],
  ['detractors by channel', { segments: ['detractor'] }, 'channel'],
  ['detractors by month', { segments: ['detractor'] }, 'month'],
  ['detractors by day, three years', { segments: ['detractor'] }, 'day'],
  [
    'detractors, a quarter cut within days',
    { segments: ['detractor'], from: '2025-04-10T03:30:00Z', until: '2025-07-09T15:45:00Z' },
  ],
  [
    'one product in one channel, a year',
    { products: ['p5'], channels: ['c1'], from: '2024-12-31T16:00:00Z', until: '2025-12-31T16:00:00Z' },
  ],
];

/**
 * How long the themes of a filter take over ten million assignments: comments of three years spread unevenly over days,
 * 7 channels with their kinds, 11 products and none, segments, scales, value, and 14 themes of which a comment names 1.3.
 */
export async function themeCounts(report: Report, { rounds, quick }: BenchOptions): Promise<void> {
  const count = quick ? 200_000 : 10_000_000;
  await withDatabase(async (url, admin) => {
    await fill(admin, count);
    const { rows, sums, bytes } = await one<{ rows: string; sums: string; bytes: string }>(
      admin,
      `select (select count(*) from rca.comment_themes) as rows, (select count(*) from rca.theme_counts) as sums,
              (select pg_size_pretty(sum(pg_total_relation_size(relid))) from pg_partition_tree('rca.theme_counts')) as bytes`,
    );
    report.remark(`${Number(rows)} assignments in rows, ${Number(sums)} sums (${bytes}); median of ${rounds}`);
    const database = openDatabase({ url, schema: 'rca', connections: 1, onError: () => {} });
    try {
      for (const [what, filter, by] of questions) {
        const took: number[] = [];
        let of = 0;
        for (let round = 0; round < rounds; round++) {
          const started = performance.now();
          const counts = await countThemesBy(database, 1, filter, by);
          took.push(performance.now() - started);
          of = [...counts.values()].reduce((sum, group) => sum + group.of, 0);
        }
        report.row(`${what} (${of} comments)`, median(took), 'ms');
      }
    } finally {
      await database.destroy();
    }
  });
}

const leaves = ['detractor_day_counts', 'other_day_counts', 'detractor_month_counts', 'other_month_counts'];

/** The rows without the triggers, then the sums in one go: what the triggers would have come to. */
async function fill(admin: pg.Client, count: number): Promise<void> {
  await admin.query(`
    insert into rca.code_frames (version, document, published_at, published_by, state, time_zone)
    values (1, '{"themes": []}', now(), 'bench', 'serving', 'Asia/Shanghai');
    alter table rca.comment_themes disable trigger user;
    alter table rca.comment_themes drop constraint comment_themes_pkey;
    drop index rca.comment_themes_by_time;
    alter table rca.comment_themes set unlogged;
    select setseed(.5)`);
  const step = Math.min(count, 1_000_000);
  for (let done = 0; done < count; done += step) {
    progress(`${done} of ${count} assignments`);
    await admin.query(
      `insert into rca.comment_themes (frame_version, feedback_id, primary_theme, mentions, uncertain, of_revision, occurred_at, day,
         channel, kind, product, segment, scale, high_value)
       select 1, gen_random_uuid(), main, case when main is null then '{}' when other is null or other = main then array[main] else array[main, other] end,
              main is null, 2, at, (at at time zone 'Asia/Shanghai')::date, 'c' || c, (array['survey-response', 'ticket', 'chat', 'review'])[1 + c % 4],
              case when p < 4 then null else 'p' || floor(p) end,
              case when c % 4 in (1, 2) and s < .3 then null when s < .35 then 'detractor' when s < .6 then 'passive' else 'promoter' end,
              case when c % 4 = 0 then (array['nps', 'nps', 'nps', 'csat'])[1 + (s * 4)::int % 4] end, v < .15
         from (select '2023-01-01'::timestamptz + power(random(), .8) * interval '1095 days' as at, floor(7 * power(random(), 2))::int as c,
                      15 * power(random(), 1.5) as p, random() as s, random() as v,
                      case when random() < .92 then 't' || floor(14 * power(random(), 1.7)) end as main,
                      case when random() < .35 then 't' || floor(14 * random()) end as other
                 from generate_series(1, $1)) r`,
      [step],
    );
  }
  progress('sums');
  await admin.query(`
    set work_mem = '512MB';
    set maintenance_work_mem = '1GB';
    alter table rca.theme_counts drop constraint one_sum_each;
    ${leaves.map((leaf) => `alter table rca.${leaf} set unlogged;`).join(' ')}
    insert into rca.theme_counts (frame_version, grain, since, theme, channel, kind, product, segment, scale, high_value, mentions, primaries)
    select t.frame_version, g.grain, g.since, m.theme, t.channel, t.kind, t.product, t.segment, t.scale, t.high_value, count(*),
           count(*) filter (where m.theme = t.primary_theme)
      from rca.comment_themes t
      cross join lateral (values ('day', t.day), ('month', date_trunc('month', t.day)::date)) as g (grain, since)
      cross join lateral unnest(array_append(t.mentions, '')) as m (theme)
     group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;
    alter table rca.theme_counts add constraint one_sum_each unique nulls not distinct
      (frame_version, grain, since, theme, segment, channel, kind, product, scale, high_value);
    create index comment_themes_by_time on rca.comment_themes (frame_version, occurred_at, feedback_id);
    analyze rca.comment_themes, rca.theme_counts;`);
}
