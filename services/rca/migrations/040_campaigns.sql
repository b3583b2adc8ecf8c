-- What a survey response says of the survey it answers.
alter table comments
  add column campaign text,
  add column reasons text[] not null default '{}';
create index comments_of_campaign on comments (campaign) where campaign is not null;

-- Surveys sent to many: who left is asked why, who bought nothing for long, or anybody.
create table campaigns (
  campaign_id text primary key,
  version int not null,
  kind text not null check (kind in ('exit', 'dormant', 'other')),
  -- What answers are that do not name their campaign.
  answer_kind text not null generated always as (
    case kind when 'exit' then 'exit-survey' when 'dormant' then 'dormant-survey' else 'survey-response' end) stored,
  name text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  saved_by text not null,
  saved_at timestamptz not null,
  constraint ends_after_it_starts check (starts_at < ends_at)
);

-- Whom the sender asked, once per customer however often they were reminded.
create table campaign_invitations (
  campaign_id text not null references campaigns,
  customer_id text not null,
  invited_at timestamptz,                   -- first; null: left out, never asked
  outcome text not null check (outcome in ('sent', 'undeliverable', 'left-out')),
  told_at timestamptz not null,             -- when what is told last happened
  primary key (campaign_id, customer_id),
  constraint asked_or_left_out check ((invited_at is null) = (outcome = 'left-out'))
);
create index invitations_of_customer on campaign_invitations (customer_id);

-- An answer belongs to the campaign it names, or to the latest invitation its customer had before it. Of each customer the
-- newest answer within the campaign's time is counted; the others are early, late or once more.
create view campaign_answers as
select campaign_id, feedback_id, customer_id,
       case when occurred_at < starts_at then 'early' when occurred_at >= ends_at then 'late'
            when row_number() over (partition by campaign_id, customer_id
                   order by occurred_at >= starts_at and occurred_at < ends_at desc, occurred_at desc, feedback_id) = 1 then 'counted'
            else 'again' end as standing
  from (
    select k.campaign_id, k.starts_at, k.ends_at, c.feedback_id, c.customer_id, c.occurred_at
      from campaigns k join comments c on c.campaign = k.campaign_id
    union all
    select k.campaign_id, k.starts_at, k.ends_at, c.feedback_id, c.customer_id, c.occurred_at
      from campaigns k join campaign_invitations i using (campaign_id)
      join comments c on c.customer_id = i.customer_id and c.campaign is null and c.kind = k.answer_kind and c.occurred_at >= i.invited_at
     where not exists (
       select from campaign_invitations later join campaigns l using (campaign_id)
        where later.customer_id = i.customer_id and l.answer_kind = k.answer_kind and later.invited_at <= c.occurred_at
          and (later.invited_at, later.campaign_id) > (i.invited_at, i.campaign_id))) answers;
