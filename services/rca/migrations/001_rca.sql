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
  triaged_revision int not null default 0,
  terms text[] not null default '{}'        -- "redLine/safety/起火": list, category, term of each hit
);
create index comments_by_time on comments (occurred_at);
