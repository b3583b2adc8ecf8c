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
  skills text[] not null default '{}',
  team text,
  shifts jsonb,                             -- a calendar; null: works at any time
  leave jsonb not null default '[]',        -- [{from, until}]
  substitute text,
  open_cases int not null default 0,        -- counted here so that the least loaded is found without reading cases
  notify jsonb not null default '[]',       -- [{target, address}]
  language text not null default 'zh-CN',
  time_zone text not null default 'Asia/Shanghai',
  quiet_hours jsonb                         -- {from, to}, in their own time
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
  started_at timestamptz not null,          -- from when on it must be contacted: received, or taken up again
  contacted_at timestamptz,
  acknowledged boolean not null default false,
  root_cause text,
  team text,                                -- the owner's; while the case waits, whose queue it is in; null: everybody's
  time_zone text,                           -- the customer's
  language text,                            -- of what the customer wrote
  needs text[] not null default '{}',       -- skills it asks for
  work text not null default '{}',          -- what was done about it, as far as the rules ask (JSON)
  resolved_at timestamptz,
  updated_at timestamptz not null,
  constraint owner_while_worked_on check (owner is not null or state in ('new', 'closed', 'lost'))
);
create unique index one_open_case_per_customer on cases (customer_id) where state not in ('closed', 'lost');
create index cases_waiting on cases (priority, received_at) where state = 'new';
create index cases_of_owner on cases (owner, priority, received_at) where state not in ('closed', 'lost');
create index cases_newest on cases (opened_at desc, case_id);
create index cases_most_urgent on cases (priority, started_at, case_id) where state not in ('closed', 'lost');
create index cases_resolved on cases (resolved_at) where resolved_at is not null;

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
  joined_at timestamptz not null,
  comment text,                             -- the customer's words
  hits text,                                -- red-line and high-risk words in it (JSON)
  score text                                -- {scale, value} (JSON)
);
create index items_of_case on case_items (case_id);

-- What was written to customers, for telling the next draft from a copy of it.
create table messages (
  message_id uuid primary key,
  case_id uuid not null,
  person_id text not null,
  channel text not null,
  body text not null,
  at timestamptz not null
);
create index messages_newest on messages (at desc);

-- Who helps with a case besides its owner.
create table case_collaborators (
  case_id uuid not null,
  person_id text not null,
  primary key (case_id, person_id)
);
create index cases_helped_with on case_collaborators (person_id);

-- How customers are addressed and reached, as the CRM last said.
create table customers (
  customer_id text primary key,
  version bigint not null,
  name text,
  honorific text,
  phone text,
  email text,
  time_zone text,
  csm_id text,
  value_minor bigint,                       -- what they are worth, in minor units
  value_currency text,
  opt_outs text[] not null default '{}'     -- channels on which they want no message
);

create table alerts (
  alert_id uuid primary key,
  customer_id text not null,
  feedback_id uuid not null,
  case_id uuid,
  level text not null,
  cause text not null,                      -- feedback, escalation, approval, help, deadline, abuse
  about uuid,                               -- the clock, request or flag the cause names
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
create index alerts_of_case on alerts (case_id) where case_id is not null;
create index alerts_newest on alerts (raised_at desc, alert_id);

-- Messages to be sent, and the log of those that were. The id is the same for every attempt. What is said is a code with
-- its parameters; the text is made when it is sent. While one is being sent, next_at is the end of the lease.
create table deliveries (
  delivery_id uuid primary key,
  class text not null,
  target text not null,
  person_id text,                           -- null: a customer
  address text not null,
  case_id uuid,
  alert_id uuid,
  purpose text,
  code text not null,
  parameters jsonb not null,
  state text not null default 'waiting',
  attempts int not null default 0,
  sending boolean not null default false,
  queued_at timestamptz not null,
  next_at timestamptz not null,
  sent_at timestamptz,
  last_error text,
  reference text,                           -- the receiver's own name for it
  merged_into uuid,
  constraint customers_have_a_case_and_a_purpose check ((class = 'customer') = (person_id is null) and
    (class <> 'customer' or (case_id is not null and purpose is not null))),
  constraint merged_is_digested check ((merged_into is null) = (state <> 'digested'))
);
create unique index once_per_case_and_purpose on deliveries (case_id, purpose) where class = 'customer';
create index deliveries_due on deliveries (target, next_at) where state = 'waiting';
create index deliveries_newest on deliveries (queued_at desc, delivery_id desc);
create index deliveries_of_case on deliveries (case_id) where case_id is not null;

-- How much may be sent to a target now, for all replicas together.
create table delivery_buckets (
  target text primary key,
  tokens float8 not null,
  refilled_at timestamptz not null
);

-- Answers already given, so that a command sent twice is done once.
create table commands (
  idempotency_key text primary key,
  fingerprint text not null,
  answer jsonb not null,
  at timestamptz not null
);

-- Compensation. Rows of a case, a customer and an agent are summed under locks taken in that order.
create table grants (
  grant_id uuid primary key,
  case_id uuid not null,
  customer_id text not null,
  kind text not null,
  amount_minor bigint not null,
  currency text not null,
  service_days int,
  reason text not null,
  state text not null,
  requested_by text not null,
  requested_at timestamptz not null,
  exceeds text[] not null default '{}',
  approver text,
  approver_roles text[] not null default '{}',
  step int not null default 0,
  due_at timestamptz,
  authority text,                           -- the rule that allowed it, or 'approval'
  decided_by text,
  decided_at timestamptz,
  granted_at timestamptz,
  reversed_by text,
  reversed_at timestamptz,
  constraint something_is_given check (amount_minor > 0),
  constraint a_second_person_decides check (decided_by <> requested_by),
  constraint granted_by_some_authority check ((granted_at is null) = (authority is null)),
  constraint known_state check (state in ('asked', 'granted', 'refused', 'reversed', 'expired'))
);
create index grants_of_case on grants (case_id);
create index grants_of_customer on grants (customer_id, requested_at);
create index grants_of_agent on grants (requested_by, granted_at);
create index grants_newest on grants (requested_at desc, grant_id desc);
create index grants_given on grants (granted_at) where granted_at is not null;
create index grants_to_answer on grants (approver, due_at) where state = 'asked';

-- Double entry: what leaves one account arrives at another, and nothing written is ever changed.
create table ledger_entries (
  entry_id bigint generated always as identity primary key,
  transaction_id uuid not null,
  account text not null,
  amount_minor bigint not null,
  currency text not null,
  at timestamptz not null,
  grant_id uuid not null
);
create index entries_of_transaction on ledger_entries (transaction_id);
create index entries_of_grant on ledger_entries (grant_id);
create index entries_of_account on ledger_entries (account, at);

create function ledger_balances() returns trigger language plpgsql set search_path from current as $$
begin
  if exists (select 1 from ledger_entries where transaction_id = new.transaction_id
              group by currency having sum(amount_minor) <> 0) then
    raise exception 'ledger transaction % does not sum to zero', new.transaction_id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger transaction_sums_to_zero after insert on ledger_entries
  deferrable initially deferred for each row execute function ledger_balances();

-- A trigger and not a missing privilege: it binds the owner of the table too.
create function ledger_keeps() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only; reverse the grant instead' using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete or truncate on ledger_entries
  for each statement execute function ledger_keeps();

create table abuse_flags (
  flag_id uuid primary key,
  customer_id text not null,
  state text not null,
  evidence jsonb not null,
  claims uuid[] not null,                   -- the grants it rests on
  suspected_at timestamptz,
  flagged_by text,
  flagged_at timestamptz,
  confirmed_by text,
  confirmed_at timestamptz,
  expires_at timestamptz,
  appeals jsonb not null default '[]',
  cleared_reason text,
  cleared_by text,
  cleared_at timestamptz,
  constraint two_persons_flag check (confirmed_by <> flagged_by),
  constraint flagged_until check (state <> 'flagged' or (flagged_by is not null and confirmed_by is not null and expires_at is not null)),
  constraint known_state check (state in ('suspected', 'proposed', 'flagged', 'cleared'))
);
create unique index one_flag_per_customer on abuse_flags (customer_id) where state <> 'cleared';
create index flags_of_customer on abuse_flags (customer_id, cleared_at);

-- Root causes proven to be ours: who claims because of one is a victim, not an abuser.
create table confirmed_defects (
  theme text primary key,                   -- lower case
  confirmed_by text not null,
  confirmed_at timestamptz not null
);
