-- What somebody believes the cause to be. While open it is judged anew whenever it is read; closing keeps the judgement.
create table hypotheses (
  hypothesis_id uuid primary key,
  statement text not null,
  believed_by text not null,                -- as people say it: "the sales department"
  theme_ids text[] not null check (theme_ids <> '{}'),
  threshold double precision not null check (threshold > 0 and threshold < 1),
  filter jsonb not null,
  stated_by text not null,
  stated_at timestamptz not null,
  closed_by text,
  closed_at timestamptz,
  frame_version int,
  judgement jsonb,
  constraint closed_with_its_judgement check ((closed_at is null) = (judgement is null) and (closed_at is null) = (closed_by is null)
    and (closed_at is null) = (frame_version is null))
);
create index hypotheses_by_time on hypotheses (stated_at desc, hypothesis_id);

-- Why after why, down from a theme.
create table why_trees (
  tree_id uuid primary key,
  theme_id text not null,
  deepest int not null check (deepest between 1 and 10),
  opened_by text not null,
  opened_at timestamptz not null
);
create index why_trees_of_theme on why_trees (theme_id);

-- A correction is a new row; the newest revision holds.
create table whys (
  row_id bigint generated always as identity,
  why_id uuid not null,
  revision int not null,
  tree_id uuid not null references why_trees,
  parent_id uuid,                           -- null: answers "why the theme?"
  statement text not null,
  evidence jsonb not null,                  -- [] as long as it is only thought
  department text,
  is_root boolean not null,
  written_by text not null,
  written_at timestamptz not null,
  primary key (why_id, revision),
  constraint no_root_without_evidence check (not is_root or (evidence <> '[]' and department is not null))
);
create index whys_of_tree on whys (tree_id);

-- What analysts say a comment is about. Of each comment and theme the newest row holds, in every version of the frame.
create table comment_labels (
  label_id bigint generated always as identity primary key,
  feedback_id uuid not null references comments on delete cascade,
  theme_id text not null,
  is_removed boolean not null,              -- true: the comment is not about this theme
  span_start int,                           -- UTF-16 units of the comment
  span_end int,
  frame_version int not null,               -- that served when it was said
  model_named boolean,                      -- whether that version, by itself, had named the theme; null: not known
  labelled_by text not null,
  labelled_at timestamptz not null,
  constraint span_is_whole check ((span_start is null) = (span_end is null) and (span_end is null or (span_start >= 0 and span_start < span_end)))
);
create index labels_of_comment on comment_labels (feedback_id, theme_id, label_id desc);
create index labels_of_frame on comment_labels (frame_version);

-- A burst from its first day to its last, or a new theme that grew large.
create table alarms (
  alarm_id uuid primary key,
  kind text not null check (kind in ('burst', 'new')),
  theme_id text not null,
  tier text not null,
  version int not null,
  channel text,                             -- null: over all
  day date not null,
  last_day date not null,
  observed int not null,                    -- on the first day
  expected double precision not null,
  p double precision,                       -- of so many or more by chance; null for a new theme
  level double precision,
  raised_at timestamptz not null
);
create index alarms_by_day on alarms (day desc, alarm_id);
create index alarms_of_theme on alarms (theme_id, last_day desc);
