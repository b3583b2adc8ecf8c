-- The log: what services published, gap-free per (topic, partition) in commit order. On the Postgres bus consumers read
-- it; on Kafka it is the outbox, and the relay is simply its first reader. Either way a consumer's position moves in the
-- transaction of its effects, and a position that only ever grows is what makes each event count once.

create table bus.partitions (
  topic text not null,
  partition int not null,
  head bigint not null default 0,          -- sequence of the newest event; its row lock orders commits
  primary key (topic, partition)
) with (fillfactor = 50);                  -- rewritten in place with every publish

create table bus.log (
  topic text not null,
  partition int not null,
  seq bigint not null,                     -- 1, 2, 3 … per (topic, partition)
  key text not null,
  attributes text not null,                -- CloudEvents attributes, JSON
  data text not null,                      -- JSON; never parsed here
  published_at timestamptz not null default now(),
  primary key (topic, partition, seq)
);

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

-- Appends events and wakes the readers, both at commit. Writers name their places in one order, so that two never wait
-- for each other in a ring; call it once per transaction, last, because the locks are held until commit.
-- Of each place: how many events, and their keys, attributes and data as lines, between places a record separator. No key
-- has control characters, JSON escapes them, and splitting costs half of what an array does.
create function bus.append(topics text[], partitions int[], counts int[], keys text, attributes text, data text) returns void
language plpgsql as $$
declare
  key_lines text[] := string_to_array(keys, E'\x1e');
  attribute_lines text[] := string_to_array(attributes, E'\x1e');
  data_lines text[] := string_to_array(data, E'\x1e');
  base bigint;
  written int;
begin
  for i in 1 .. greatest(cardinality(topics), cardinality(key_lines)) loop
    update bus.partitions p set head = p.head + counts[i] where p.topic = topics[i] and p.partition = partitions[i]
    returning p.head - counts[i] into base;
    if not found then
      raise exception 'there is no partition % of %', partitions[i], topics[i] using errcode = 'no_data_found';
    end if;

    insert into bus.log (topic, partition, seq, key, attributes, data)
    select topics[i], partitions[i], base + t.nth, t.key, t.attributes, t.data
      from rows from (string_to_table(key_lines[i], E'\n'), string_to_table(attribute_lines[i], E'\n'),
                      string_to_table(data_lines[i], E'\n')) with ordinality as t (key, attributes, data, nth);
    get diagnostics written = row_count;
    if written <> counts[i] then
      raise exception '% events where % were announced', written, counts[i] using errcode = 'cardinality_violation';
    end if;

    -- A channel for each topic: a process is not woken for what it does not read.
    perform pg_notify(topics[i], '');
  end loop;
end $$;

-- Which partitions have something to read, claimed for the rest of the transaction, with the rows to read; the consumer's
-- positions are moved past them, to stay there if the transaction commits. Fetches the claims one by one: a FOR loop
-- reads (and so locks) ten ahead, and other replicas would find nothing left.
create function bus.claim(consumer text, topics text[], max_rows int)
returns table (topic text, partition int, seq bigint, key text, attributes text, data text)
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
  remaining int := max_rows;
  taken int;
begin
  open readable;
  loop
    fetch readable into claimed;
    exit when not found;
    return query
      with read as (
        select * from bus.log l
         where l.topic = claimed.topic and l.partition = claimed.partition and l.seq > claimed.seq
         order by l.seq limit remaining
      ), moved as (
        update bus.positions p set seq = (select max(r.seq) from read r), progressed_at = now()
         where p.consumer = claim.consumer and p.topic = claimed.topic and p.partition = claimed.partition
           and exists (select from read)
      )
      select r.topic, r.partition, r.seq, r.key, r.attributes, r.data from read r order by r.seq;
    get diagnostics taken = row_count;
    remaining := remaining - taken;
    exit when remaining <= 0;
  end loop;
  close readable;
end $$;
