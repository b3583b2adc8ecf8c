create table policies (
  version int primary key,
  document jsonb not null,
  published_at timestamptz not null
);

-- Every comment and score, with what triage found in it. Either event may come first; the row fills up.
create table comments (
  feedback_id uuid primary key,
  revision int not null,
  customer_id text,
  kind text,
  channel text,
  product text,
  scale text,
  score int,
  comment text,
  occurred_at timestamptz,
  segment text,
  priority text,
  high_value boolean,
  triaged_revision int not null default 0,
  terms text[] not null default '{}'        -- "redLine/safety/起火": list, category, term of each hit
);
create index comments_by_time on comments (occurred_at);
create index comments_of_customer on comments (customer_id);

-- What the CRM says of a customer, newest version.
create table customers (
  customer_id text primary key,
  version bigint not null,
  value_minor bigint,
  value_currency text,
  customer_since timestamptz,
  churned_at timestamptz
);

-- What became of the hot-loop work; version is that of the newest event seen.
create table cases (
  case_id uuid primary key,
  customer_id text not null,
  version int not null,
  priority text,
  owner text,
  opened_at timestamptz,
  contacted_at timestamptz,
  root_cause text,
  resolved_at timestamptz,
  recovered boolean,
  closed_at timestamptz,
  outcome text
);
create index cases_of_customer on cases (customer_id);

-- A feedback opened a case or joined it.
create table case_feedback (
  feedback_id uuid primary key,
  case_id uuid not null
);
create index case_feedback_by_case on case_feedback (case_id);
