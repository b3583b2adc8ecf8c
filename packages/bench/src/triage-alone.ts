import { setTimeout as sleep } from 'node:timers/promises';
import { connectKafka } from '@heard/bus/kafka';
import { defaultPartitions, openPublisher } from '@heard/bus/log';
import { partitionOf } from '@heard/bus/partition';
import { binaryMessage } from '@heard/events/cloudevents';
import { type Event, newEvent } from '@heard/events/event';
import { SurveyResponse } from '@heard/events/inbound';
import { stableId } from '@heard/events/names';
import { lookUp } from '@heard/events/registry';
import type { House } from '@heard/local/house';
import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { openDatabase } from '@heard/service/database';
import { triaged } from '@heard/triage/consumers';
import { soundsNegative, termFinder } from '@heard/triage/text-analysis';
import { decide, type Inputs } from '@heard/triage/triage';
import kafkajs from 'kafkajs';
import type pg from 'pg';
import { type BenchOptions, one, whereKafka, withHouse } from './ground.ts';
import { countCpu, interleave, median, progress, type Report, rateOf, ratio } from './measuring.ts';
import { responseOf } from './responses.ts';

/** The triage process by itself, its input waiting on the bus, beside the bare writes it needs and beside the usual way. */
export async function triageAlone(report: Report, options: BenchOptions): Promise<void> {
  const only = ['triage'] as const;
  const environment = { LOG_LEVEL: 'warn' };
  await withHouse({ bus: 'postgres', only, environment }, async (house, admin) => {
    const database = openDatabase({ url: house.adminUrl, schema: 'bus', connections: 2, onError: () => {} });
    try {
      const publish = await openPublisher(database);
      await compare(report, options, house, admin, 'postgres', async (events) => {
        for (let from = 0; from < events.length; from += 500) {
          await database.transaction().execute((tx) => publish(tx, events.slice(from, from + 500)));
        }
      });
    } finally {
      await database.destroy();
    }
  });
  await whereKafka(report, () =>
    withHouse({ bus: 'kafka', only, environment }, async (house, admin) => {
      const kafka = connectKafka({ brokers: house.brokers, clientId: 'heard.bench', log: () => {} });
      const producer = kafka.producer({
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      const sequences = new Array<number>(defaultPartitions).fill(0);
      try {
        await compare(report, options, house, admin, 'kafka', async (events) => {
          for (let from = 0; from < events.length; from += 500) {
            const messages = events.slice(from, from + 500).map(({ data, ...attributes }) => {
              const partition = partitionOf(attributes.subject, defaultPartitions);
              const sequence = String(++sequences[partition]!);
              return {
                key: attributes.subject,
                partition,
                ...binaryMessage({ ...attributes, sequence }, JSON.stringify(data)),
              };
            });
            await producer.send({ topic: 'heard.ingest', messages, acks: -1 });
          }
        });
      } finally {
        await producer.disconnect();
      }
    }),
  );
}

async function compare(
  report: Report,
  { rounds, quick }: BenchOptions,
  house: House,
  admin: pg.Client,
  bus: string,
  fill: (events: Event<'feedback.received'>[]) => Promise<void>,
): Promise<void> {
  const count = quick ? 3_000 : 20_000;
  const few = quick ? 500 : 2_000;
  await admin.query(`
    create schema bench;
    create table bench.inbox (id uuid primary key);
    create table bench.domain (feedback_id uuid primary key, customer_id text, segment text, priority text, rule text, inputs text);
    create table bench.outbox (id bigint generated always as identity primary key, key text, attributes text, data text)`);
  const rowsOf = decider();
  const usual = usualWay(admin, rowsOf);
  const cpus: NonNullable<ReturnType<ReturnType<typeof countCpu>>>[] = [];
  const relayed: number[] = [];
  const triage = async (round: number, n = count): Promise<number> => {
    const before = await decided(admin);
    process.kill(house.pid('triage')!, 'SIGSTOP');
    await fill(Array.from({ length: n }, (_, i) => received(`${bus}-${n}-${round}`, i)));
    const cpu = countCpu();
    const started = performance.now();
    process.kill(house.pid('triage')!, 'SIGCONT');
    while ((await decided(admin)) < before + n) await sleep(10);
    const rate = (n * 1000) / (performance.now() - started);
    const used = cpu();
    if (used) cpus.push(used);
    while (bus === 'kafka' && !(await isRelayed(admin))) await sleep(5);
    relayed.push((n * 1000) / (performance.now() - started));
    return rate;
  };
  progress(`${bus}: triage alone, ${rounds} rounds of ${count}`);
  await triage(-1, few);
  await usual(Array.from({ length: 300 }, (_, i) => received(`${bus}-usual-warm`, i)));
  cpus.length = relayed.length = 0;
  const rates = await interleave(rounds, {
    triage,
    bare: (round) =>
      bareWrites(
        admin,
        Array.from({ length: count }, (_, i) => rowsOf(received(`${bus}-bare-${round}`, i))),
      ),
    usual: (round) => usual(Array.from({ length: few }, (_, i) => received(`${bus}-usual-${round}`, i))),
  });
  report.row(`triage alone, ${bus} bus`, median(rates.triage), 'events/s');
  if (bus === 'kafka') report.row('triage alone, kafka bus, its own events sent too', median(relayed), 'events/s');
  report.row(`  (a) inbox + domain + outbox, batches of 500, one connection`, median(rates.bare), 'events/s');
  report.row(`  (b) the same triage, one event and transaction at a time`, median(rates.usual), 'events/s');
  report.row(`  triage ÷ (a), ${bus}`, ratio(rates.triage, rates.bare), '×', { atLeast: 0.4 });
  report.row(`  triage ÷ (b), ${bus}`, ratio(rates.triage, rates.usual), '×', { atLeast: 10 });
  const used = cpus[Math.floor(cpus.length / 2)];
  report.cost(`  each event through triage, ${bus}`, used, count);
  report.cpu(`triage alone on ${bus}`, used);
  report.remark(
    'triage publishes one event for each of these; (a) and (b) write the same event, (b) with a statement of its own',
  );
  const fed = few + rounds * count;
  const { feedback, triaged } = await one<Record<string, number>>(
    admin,
    `select (select count(*)::int from triage.feedback) as feedback,
            count(*) filter (where attributes::json ->> 'type' = 'feedback.triaged')::int as triaged
       from bus.log where topic = 'heard.triage'`,
  );
  report.account(`triage alone on ${bus}`, { feedback: feedback!, triaged: triaged! }, fed);
}

function received(run: string, n: number): Event<'feedback.received'> {
  const now = new Date();
  const response = SurveyResponse.parse(responseOf(run, n, now));
  const feedbackId = stableId('feedback', response.source, response.externalId);
  const data = { ...response, feedbackId, receivedAt: now.toISOString() };
  return newEvent('feedback.received', response.customerId, data, now, { correlationid: feedbackId });
}

async function decided(admin: pg.Client): Promise<number> {
  return (
    await one<{ n: number }>(
      admin,
      `select coalesce(sum(seq), 0)::int as n from bus.positions where consumer = 'triage' and topic = 'heard.ingest'`,
    )
  ).n;
}

async function isRelayed(admin: pg.Client): Promise<boolean> {
  return (
    await one<{ done: boolean }>(
      admin,
      `select bool_and(p.seq = h.head) as done from bus.positions p join bus.partitions h using (topic, partition) where p.consumer = 'relay'`,
    )
  ).done;
}

interface Rows {
  eventId: string;
  feedbackId: string;
  customerId: string;
  segment: string | null;
  priority: string | null;
  rule: string;
  inputs: string;
  attributes: string;
  data: string;
}

/** Decides as triage does, and returns the rows to write for it: the same for both ways beside it. */
function decider(): (event: Event<'feedback.received'>) => Rows {
  const policy = { ...parsePolicy(presetPolicy()), version: 1 };
  const findTerms = termFinder();
  return (event) => {
    const { data } = event;
    const hits = findTerms(data.comment ?? '', policy);
    const inputs: Inputs = {
      kind: data.kind,
      score: data.score,
      negative: data.score ? undefined : soundsNegative(data.comment ?? ''),
      hits,
      followUp: data.followUp,
      backfill: data.backfill,
      csatBefore: [],
      customer: { known: false, ltvThreshold: 1_000_000 },
    };
    const decision = decide(inputs, policy);
    const { data: out, ...attributes } = newEvent(
      'feedback.triaged',
      data.customerId,
      triaged(data, hits, decision, undefined, policy),
      new Date(),
      event,
    );
    return {
      ...{ eventId: event.id, feedbackId: data.feedbackId, customerId: data.customerId },
      ...{ segment: decision.segment, priority: decision.priority, rule: decision.rule },
      ...{ inputs: JSON.stringify(inputs), attributes: JSON.stringify(attributes), data: JSON.stringify(out) },
    };
  };
}

/** What triage must write, exactly once, and nothing else: no reading, deciding or making of events. */
async function bareWrites(admin: pg.Client, rows: readonly Rows[]): Promise<number> {
  return rateOf(rows.length, async () => {
    for (let from = 0; from < rows.length; from += 500) {
      const batch = rows.slice(from, from + 500);
      const of = (field: keyof Rows) => batch.map((row) => row[field]).join('\n');
      await admin.query('begin');
      await admin.query('insert into bench.inbox select unnest($1::uuid[]) on conflict do nothing returning id', [
        batch.map((row) => row.eventId),
      ]);
      await admin.query(
        `insert into bench.domain select t.id, t.customer_id, t.segment, t.priority, t.rule, t.inputs from rows from (
           unnest($1::uuid[]), string_to_table($2, E'\\n'), string_to_table($3, E'\\n'), string_to_table($4, E'\\n'),
           string_to_table($5, E'\\n'), string_to_table($6, E'\\n')) as t (id, customer_id, segment, priority, rule, inputs)`,
        [
          batch.map((row) => row.feedbackId),
          ...(['customerId', 'segment', 'priority', 'rule', 'inputs'] as const).map(of),
        ],
      );
      await admin.query(
        `insert into bench.outbox (key, attributes, data) select t.key, t.attributes, t.data from rows from (
           string_to_table($1, E'\\n'), string_to_table($2, E'\\n'), string_to_table($3, E'\\n')) as t (key, attributes, data)`,
        (['customerId', 'attributes', 'data'] as const).map(of),
      );
      await admin.query('commit');
    }
  });
}

/** Triage as most would write it: per event parse, decide, and one transaction of five round trips. */
function usualWay(
  admin: pg.Client,
  rowsOf: (event: Event<'feedback.received'>) => Rows,
): (events: Event<'feedback.received'>[]) => Promise<number> {
  const { schema } = lookUp('feedback.received')!;
  return (events) => {
    const texts = events.map((event) => JSON.stringify(event));
    return rateOf(texts.length, async () => {
      for (const text of texts) {
        const event = JSON.parse(text) as Event<'feedback.received'>;
        const row = rowsOf({ ...event, data: schema.parse(event.data) as typeof event.data });
        await admin.query('begin');
        await admin.query('insert into bench.inbox values ($1) on conflict do nothing returning id', [row.eventId]);
        await admin.query('insert into bench.domain values ($1, $2, $3, $4, $5, $6)', [
          ...[row.feedbackId, row.customerId, row.segment, row.priority, row.rule, row.inputs],
        ]);
        await admin.query('insert into bench.outbox (key, attributes, data) values ($1, $2, $3)', [
          ...[row.customerId, row.attributes, row.data],
        ]);
        await admin.query('commit');
      }
    });
  };
}
