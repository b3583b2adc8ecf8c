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

-- Why somebody is on the stop list: one row per reason and source, from start to end. A customer is on the list as long
-- as one row is open; ending one leaves the others.
create table entries (
  entry_id bigint generated always as identity primary key,
  customer_id text not null,
  reason text not null,
  source text not null,
  started_at timestamptz not null,
  until timestamptz,
  ended_at timestamptz,
  end_cause text,
  constraint ends_after_start check (ended_at >= started_at)
);
create unique index one_open_entry_per_source on entries (customer_id, reason, source) where ended_at is null;
create index entries_of_customer on entries (customer_id, entry_id);

-- Sends that were refused and are on record.
create table skipped_sends (
  customer_id text not null,
  class text not null,
  campaign text not null,
  code text not null,
  at timestamptz not null,
  primary key (campaign, customer_id, class)
);
