create table policies (
  version int primary key,
  document jsonb not null,
  published_at timestamptz not null
);

create table timers (
  kind text not null,
  key text not null,
  due_at timestamptz not null,
  primary key (key, kind)
);
create index timers_due on timers (due_at);

-- Versions are only added: what a clock used up is counted by the one that was valid then.
create table calendars (
  name text not null,
  version int not null,
  document jsonb not null,
  changed_at timestamptz not null,
  primary key (name, version)
);

create table customer_calendars (
  customer_id text primary key,
  calendar text not null
);

-- What the clocks need to know of their case.
create table cases (
  case_id uuid primary key,
  customer_id text not null,
  priority text not null,
  owner text,
  team text,
  time_zone text,                           -- the customer's; null: the policy's
  paused_for text                           -- why the case waits, while it does
);
create index cases_of_customer on cases (customer_id);

-- One row per deadline. A case that is reopened gets clocks of the next cycle; those of the last keep their result.
create table clocks (
  clock_id uuid primary key,
  case_id uuid not null,
  customer_id text not null,
  kind text not null,
  about text not null,                      -- the promise, request or wish; empty where a kind has only one
  cycle int not null,
  priority text not null,
  owner text,
  team text,
  state text not null,                      -- running, paused, breached, met, missed, cancelled
  started_at timestamptz not null,
  span_ms bigint not null,                  -- calendar time from base_ms to the deadline
  base_ms bigint not null,                  -- what a raised priority found used up
  used_ms bigint not null,                  -- calendar time used up by runs_from, without the pauses
  runs_from timestamptz not null,
  paused_at timestamptz,
  paused_ms bigint not null,
  ceiling_ms bigint,
  calendar text not null,
  calendar_version int not null,
  due_at timestamptz not null,
  natural_due_at timestamptz,
  warned_percent int not null,              -- the last warning given
  step int not null,                        -- the last step of the ladder, -1 before the first
  round int not null,
  stepped_at timestamptz,
  acknowledged boolean not null,
  ended_at timestamptz,
  breached_at timestamptz,
  met_by text,
  policy_version int not null,              -- as it stood at the start: warnings and ladder stay
  correlation text,
  constraint never_breached_early check (breached_at >= due_at),
  constraint paused_since_a_moment check ((state = 'paused') <= (paused_at is not null)),
  unique (case_id, kind, about, cycle)
);
create unique index one_live_clock_per_kind on clocks (case_id, kind, about) where state in ('running', 'paused', 'breached');
create index clocks_of_a_time on clocks using brin (started_at);
