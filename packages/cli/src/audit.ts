import { connectKafka } from '@heard/bus/kafka';
import { readTopics } from '@heard/bus/kafka-reading';
import type { Tx } from '@heard/bus/log';
import { topics } from '@heard/events/registry';
import { openDatabase } from '@heard/service/database';
import { sql } from 'kysely';
import { checkCases, foldCases } from './audit-cases.ts';
import { clocksAreRight, clocksAreTheirFold } from './audit-clocks.ts';
import { grantsKeepToAuthority, ledgerIsWhatWasGranted } from './audit-ledger.ts';
import { themesAreTheirComments } from './audit-themes.ts';
import { type Finding, look } from './finding.ts';
import type { Target } from './target.ts';

/**
 * Checks the invariants on a running system, by its tables and its bus, never by a service's word. Everything is read in
 * one snapshot of the database; what a consumer has not read yet in that snapshot is on its way and not held against it.
 */
export async function audit(target: Target): Promise<Finding[]> {
  const database = openDatabase({ url: target.adminUrl, schema: 'bus', connections: 2, onError: () => {} });
  try {
    return await database
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        await sql`set local statement_timeout = '10min'`.execute(tx);
        await sql`set local idle_in_transaction_session_timeout = '10min'`.execute(tx);
        await pendingFeedback(tx);
        return [
          await everyInputEnds(tx),
          await oneEffect(tx),
          checkCases(await foldCases(tx)),
          ...(await clocksAreRight(tx)),
          await oneOwner(tx),
          await ledgerIsWhatWasGranted(tx),
          await grantsKeepToAuthority(tx),
          ...(await stopListIsItsFold(tx)),
          await busIsWhatWasPublished(tx, target),
          ...(await readModelsAreTheirFold(tx)),
          ...(await themesAreTheirComments(tx)),
        ];
      });
  } finally {
    await database.destroy();
  }
}

/** Feedback with an event some consumer has still to read, and customers it concerns: in flight, not lost. */
async function pendingFeedback(tx: Tx): Promise<void> {
  await sql`
    create temporary table in_flight on commit drop as
    select distinct p.consumer, l.key as customer_id, (l.attributes::json ->> 'correlationid') as feedback_id
      from bus.positions p join bus.log l on l.topic = p.topic and l.partition = p.partition and l.lot > p.seq and l.seq > p.seq
     where p.consumer in ('triage', 'assignment', 'sla-timer', 'suppression-list', 'rca')`.execute(tx);
  await sql`
    create temporary table buried on commit drop as
    select consumer, key as customer_id, (attributes ->> 'correlationid') as feedback_id from bus.dead_letters where resolved_at is null`.execute(
    tx,
  );
  await sql`analyze in_flight`.execute(tx);
}

async function everyInputEnds(tx: Tx): Promise<Finding> {
  return look(tx, '1', 'every accepted input ends in an effect on a case, a reason for none, or a dead letter', {
    checked: sql`select count(*) from ingest.inputs`,
    broken: sql`
      select i.feedback_id::text as id, case when f.feedback_id is null then 'was never triaged' else 'needs a case and is in none' end as why
        from ingest.inputs i
        left join triage.feedback f using (feedback_id)
        left join assignment.case_items c using (feedback_id)
       where (f.feedback_id is null or (f.priority is not null and c.feedback_id is null))
         and not exists (select 1 from in_flight p where p.customer_id = i.customer_id)
         and not exists (select 1 from buried b where b.feedback_id = i.feedback_id::text)`,
  });
}

async function oneEffect(tx: Tx): Promise<Finding> {
  return look(tx, '2', 'no case without a cause, at most one open case per customer, a feedback in one case', {
    checked: sql`select count(*) from assignment.cases`,
    broken: sql`
      select c.case_id::text as id, 'has no triaged feedback as its cause' as why from assignment.cases c
        left join triage.feedback f using (feedback_id) where f.feedback_id is null
      union all
      select customer_id, 'has ' || count(*) || ' open cases' from assignment.cases
       where state not in ('closed', 'lost') group by customer_id having count(*) > 1
      union all
      select i.feedback_id::text, 'belongs to a case that does not exist' from assignment.case_items i
        left join assignment.cases c using (case_id) where c.case_id is null
      union all
      select l.key, 'was published twice: event ' || (l.attributes::json ->> 'id') from bus.log l
       group by l.key, l.attributes::json ->> 'id' having count(*) > 1`,
  });
}

async function oneOwner(tx: Tx): Promise<Finding> {
  return look(
    tx,
    '5',
    'never two owners, no more transfers after the first live contact than a policy ever allowed, loads are kept',
    {
      checked: sql`select count(*) from assignment.case_events where type = 'case.assigned'`,
      broken: sql`
      select a.case_id::text as id, 'was handed over ' || count(*) || ' times after its first live contact' as why
        from assignment.case_events a
       where a.type = 'case.assigned' and a.data::json ->> 'reason' <> 'overridden' and exists (
         select 1 from assignment.case_events c where c.case_id = a.case_id and c.type = 'case.contacted' and c.version < a.version)
       group by a.case_id
      having count(*) > (select max((document -> 'handoff' ->> 'max')::int) from assignment.policies)
      union all
      select p.person_id, 'is counted with ' || p.open_cases || ' cases and has ' || count(c.*) from assignment.people p
        left join assignment.cases c on c.owner = p.person_id and c.state in ('assigned', 'contacting', 'in-recovery')
       group by p.person_id, p.open_cases having count(c.*) <> p.open_cases`,
    },
  );
}

async function stopListIsItsFold(tx: Tx): Promise<Finding[]> {
  const whole = await isWhole(tx, 'heard.suppression-list');
  const fold = sql`
    select l.key as customer_id, l.data::json ->> 'reason' as reason, l.data::json ->> 'source' as source,
           sum(case when l.attributes::json ->> 'type' = 'stop-list.left' then -1 else 1 end) as open
      from bus.log l
     where l.topic = 'heard.suppression-list' and l.attributes::json ->> 'type' in ('stop-list.entered', 'stop-list.observing', 'stop-list.left')
     group by 1, 2, 3`;
  return [
    await look(tx, '6', 'the stop list is the fold of its events', {
      checked: whole ? sql`select count(*) from suppression_list.entries` : sql`select 0`,
      note: whole ? undefined : 'old events were pruned',
      broken: whole
        ? sql`
          select coalesce(f.customer_id, e.customer_id) as id,
                 'events say ' || coalesce(f.open, 0) || ' open entries for ' || coalesce(f.reason, e.reason) || ', the list ' || coalesce(e.open, 0) as why
            from (${fold}) f
            full join (select customer_id, reason, source, count(*) filter (where ended_at is null) as open
                         from suppression_list.entries group by 1, 2, 3) e
              on e.customer_id = f.customer_id and e.reason = f.reason and e.source = f.source
           where coalesce(f.open, 0) <> coalesce(e.open, 0)`
        : sql`select null::text as id, null::text as why where false`,
    }),
    await look(tx, '6', 'every detractor went onto the stop list', {
      checked: sql`select count(*) from triage.feedback where segment = 'detractor'`,
      broken: sql`
        select f.feedback_id::text as id, 'is a detractor and never put the customer on the list' as why from triage.feedback f
         where f.segment = 'detractor' and not (f.inputs::json ->> 'backfill')::boolean
           and not exists (select 1 from suppression_list.entries e
             where e.customer_id = f.customer_id and e.reason = 'recovery' and e.source = f.feedback_id::text)
           and not exists (select 1 from in_flight p where p.customer_id = f.customer_id)
           and not exists (select 1 from buried b where b.feedback_id = f.feedback_id::text)`,
    }),
  ];
}

/** On Postgres the log is the bus: it must be gap-free. On Kafka the topics must hold the log's rows, in its order. */
async function busIsWhatWasPublished(tx: Tx, target: Target): Promise<Finding> {
  const title = 'what the services published is what is on the bus, in the same order per key';
  const gaps = await look(tx, '7', title, {
    checked: sql`select count(*) from bus.log`,
    broken: sql`
      select p.topic || '/' || p.partition as id, 'holds ' || count(l.seq) || ' of ' || p.head as why from bus.partitions p
        left join bus.log l using (topic, partition)
       group by p.topic, p.partition, p.head
      having count(l.seq) <> p.head - coalesce(min(l.seq), p.head + 1) + 1 and not p.topic = any (${compacted}::text[])
          or coalesce(max(l.seq), p.head) <> p.head`,
  });
  if (target.bus === 'postgres' || gaps.broken > 0) return gaps;

  const { rows } = await sql<{ topic: string; partition: number; seq: string; id: string }>`
    select l.topic, l.partition, l.seq, l.attributes::json ->> 'id' as id from bus.log l
      join bus.positions p on p.consumer = 'relay' and p.topic = l.topic and p.partition = l.partition and l.seq <= p.seq
     where not l.topic = any (${compacted}::text[])`.execute(tx);
  const missing = new Map(rows.map((row) => [`${row.topic}/${row.partition}/${row.seq}`, row.id]));
  let example: string | undefined;
  let broken = 0;
  const wrong = (what: string) => {
    broken++;
    example ??= what;
  };
  const last = new Map<string, number>();
  const client = connectKafka({ brokers: target.brokers, clientId: 'heard.audit', log: () => {} });
  await readTopics(client, own, ({ topic, partition, sequence, id }) => {
    const place = `${topic}/${partition}`;
    const before = last.get(place) ?? 0;
    if (sequence <= before) return; // sent twice
    if (before > 0 && sequence !== before + 1) wrong(`${place} goes from ${before} to ${sequence}`);
    last.set(place, sequence);
    const name = `${place}/${sequence}`;
    const published = missing.get(name);
    if (published !== undefined && published !== id) wrong(`${name} holds event ${id}, published was ${published}`);
    missing.delete(name);
  });
  for (const [name] of missing) wrong(`${name} was acknowledged and is not on Kafka`);
  return { ...gaps, broken, example };
}

const compacted = Object.entries(topics).flatMap(([name, topic]) => (topic.compacted ? [name] : []));
const own = Object.entries(topics).flatMap(([name, topic]) =>
  topic.writer !== null && !topic.compacted ? [name] : [],
);

async function readModelsAreTheirFold(tx: Tx): Promise<Finding[]> {
  const title = 'what is rebuilt from the topics equals what is live';
  const whole =
    (await isWhole(tx, 'heard.ingest')) &&
    (await isWhole(tx, 'heard.triage')) &&
    (await isWhole(tx, 'heard.sla-timer'));
  if (!whole) return [{ invariant: '8', title, checked: 0, broken: 0, note: 'old events were pruned' }];
  return [
    await look(tx, '8', `${title}: the corpus`, {
      checked: sql`select count(*) from rca.comments`,
      broken: sql`
        with said as (
          select distinct on (id) * from (
            select (l.data::json ->> 'feedbackId')::uuid as id, l.key as customer_id, l.seq,
                   (l.data::json ->> 'revision')::int as revision, l.data::json ->> 'comment' as comment
              from bus.log l where l.topic = 'heard.ingest' and l.attributes::json ->> 'type' = 'feedback.received') r
           order by id, revision desc, seq desc),
        triaged as (
          select distinct on (id) * from (
            select (l.data::json ->> 'feedbackId')::uuid as id, l.seq, (l.data::json ->> 'revision')::int as revision,
                   l.data::json ->> 'segment' as segment, l.data::json ->> 'priority' as priority
              from bus.log l where l.topic = 'heard.triage' and l.attributes::json ->> 'type' = 'feedback.triaged') t
           order by id, revision desc, seq desc)
        select coalesce(s.id, c.feedback_id)::text as id, 'differs from its events' as why
          from said s left join triaged t using (id) full join rca.comments c on c.feedback_id = s.id
         where (c.feedback_id is null or s.id is null or c.comment is distinct from s.comment or c.segment is distinct from t.segment
                or c.priority is distinct from t.priority)
           and not exists (select 1 from in_flight p where p.customer_id = coalesce(s.customer_id, c.customer_id))
           and not exists (select 1 from buried b where b.feedback_id = coalesce(s.id, c.feedback_id)::text)`,
    }),
    await clocksAreTheirFold(tx, `${title}: the clocks`),
  ];
}

async function isWhole(tx: Tx, topic: string): Promise<boolean> {
  const { rows } = await sql<{ pruned: boolean }>`
    select coalesce(bool_or(first <> 1), false) as pruned from (
      select min(seq) as first from bus.log where topic = ${topic} group by partition) p`.execute(tx);
  return !rows[0]!.pruned;
}
