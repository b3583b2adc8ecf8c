-- What commands made, so that one that is sent twice makes it once.
create table commands (
  person_id text not null,
  idempotency_key text not null,
  fingerprint text not null,
  made uuid not null,
  at timestamptz not null,
  primary key (person_id, idempotency_key)
);
