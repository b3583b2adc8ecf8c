-- The maintained themes, one row per version; a version is never changed.
create table code_frames (
  version int primary key,
  document jsonb not null,
  published_at timestamptz not null,
  published_by text not null,
  -- learning: being learnt and counted, the version before serves · serving: what is counted on · retired
  state text not null check (state in ('learning', 'serving', 'retired')),
  -- Which words go with each theme, learnt once; null while learning.
  model bytea
);
create unique index one_serving_frame on code_frames (state) where state = 'serving';

-- The themes of each comment by each version of the code frame that is serving or that an open validation holds.
create table comment_themes (
  frame_version int not null,
  feedback_id uuid not null,
  primary_theme text,                       -- null: none of the frame
  mentions text[] not null default '{}',    -- each once; holds the primary one
  uncertain boolean not null,               -- nothing names its theme: for discovery
  primary key (frame_version, feedback_id)
);

-- Which comments an analysis is about, by name.
create table corpus_filters (
  filter_id text primary key,
  version int not null,
  filter jsonb not null,
  saved_by text not null,
  saved_at timestamptz not null
);
