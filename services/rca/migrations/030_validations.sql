-- Themes registered together: what will be measured, written down before its window begins.
create table registrations (
  -- Made of what is registered, so that the same cannot be registered twice to be looked at twice.
  registration_id uuid primary key,
  number bigint generated always as identity,
  frame_version int not null,
  metric text not null,
  baseline_from timestamptz not null,
  baseline_until timestamptz not null,
  after_from timestamptz not null,
  after_until timestamptz not null,
  filter jsonb not null,
  control jsonb,                            -- { name, filter }
  test jsonb not null,                      -- { alpha, sided, correction, minN, power }
  initiative_id uuid,
  registered_by text not null,
  registered_at timestamptz not null,
  constraint written_down_before_its_window check (registered_at < after_from),
  constraint windows_in_order check (baseline_from < baseline_until and baseline_until <= after_from and after_from < after_until)
);
create index registrations_by_number on registrations (number);
create index registrations_of_initiative on registrations (initiative_id) where initiative_id is not null;

create table validations (
  validation_id uuid primary key,
  registration_id uuid not null references registrations,
  place int not null,
  theme_id text not null,
  expected_change float8 not null,
  -- As it was shown to whoever registered it; null: the baseline had no comments yet.
  forecast jsonb,
  unique (registration_id, place)
);

create table verdicts (
  validation_id uuid primary key references validations,
  verdict text not null check (verdict in ('confirmed', 'no-evidence', 'worse', 'underpowered')),
  concluded_at timestamptz not null,
  evidence jsonb not null,
  conclusion jsonb not null
);

-- Proof that could be rewritten would be none.
create function refuse_to_change() returns trigger language plpgsql as $$
begin
  raise exception 'what is registered or concluded is never changed';
end $$;
create trigger registrations_never_change before update or delete on registrations execute function refuse_to_change();
create trigger validations_never_change before update or delete on validations execute function refuse_to_change();
create trigger verdicts_never_change before update or delete on verdicts execute function refuse_to_change();

-- What is measured outside, and always in the same way.
create table metrics (
  source text not null,
  metric text not null,
  level text not null check (level in ('voc', 'operations', 'business')),
  kind text not null check (kind in ('volume', 'share')),
  primary key (source, metric)
);

create table measures (
  source text not null,
  metric text not null,
  day date not null,
  hits bigint not null check (hits >= 0),
  total bigint,                             -- of a share: hits of so many
  primary key (source, metric, day),
  foreign key (source, metric) references metrics,
  constraint part_of_the_whole check (total > 0 and hits <= total)
);

create table effect_reviews (
  review_id uuid primary key,
  number bigint generated always as identity,
  initiative_id uuid not null,
  fixed_on date not null,
  plan jsonb not null,                      -- { months, baseline?, measures }
  opened_by text not null,
  opened_at timestamptz not null
);
create index effect_reviews_of_initiative on effect_reviews (initiative_id);

-- What a customer spent in a month, from the shop's books.
create table customer_outcomes (
  customer_id text not null,
  month date not null check (extract(day from month) = 1),
  currency text not null,
  revenue_minor bigint not null,            -- below 0 where more was refunded than bought
  orders int not null check (orders >= 0),
  primary key (customer_id, month, currency)
);
create index customer_outcomes_by_month on customer_outcomes (month);
