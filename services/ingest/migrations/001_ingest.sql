-- One row per response, whatever way and however often it came: its newest revision.
create table inputs (
  source text not null,
  external_id text not null,
  revision int not null,
  fingerprint text not null,               -- of the normalised content: the same id with another body is refused
  feedback_id uuid not null,
  customer_id text not null,
  received_at timestamptz not null,
  primary key (source, external_id)
);

-- The newest customer value we passed on, by the CRM's own version.
create table customer_values (
  customer_id text primary key,
  version bigint not null,
  fingerprint text not null,
  received_at timestamptz not null
);

create table imports (
  id uuid primary key,
  kind text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  read int not null default 0,
  accepted int not null default 0,
  duplicate int not null default 0,
  superseded int not null default 0,
  rejected int not null default 0
);

create table rejects (
  import_id uuid not null references imports on delete cascade,
  line int not null,
  field text not null,
  message text not null,
  primary key (import_id, line)
);
