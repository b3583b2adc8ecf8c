create table policies (
  version int primary key,
  document jsonb not null,
  published_at timestamptz not null
);

-- What the CRM says of a customer, newest version.
create table customers (
  customer_id text primary key,
  version bigint not null,
  ltv_amount bigint,
  ltv_currency text,
  value_class text,
  csm_id text,
  time_zone text
);

-- From which lifetime value on a customer is high value, where the policy says so by percentile.
create table ltv_threshold (
  singleton boolean primary key default true check (singleton),
  amount bigint not null,
  customers int not null,
  as_of timestamptz not null
);

-- Each feedback's newest revision, with everything its decision was made from: the receipt.
create table feedback (
  feedback_id uuid primary key,
  customer_id text not null,
  revision int not null,
  csat int,                                -- the score where the scale is CSAT: the customer's trail
  received_at timestamptz not null,
  segment text,
  priority text,
  rule text not null,
  policy_version int not null,
  inputs text not null,                    -- JSON
  regraded jsonb                           -- set when a later customer value raised the priority
);
create index feedback_of_customer on feedback (customer_id, received_at desc);
create index feedback_priorities on feedback (priority);
