import type { Event } from '@heard/events/event';
import { lookUp, type TopicName, topics } from '@heard/events/registry';
import { type Kysely, sql, type Transaction } from 'kysely';
import { attributesOf, dataOf, eventsOf, inLots, keyOf, type LogRow, type Lot } from './lot.ts';
import { partitionOf } from './partition.ts';
import { write } from './write.ts';

// biome-ignore lint/suspicious/noExplicitAny: the bus works inside the transactions of services whose tables it does not know
export type AnyDatabase = any;
export type Tx = Transaction<AnyDatabase>;
export type Database = Kysely<AnyDatabase>;

export const defaultPartitions = 12;

export type Publish = (tx: Tx, events: readonly Event[]) => Promise<void>;

/**
 * Reads the partition counts, which never change while a topic lives, and returns `publish`. It rejects an event with
 * data of more than 900,000 bytes, which no broker would take and which would hold up everything behind it.
 */
export async function openPublisher(database: Database): Promise<Publish> {
  const { rows } = await sql<{ topic: string; n: number }>`
    select topic, count(*)::int as n from bus.partitions group by topic`.execute(database);
  const placesOf = new Map(
    rows.map(({ topic, n }) => [topic, Array.from({ length: n }, (_, partition) => ({ topic, partition }))]),
  );
  /** The same object for the same place. */
  const placeOf = ({ type, subject }: Event): Place => {
    const places = placesOf.get(lookUp(type)?.topic ?? '');
    if (!places) throw new Error(`the event type ${type} has no topic in this database; has \`migrate\` run?`);
    return places[partitionOf(subject, places.length)]!;
  };

  return async function publish(tx, events) {
    if (events.length === 0) return;
    const byPlace = [...Map.groupBy(events, placeOf)].sort(([a], [b]) => (placeName(a) < placeName(b) ? -1 : 1));
    const lots = byPlace.flatMap(([, own]) => inLots(own));
    const places = lots.map(([first]) => placeOf(first!));
    const texts = (of: (event: Event) => string) => lots.map((lot) => lot.map(of).join('\n')).join('\x1e');
    await write(
      tx,
      sql`select bus.append(${places.map(({ topic }) => topic)}::text[], ${places.map(({ partition }) => partition)}::int[],
      ${lots.map((lot) => lot.length)}::int[], ${texts(keyOf)}, ${texts(attributesOf)}, ${texts(dataOf)})`,
    );
  };
}

/** Makes the partitions of every topic Heard itself writes; never takes one away. */
export async function createPartitions(database: Database, partitions: number): Promise<void> {
  const own = Object.entries(topics)
    .filter(([, topic]) => topic.writer !== null)
    .map(([name]) => name);
  await sql`
    insert into bus.partitions (topic, partition)
    select topic, partition from unnest(${own}::text[]) as topic, generate_series(0, ${partitions - 1}) as partition
     where not exists (select 1 from bus.partitions p where p.topic = topic.topic)
    on conflict do nothing`.execute(database);
}

/**
 * Gives a consumer its row per partition, starting before the first event that is still kept. A new consumer that began
 * at 0 would wait for ever where everything has been pruned.
 */
export async function registerConsumer(database: Database, consumer: string, names: readonly string[]): Promise<void> {
  await sql`
    insert into bus.positions (consumer, topic, partition, seq)
    select ${consumer}, p.topic, p.partition,
           coalesce((select min(l.seq - l.size) from bus.lots l where l.topic = p.topic and l.partition = p.partition), p.head)
      from bus.partitions p where p.topic = any (${names}::text[])
    on conflict do nothing`.execute(database);
}

/**
 * Claims partitions with something to read for this transaction, reads `maxRows` of it or up to a hundred more, in order,
 * and moves the consumer's positions past it.
 */
export async function claim(tx: Tx, consumer: string, names: readonly string[], maxRows: number): Promise<LogRow[]> {
  const { rows } = await sql<Lot>`select * from bus.claim(${consumer}, ${names}::text[], ${maxRows})`.execute(tx);
  return rows.flatMap(eventsOf);
}

/**
 * Moves a consumer's positions forward, never back, and returns where they were; locked until the transaction ends.
 * A partition that has no row yet gets one.
 */
export async function movePositions(
  tx: Database,
  consumer: string,
  to: readonly (Place & { seq: number })[],
): Promise<Map<string, number>> {
  const places = sql`unnest(${to.map((t) => t.topic)}::text[], ${to.map((t) => t.partition)}::int[])`;
  const move = async () => {
    const { rows } = await sql<{ topic: string; partition: number; seq: string }>`
      with before as (
        select p.topic, p.partition, p.seq from bus.positions p
         where p.consumer = ${consumer} and (p.topic, p.partition) in (select * from ${places})
         order by p.topic, p.partition for no key update
      ), moved as (
        update bus.positions p set seq = t.seq, progressed_at = now()
          from rows from (${places}, unnest(${to.map((t) => t.seq)}::bigint[])) as t (topic, partition, seq)
          join before using (topic, partition)
         where p.consumer = ${consumer} and p.topic = t.topic and p.partition = t.partition and p.seq < t.seq
      )
      select * from before`.execute(tx);
    return rows.map((row) => [placeName(row), Number(row.seq)] as const);
  };
  const were = await move();
  if (were.length === to.length) return new Map(were);
  await sql`
    insert into bus.positions (consumer, topic, partition) select ${consumer}, * from ${places} on conflict do nothing`.execute(
    tx,
  );
  return new Map([...(await move()), ...were]);
}

export interface Place {
  topic: string;
  partition: number;
}

export function placeName({ topic, partition }: Place): string {
  return `${topic}/${partition}`;
}

/** The last sequence of each place in a list that is in order per place. */
export function lastOf<T extends Place & { seq: number }>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [placeName(row), row])).values()];
}

export interface Lag {
  consumer: string;
  topic: string;
  partition: number;
  position: number;
  head: number;
  lag: number;
}

/** How far each consumer is behind the log of this database; on Kafka the consumer 'relay' is the unpublished outbox. */
export async function readLag(database: Database): Promise<Lag[]> {
  const { rows } = await sql<Record<keyof Lag, string>>`
    select p.consumer, p.topic, p.partition, p.seq as position, h.head, greatest(h.head - p.seq, 0) as lag
      from bus.positions p join bus.partitions h using (topic, partition)
     order by 1, 2, 3`.execute(database);
  return rows.map((row) => ({
    consumer: row.consumer,
    topic: row.topic,
    partition: Number(row.partition),
    position: Number(row.position),
    head: Number(row.head),
    lag: Number(row.lag),
  }));
}

/** Seconds the oldest event has waited that is not on Kafka yet; 0 where all are, and always on the Postgres bus. */
export async function unpublishedAge(database: Database): Promise<number> {
  const { rows } = await sql<{ age: number }>`
    select coalesce(extract(epoch from now() - min(l.published_at)), 0)::float8 as age
      from bus.positions p cross join lateral (
        select * from bus.lots l where l.topic = p.topic and l.partition = p.partition and l.seq > p.seq order by l.seq limit 1) l
     where p.consumer = 'relay'`.execute(database);
  return rows[0]!.age;
}

/**
 * Deletes lots older than `hours` that every reader of this database is past, at most 2,000 per partition a call, and
 * returns how many.
 * Of compacted topics it deletes none: see `compact`.
 */
export async function prune(database: Database, hours: number): Promise<number> {
  const compacted = Object.entries(topics)
    .filter(([, topic]) => topic.compacted)
    .map(([name]) => name);
  const { numAffectedRows } = await sql`
    with done as (select topic, partition, min(seq) as seq from bus.positions group by 1, 2),
    old as (
      select l.topic, l.partition, l.seq from done cross join lateral (
        select * from bus.lots l where l.topic = done.topic and l.partition = done.partition and l.seq <= done.seq
         order by l.seq limit 2000) l
       where l.published_at < now() - make_interval(hours => ${hours}) and not l.topic = any (${compacted}::text[]))
    delete from bus.lots l using old where l.topic = old.topic and l.partition = old.partition and l.seq = old.seq`.execute(
    database,
  );
  return Number(numAffectedRows ?? 0);
}

/**
 * Of each key of these topics the newest event stays, for ever; those before it go once every reader of this database is
 * past them. Reads the topics whole.
 */
export async function compact(database: Database, names: readonly TopicName[]): Promise<number> {
  const { rows: places } = await sql<Place>`
    select topic, partition from bus.partitions where topic = any (${names}::text[]) order by 1, 2`.execute(database);
  let gone = 0;
  for (const { topic, partition } of places) {
    const { numAffectedRows } = await sql`
      with newest as (
        select keys, max(seq) as seq from bus.lots where topic = ${topic} and partition = ${partition} group by keys having count(*) > 1),
      behind as (select min(seq) as seq from bus.positions where topic = ${topic} and partition = ${partition})
      delete from bus.lots l using newest, behind
       where l.topic = ${topic} and l.partition = ${partition} and l.keys = newest.keys and l.seq < newest.seq
         and l.seq <= coalesce(behind.seq, l.seq)`.execute(database);
    gone += Number(numAffectedRows ?? 0);
  }
  return gone;
}
