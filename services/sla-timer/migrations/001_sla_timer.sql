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

-- One row per deadline. A case that is reopened gets clocks of the next cycle; those of the last keep their result.
create table clocks (
  clock_id uuid primary key,
  case_id uuid not null,
  customer_id text not null,
  kind text not null,
  cycle int not null,
  priority text not null,
  state text not null,                      -- running, breached, met, missed, cancelled
  started_at timestamptz not null,
  due_at timestamptz not null,
  warned_percent int not null default 0,    -- the last warning given
  warn_at int[] not null,                   -- percents, as the policy stood at the start
  ended_at timestamptz,
  breached_at timestamptz,
  policy_version int not null,
  correlation text,
  constraint never_breached_early check (breached_at >= due_at),
  unique (case_id, kind, cycle)
);
create unique index one_live_clock_per_kind on clocks (case_id, kind) where state in ('running', 'breached');
