-- The log: what services published, gap-free per (topic, partition) in commit order. On the Postgres bus consumers read
-- it; on Kafka it is the outbox, and the relay is simply its first reader. Either way a consumer's position moves in the
-- transaction of its effects, and a position that only ever grows is what makes each event count once.

create table bus.partitions (
  topic text not null,
  partition int not null,
  head bigint not null default 0,          -- sequence of the newest event; its row lock orders commits
  primary key (topic, partition)
) with (fillfactor = 50);                  -- rewritten in place with every publish

-- What one transaction publishes to one partition is written, read and deleted as one row, or as several where it is more
-- than a hundred events; of a compacted topic each event is a row of its own. Its texts are lines, one for each event.
create table bus.lots (
  topic text not null,
  partition int not null,
  seq bigint not null,                     -- of its last event: 1, 2, 3 … per (topic, partition)
  size int not null,                       -- how many events, one after another
  keys text not null,
  attributes text not null,                -- CloudEvents attributes, JSON, but for what key and type say
  data text not null,                      -- JSON; never parsed here
  published_at timestamptz not null default now(),
  primary key (topic, partition, seq)
) with (toast_tuple_target = 8160);        -- what fits into a page stays in it
alter table bus.lots alter keys set storage external, alter attributes set storage external, alter data set storage external;

-- The log event by event, for those who look at it. `lot` is the seq of its lot, by which it is found.
create view bus.log as
  select l.topic, l.partition, l.seq - l.size + e.nth as seq, l.seq as lot, e.key, e.attributes, e.data, l.published_at
    from bus.lots l cross join lateral rows from (
      string_to_table(l.keys, E'\n'), string_to_table(l.attributes, E'\n'), string_to_table(l.data, E'\n')
    ) with ordinality as e (key, attributes, data, nth);

create table bus.positions (
  consumer text not null,                  -- a consumer group, or 'relay'
  topic text not null,
  partition int not null,
  seq bigint not null default 0,           -- everything up to here had its effect
  progressed_at timestamptz not null default now(),
  primary key (consumer, topic, partition)
) with (fillfactor = 50);

create table bus.dead_letters (
  id bigint generated always as identity primary key,
  consumer text not null,
  topic text not null,
  partition int not null,
  seq bigint not null,                     -- the log's sequence; else, where there is none, the Kafka offset
  sequenced boolean not null default true, -- false: a public topic, or a message that Heard did not write
  key text,
  attributes jsonb,                        -- null: the message was no event at all
  value text,                              -- the data; as it came where it was no event (base64 after data: if not UTF-8)
  code text not null,
  reason text not null,                    -- never holds customer text
  attempts int not null default 1,
  created_at timestamptz not null default now(),
  retry_requested_at timestamptz,
  resolved_at timestamptz,
  constraint one_per_delivery unique (consumer, topic, partition, seq, sequenced)
);
create index dead_letters_to_retry on bus.dead_letters (consumer, retry_requested_at)
  where retry_requested_at is not null and resolved_at is null;

-- Appends lots and wakes the readers, both at commit. Writers name their places in one order, so that two never wait
-- for each other in a ring; call it once per transaction, last, because the locks are held until commit.
-- Between lots a record separator: no key has control characters and JSON escapes them, and splitting costs half of what
-- an array does.
create function bus.append(topics text[], partitions int[], sizes int[], keys text, attributes text, data text) returns void
language plpgsql as $$
declare
  key_lines text[] := string_to_array(keys, E'\x1e');
  attribute_lines text[] := string_to_array(attributes, E'\x1e');
  data_lines text[] := string_to_array(data, E'\x1e');
  last bigint;
begin
  for i in 1 .. greatest(cardinality(topics), cardinality(key_lines)) loop
    update bus.partitions p set head = p.head + sizes[i] where p.topic = topics[i] and p.partition = partitions[i]
    returning p.head into last;
    if not found then
      raise exception 'there is no partition % of %', partitions[i], topics[i] using errcode = 'no_data_found';
    end if;

    insert into bus.lots (topic, partition, seq, size, keys, attributes, data)
    values (topics[i], partitions[i], last, sizes[i], key_lines[i], attribute_lines[i], data_lines[i]);

    -- A channel for each topic: a process is not woken for what it does not read.
    perform pg_notify(topics[i], '');
  end loop;
end $$;

-- Which partitions have something to read, claimed for the rest of the transaction, with the lots to read, until they
-- hold as many events as asked for; the consumer's positions are moved past them, to stay there if the transaction
-- commits. Of the first lot the events up to `since` are behind the consumer. Fetches the claims one by one: a FOR loop
-- reads (and so locks) ten ahead, and other replicas would find nothing left.
create function bus.claim(consumer text, topics text[], max_events int)
returns table (topic text, partition int, since bigint, seq bigint, size int, keys text, attributes text, data text)
language plpgsql as $$
declare
  readable cursor for
    select p.topic, p.partition, p.seq from bus.positions p
      join bus.partitions h on h.topic = p.topic and h.partition = p.partition
     where p.consumer = claim.consumer and p.topic = any (claim.topics) and p.seq < h.head
     -- What everything else is judged by comes first: a backlog nothing can be done about must not be in its way.
     order by p.topic <> 'heard.policy', p.progressed_at
       for no key update of p skip locked;
  claimed record;
  remaining int := max_events;
  last bigint;
begin
  open readable;
  loop
    fetch readable into claimed;
    exit when not found;
    return query
      with first as ( -- where something was compacted or pruned it is not the next
        select greatest(l.seq - l.size, claimed.seq) as before from bus.lots l
         where l.topic = claimed.topic and l.partition = claimed.partition and l.seq > claimed.seq order by l.seq limit 1
      ), read as (
        select l.* from first f join bus.lots l
          on l.topic = claimed.topic and l.partition = claimed.partition and l.seq > claimed.seq
             and l.seq < f.before + remaining + 100 and l.seq - l.size < f.before + remaining
      ), moved as (
        update bus.positions p set seq = (select max(r.seq) from read r), progressed_at = now()
         where p.consumer = claim.consumer and p.topic = claimed.topic and p.partition = claimed.partition
           and exists (select from read)
      )
      select r.topic, r.partition, claimed.seq, r.seq, r.size, r.keys, r.attributes, r.data from read r order by r.seq;
    select p.seq into last from bus.positions p
     where p.consumer = claim.consumer and p.topic = claimed.topic and p.partition = claimed.partition;
    remaining := remaining - least(last - claimed.seq, remaining)::int;
    exit when remaining <= 0;
  end loop;
  close readable;
end $$;
