create table timers (
  kind text not null,
  key text not null,
  due_at timestamptz not null,
  primary key (key, kind)
);
create index timers_due on timers (due_at);
