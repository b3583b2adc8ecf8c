-- A cross-department project against one cause.
create table initiatives (
  initiative_id uuid primary key,
  theme_id text not null,
  why_tree_id uuid,                         -- which root it goes against, where one was found
  filter jsonb,                             -- what its pack is about; null: what the policy says
  title text not null,
  state text not null default 'open',
  -- Among those that are not over, 1 first.
  rank int,
  owner_id text not null,
  department text not null,
  fix_due_at timestamptz not null,
  review_due_at timestamptz not null,
  fixed_at timestamptz,
  confirmed_by uuid,                        -- the validation that confirmed the fix
  confirmed_from timestamptz,               -- when its window after the fix began
  opened_by text not null,
  opened_at timestamptz not null,
  constraint known_state check (state in ('open', 'signed-off', 'fixed', 'proven', 'abandoned')),
  constraint ranked_until_over check ((rank is null) = (state in ('proven', 'abandoned'))),
  constraint no_two_of_a_rank unique (rank) deferrable initially deferred,
  constraint confirmed_from_then_on check ((confirmed_by is null) = (confirmed_from is null)),
  constraint proven_by_a_validation check (state <> 'proven' or confirmed_by is not null),
  constraint fixed_at_a_time check (state not in ('fixed', 'proven') or fixed_at is not null),
  constraint reviewed_after_the_fix check (review_due_at >= fix_due_at)
);
create index initiatives_of_theme on initiatives (theme_id);
create index initiatives_of_why_tree on initiatives (why_tree_id) where why_tree_id is not null;

create table initiative_moves (
  initiative_id uuid not null,
  number int not null,
  from_state text not null,
  to_state text not null,
  by text not null,
  reason text,
  at timestamptz not null,
  primary key (initiative_id, number)
);

-- Who read a customer's words unmasked, and why.
create table reveals (
  feedback_id uuid not null,
  person_id text not null,
  reason text not null,
  at timestamptz not null
);
create index reveals_of_comment on reveals (feedback_id, at);

-- Kept for one purpose: to be masked in what leaves the service.
alter table customers add column name text;

-- Temporary bypasses while the real fix is built.
create table fly_wires (
  fly_wire_id uuid primary key,
  kind text not null,
  initiative_id uuid,
  roles text[] not null,
  system text,
  ceiling_minor bigint,
  ceiling_currency text,
  high_value_only boolean not null,
  reason text not null,
  opened_by text not null,
  opened_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_cause text,
  ended_by text,
  constraint a_system_or_a_ceiling check ((kind = 'read-only-access') = (system is not null)
    and (kind = 'advance-refund') = (ceiling_minor is not null and ceiling_currency is not null)),
  constraint for_somebody check (cardinality(roles) > 0),
  constraint ended_for_a_cause check ((ended_at is null) = (ended_cause is null))
);
create index fly_wires_of_initiative on fly_wires (initiative_id) where initiative_id is not null;

create table fly_wire_uses (
  use_id uuid primary key,
  fly_wire_id uuid not null,
  person_id text not null,
  customer_id text,
  reason text not null,
  at timestamptz not null
);
create index uses_of_fly_wire on fly_wire_uses (fly_wire_id, at);

-- What was proven and is now how it is done; each version is kept.
create table sops (
  sop_id uuid primary key,
  version int not null,
  initiative_id uuid,
  validation_id uuid,
  decision text,                            -- why it holds although nothing proved it
  retired_at timestamptz,
  retired_by text,
  retired_reason text,
  constraint proven_or_decided check (validation_id is not null or decision is not null),
  constraint retired_for_a_reason check ((retired_at is null) = (retired_reason is null))
);
create index sops_of_initiative on sops (initiative_id) where initiative_id is not null;

create table sop_versions (
  sop_id uuid not null,
  version int not null,
  title_zh text not null,
  title_en text not null,
  body text not null,
  owner_id text not null,
  valid_from date not null,
  written_by text not null,
  written_at timestamptz not null,
  primary key (sop_id, version)
);
