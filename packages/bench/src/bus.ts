import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, openBus } from '@heard/bus/bus';
import { connectKafka } from '@heard/bus/kafka';
import { createTopics } from '@heard/bus/kafka-topics';
import { defaultPartitions } from '@heard/bus/log';
import { partitionOf } from '@heard/bus/partition';
import { binaryMessage } from '@heard/events/cloudevents';
import { type Event, newEvent } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import { startKafka } from '@heard/local/kafka';
import { openDatabase } from '@heard/service/database';
import kafkajs from 'kafkajs';
import type pg from 'pg';
import { type BenchOptions, one, whereKafka, withDatabase } from './ground.ts';
import { countCpu, interleave, median, percentile, progress, type Report, rateOf, ratio } from './measuring.ts';
import { responseOf } from './responses.ts';

type Driver = 'postgres' | 'kafka';

/** Publishing and consuming on both drivers, beside the bare writes and the bare producer; a hop's latency; idling. */
export async function bus(report: Report, options: BenchOptions): Promise<void> {
  await withDatabase((url, admin) => onDriver(report, options, 'postgres', url, [], admin));
  await whereKafka(report, async () => {
    const kafka = await startKafka();
    try {
      await createTopics(
        connectKafka({ brokers: kafka.brokers, clientId: 'heard.bench', log: () => {} }),
        defaultPartitions,
        1,
      );
      await withDatabase((url, admin) => onDriver(report, options, 'kafka', url, kafka.brokers, admin));
    } finally {
      await kafka.stop();
    }
  });
}

async function onDriver(
  report: Report,
  { rounds, seconds, quick }: BenchOptions,
  driver: Driver,
  url: string,
  brokers: string[],
  admin: pg.Client,
): Promise<void> {
  const count = quick ? 5_000 : 50_000;
  const database = openDatabase({ url, schema: 'bus', connections: 6, onError: () => {} });
  const open = (writer: 'ingest' | 'rca') =>
    openBus({
      driver,
      brokers,
      writer,
      database,
      databaseUrl: url,
      log: () => {},
      fatal: (error) => {
        throw error;
      },
    });
  const publisher = await open('ingest');
  const publish = (events: readonly Event[]) =>
    inBatches(events, (batch) => database.transaction().execute((tx) => publisher.publish(tx, batch)));
  const bare = driver === 'postgres' ? await bareInserts(admin) : await bareProducer(brokers);
  let reader: Bus | undefined;
  try {
    progress(`${driver}: publishing ${count}, ${rounds} rounds`);
    const cpu = countCpu();
    const published = await interleave(rounds, {
      heard: (round) => {
        const events = madeUp(`${driver}-${round}`, count);
        return rateOf(count, async () => {
          await publish(events);
          if (driver === 'kafka') await untilRelayed(admin);
        });
      },
      bare: (round) => bare.run(madeUp(`${driver}-bare-${round}`, count)),
    });
    const how = driver === 'postgres' ? 'bus.publish, batches of 500' : 'bus.publish and relay to the broker';
    report.row(`${driver}: ${how}`, median(published.heard), 'events/s');
    report.row(`  ${bare.what}`, median(published.bare), 'events/s');
    const goal = driver === 'postgres' ? { atLeast: 0.7 } : {};
    report.row(`  ${driver}: publish ÷ bare`, ratio(published.heard, published.bare), '×', goal);
    report.cpu(`${driver}: publishing and the bare way, in turn`, cpu());

    progress(`${driver}: consuming what was published`);
    let seen = 0;
    const ids = new Set<string>();
    const arrived = new Map<string, number>();
    const consuming = countCpu();
    const consumed = await rateOf(count * rounds, async () => {
      reader = await open('rca');
      await reader.consume({
        consumer: 'rca',
        topics: ['heard.ingest'],
        types: ['feedback.received'],
        async handle(_tx, events) {
          const now = performance.now();
          for (const event of events) {
            ids.add(event.id);
            arrived.set(event.id, now);
          }
          seen += events.length;
        },
      });
      while (seen < count * rounds) await sleep(5);
    });
    report.row(`${driver}: consume, parsed and checked by its schema`, consumed, 'events/s');
    report.row(`  ${driver}: consume ÷ publish`, consumed / median(published.heard), '×');
    const used = consuming();
    report.cost(`  ${driver}: each event consumed`, used, count * rounds);
    report.cpu(`${driver}: consuming`, used);
    report.account(`${driver}`, { handed: seen, different: ids.size }, count * rounds);

    for (const perSecond of [20, 500]) {
      progress(`${driver}: a hop at ${perSecond}/s`);
      arrived.clear();
      const sent = new Map<string, number>();
      const hop = countCpu();
      const started = performance.now();
      const publishing: Promise<void>[] = [];
      for (const [n, event] of madeUp(`${driver}-hop-${perSecond}`, perSecond * seconds).entries()) {
        await sleep(Math.max(0, started + (n * 1000) / perSecond - performance.now()));
        publishing.push(publish([event]).then(() => void sent.set(event.id, performance.now())));
      }
      await Promise.all(publishing);
      for (let waited = 0; arrived.size < sent.size && waited < 10_000; waited += 10) await sleep(10);
      report.account(`${driver}: a hop at ${perSecond}/s`, { arrived: arrived.size }, sent.size);
      const late = [...sent].map(([id, at]) => Math.max(0, arrived.get(id)! - at));
      report.row(`${driver}: committed -> handler, ${perSecond}/s, p50`, percentile(late, 50), 'ms');
      report.row(`${driver}: committed -> handler, ${perSecond}/s, p99`, percentile(late, 99), 'ms');
      report.cpu(`${driver}: a hop at ${perSecond}/s`, hop());
    }

    progress(`${driver}: idling`);
    const idle = countCpu();
    await sleep(seconds * 1000);
    const idled = idle();
    report.row(`${driver}: idle, one publisher and one consumer`, idled?.ours, 'cores');
    report.cpu(`${driver}: idle`, idled);
  } finally {
    await reader?.close();
    await publisher.close();
    await bare.close();
    await database.destroy();
  }
}

async function inBatches(
  events: readonly Event[],
  write: (batch: readonly Event[]) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < events.length; from += 500) await write(events.slice(from, from + 500));
}

function madeUp(run: string, count: number): Event<'feedback.received'>[] {
  const now = new Date();
  return Array.from({ length: count }, (_, n) => {
    const response = responseOf(run, n, now);
    const feedbackId = stableId('feedback', run, String(n));
    const data = { ...response, feedbackId, receivedAt: now.toISOString() } as Event<'feedback.received'>['data'];
    return newEvent('feedback.received', response.customerId, data, now, { correlationid: feedbackId });
  });
}

async function untilRelayed(admin: pg.Client): Promise<void> {
  const behind = async () =>
    (
      await one<{ n: number }>(
        admin,
        `select sum(h.head - p.seq)::int as n from bus.positions p join bus.partitions h using (topic, partition) where p.consumer = 'relay'`,
      )
    ).n;
  while ((await behind()) > 0) await sleep(5);
}

interface Bare {
  what: string;
  run(events: Event[]): Promise<number>;
  close(): Promise<void>;
}

/** The same rows as plain text inserts on one connection: no order per partition, no sequence, no notification. */
async function bareInserts(admin: pg.Client): Promise<Bare> {
  await admin.query(`create schema bench; create table bench.log (id bigint generated always as identity primary key,
    topic text, partition int, key text, attributes text, data text, published_at timestamptz default now())`);
  return {
    what: 'the same rows, batched text inserts, one connection',
    close: async () => {},
    run: (events) =>
      rateOf(events.length, () =>
        inBatches(events, (batch) => {
          const rows = batch.map(
            ({ data, ...attributes }) => [JSON.stringify(attributes), JSON.stringify(data)] as const,
          );
          return admin.query(
            `insert into bench.log (topic, partition, key, attributes, data)
             select 'heard.ingest', t.partition, t.key, t.attributes, t.data from rows from (unnest($1::int[]), unnest($2::text[]),
               string_to_table($3, E'\\n'), string_to_table($4, E'\\n')) as t (partition, key, attributes, data)`,
            [
              batch.map((event) => partitionOf(event.subject, defaultPartitions)),
              batch.map((event) => event.subject),
              rows.map(([attributes]) => attributes).join('\n'),
              rows.map(([, data]) => data).join('\n'),
            ],
          );
        }),
      ),
  };
}

/** kafkajs by itself: no outbox, so an event may be lost or sent for a transaction that was rolled back. */
async function bareProducer(brokers: string[]): Promise<Bare> {
  const client = connectKafka({ brokers, clientId: 'heard.bench', log: () => {} });
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    what: 'kafkajs produce by itself, batches of 500, acks all',
    close: () => producer.disconnect(),
    run: (events) =>
      rateOf(events.length, () =>
        inBatches(events, (batch) =>
          producer.send({
            topic: 'heard.triage',
            acks: -1,
            messages: batch.map(({ data, ...attributes }) => ({
              key: attributes.subject,
              ...binaryMessage(attributes, JSON.stringify(data)),
            })),
          }),
        ),
      ),
  };
}
