-- Who changed what by HTTP, one row per change and in its transaction. The service's role may insert and read, no more.
create table audit_log (
  entry_id bigint generated always as identity primary key,
  at timestamptz not null,
  person_id text not null,
  roles text[] not null,
  method text not null,
  route text not null,
  record text,
  request text not null,                    -- SHA-256 of the body: proves what was sent, repeats nothing of it
  version int                               -- what the record is at since
);
create index audit_log_of_record on audit_log (record, entry_id);
create index audit_log_of_person on audit_log (person_id, entry_id);
