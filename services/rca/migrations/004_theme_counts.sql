alter table code_frames
  -- Whose days comments are counted on: that of the policy when the version was published, so that a day stays that day.
  add column time_zone text not null default 'UTC',
  -- Assigning every comment goes by feedback_id; all up to here have their themes by this version.
  add column assigned_to uuid,
  add column complete boolean not null default false,
  -- How many comments there were when it was learnt.
  add column learnt_from int;

-- A version somebody still counts on, though another serves: its themes are assigned as long as it is held.
create table held_frames (
  frame_version int not null references code_frames,
  holder text not null,
  primary key (frame_version, holder)
);

-- Comments that came or changed and whose themes are to be found. One row per change: nobody waits for anybody.
create table pending_comments (
  place bigint generated always as identity primary key,
  feedback_id uuid not null
);

-- What a comment was like when it was counted, so that a change takes away exactly what was added.
alter table comment_themes
  add column of_revision int,               -- the comment's revision + triage's; both only grow
  add column occurred_at timestamptz,
  add column day date,
  add column channel text,
  add column kind text,
  add column product text,
  add column segment text,
  add column scale text,
  add column high_value boolean;
create index comment_themes_by_time on comment_themes (frame_version, occurred_at, feedback_id);

create function fill_from_comment() returns trigger language plpgsql as $$
begin
  select c.occurred_at, (c.occurred_at at time zone coalesce(f.time_zone, 'UTC'))::date, c.channel, c.kind, c.product, c.segment, c.scale, c.high_value
    into new.occurred_at, new.day, new.channel, new.kind, new.product, new.segment, new.scale, new.high_value
    from comments c left join code_frames f on f.version = new.frame_version where c.feedback_id = new.feedback_id;
  return new;
end $$;
create trigger fill_from_comment before insert on comment_themes
  for each row when (new.occurred_at is null) execute function fill_from_comment();

-- comment_themes added up, per day and per month: years are answered by months, their ends by days.
create table theme_counts (
  frame_version int not null,
  grain text not null check (grain in ('day', 'month')),
  since date not null,
  theme text not null,                      -- '': all comments, of whatever theme
  channel text,
  kind text,
  product text,
  segment text,
  scale text,
  high_value boolean,
  mentions int not null,
  primaries int not null,                   -- 0 for theme ''
  constraint one_sum_each unique nulls not distinct (frame_version, grain, since, theme, segment, channel, kind, product, scale, high_value)
) partition by list (grain);
-- Whoever reads years of months, or of detractors, which is what is asked most, does not read the rest.
create table day_counts partition of theme_counts for values in ('day') partition by list (segment);
create table detractor_day_counts partition of day_counts for values in ('detractor');
create table other_day_counts partition of day_counts default;
create table month_counts partition of theme_counts for values in ('month') partition by list (segment);
create table detractor_month_counts partition of month_counts for values in ('detractor');
create table other_month_counts partition of month_counts default;

-- Whoever writes comment_themes, the sums move in the same transaction.
create function add_up_themes() returns trigger language plpgsql as $$
begin
  execute format($sums$
    insert into theme_counts as t (frame_version, grain, since, theme, channel, kind, product, segment, scale, high_value, mentions, primaries)
    select r.frame_version, g.grain, g.since, m.theme, r.channel, r.kind, r.product, r.segment, r.scale, r.high_value,
           sum(r.sign), sum(case when m.theme = r.primary_theme then r.sign else 0 end)
      from (%s) r
      cross join lateral (values ('day', r.day), ('month', date_trunc('month', r.day)::date)) as g (grain, since)
      cross join lateral unnest(array_append(r.mentions, '')) as m (theme)
     where r.day is not null
     group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    having sum(r.sign) <> 0 or sum(case when m.theme = r.primary_theme then r.sign else 0 end) <> 0
    on conflict (frame_version, grain, since, theme, segment, channel, kind, product, scale, high_value)
    do update set mentions = t.mentions + excluded.mentions, primaries = t.primaries + excluded.primaries$sums$,
    case tg_op
      when 'INSERT' then 'select *, 1 as sign from new_rows'
      when 'DELETE' then 'select *, -1 as sign from old_rows'
      else 'select *, 1 as sign from new_rows union all select *, -1 as sign from old_rows'
    end);
  return null;
end $$;
create trigger add_up_inserted after insert on comment_themes
  referencing new table as new_rows for each statement execute function add_up_themes();
create trigger add_up_updated after update on comment_themes
  referencing old table as old_rows new table as new_rows for each statement execute function add_up_themes();
create trigger add_up_deleted after delete on comment_themes
  referencing old table as old_rows for each statement execute function add_up_themes();

-- Themes found without a frame: proposals. One run per row; the newest that is serving is shown.
create table discoveries (
  number int primary key generated always as identity,
  -- waiting: to be run · found: complete, not announced · serving: what is shown · retired · too-few: nothing proposed
  state text not null check (state in ('waiting', 'found', 'serving', 'retired', 'too-few')),
  scope text not null check (scope in ('unexplained', 'all')),
  filter jsonb not null,
  least int not null,
  most int not null,
  min_comments int not null,
  requested_at timestamptz not null,
  requested_by text not null,
  frame_version int,
  comments int,
  outliers int,
  digest text,                              -- of the texts it looked at and how it looked
  lineage jsonb                             -- [{ change, from, into }] against the one that served before
);
create unique index one_serving_discovery on discoveries (state) where state = 'serving';

create table discovered_themes (
  number int not null references discoveries,
  theme_id text not null,
  words text[] not null,
  quotes uuid[] not null,                   -- the comments that say most of it
  comments int not null,
  taken_as text,                            -- its id in the code frame since somebody took it there
  primary key (number, theme_id)
);

create table discovered_comments (
  number int not null references discoveries,
  feedback_id uuid not null,
  theme_id text,                            -- null: an outlier, like no theme more than like any comment
  primary key (number, feedback_id)
);
