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

create table people (
  person_id text primary key,
  name text not null,
  roles text[] not null,
  present boolean not null default true,
  cap int,                                  -- most open cases; null: no limit
  open_cases int not null default 0         -- counted here so that the least loaded is found without reading cases
);

create table cases (
  case_id uuid primary key,
  customer_id text not null,
  state text not null,
  priority text not null,
  version int not null,
  feedback_id uuid not null,                -- what opened it
  csm_id text,
  owner text,
  owner_role text,
  received_at timestamptz not null,
  opened_at timestamptz not null,
  contacted_at timestamptz,
  root_cause text,
  updated_at timestamptz not null,
  constraint owner_while_worked_on check (owner is not null or state in ('new', 'closed', 'lost'))
);
create unique index one_open_case_per_customer on cases (customer_id) where state not in ('closed', 'lost');
create index cases_waiting on cases (priority, received_at) where state = 'new';
create index cases_of_owner on cases (owner, priority, received_at) where state not in ('closed', 'lost');
create index cases_newest on cases (opened_at desc, case_id);

-- Every change of a case, 1..n: what the case is, is the fold of these.
create table case_events (
  case_id uuid not null,
  version int not null,
  type text not null,
  at timestamptz not null,
  data text not null,
  primary key (case_id, version)
);

-- Which feedback a case is about; a feedback belongs to one case at most.
create table case_items (
  feedback_id uuid primary key,
  case_id uuid not null,
  joined_at timestamptz not null
);
create index items_of_case on case_items (case_id);

create table alerts (
  alert_id uuid primary key,
  customer_id text not null,
  feedback_id uuid not null,
  case_id uuid,
  level text not null,
  audiences text[] not null,
  people text[] not null,
  raised_at timestamptz not null,
  deliver_by timestamptz,                   -- digests only
  delivered_at timestamptz,
  digest_id uuid,
  acknowledged_by text,
  acknowledged_at timestamptz
);
create index alerts_to_digest on alerts ((coalesce(people[1], ''))) where level = 'digest' and delivered_at is null;
create index alerts_newest on alerts (raised_at desc, alert_id);

-- Answers already given, so that a command sent twice is done once.
create table commands (
  idempotency_key text primary key,
  fingerprint text not null,
  answer jsonb not null,
  at timestamptz not null
);
