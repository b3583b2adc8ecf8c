-- Advance refunds are given only while a fly-wire for them is open; a copy of what rca says of those.
create table fly_wires (
  fly_wire_id uuid primary key,
  roles text[] not null,
  ceiling_minor bigint not null,
  ceiling_currency text not null,
  high_value_only boolean not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);

-- Whom triage called so when it last asked for a case; who is not here is not.
create table high_value_customers (
  customer_id text primary key
);

alter table grants
  add column fly_wire_id uuid,              -- what allowed an advance refund
  add column reconciled_by text,
  add column reconciled_at timestamptz,
  add column reference text,                -- finance's document
  add constraint advances_need_a_fly_wire check ((kind = 'advance-refund' and granted_at is not null) = (fly_wire_id is not null)),
  add constraint a_second_person_reconciles check (reconciled_by <> requested_by),
  add constraint only_what_was_advanced_is_reconciled check (reconciled_at is null
    or (kind = 'advance-refund' and state = 'granted' and reconciled_by is not null and reference is not null));
create index advances_to_reconcile on grants (granted_at)
  where kind = 'advance-refund' and state = 'granted' and reconciled_at is null;
