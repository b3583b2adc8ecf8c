import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '@heard/events/event';
import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/src/database.ts';
import { eventually } from '../../testing/src/eventually.ts';
import { describe as describeError } from './bus.ts';
import { client, fact, keyOn, newName, partitions, topic, World, wrongWith } from './fixture.ts';
import { findKafka } from './fixture-kafka.ts';

const found = await findKafka();
const { CompressionCodecs, CompressionTypes } = kafkajs;
const { GZIP, Snappy, LZ4, ZSTD } = CompressionTypes;
const { prototype: broker } = createRequire(import.meta.url)('kafkajs/src/broker') as {
  prototype: { findGroupCoordinator(): Promise<unknown> };
};
const inbound = 'heard.inbound.survey-responses';

const response = (externalId: string, comment = 'fine') => ({
  source: 'test',
  externalId,
  customerId: 'ann',
  score: { scale: 'nps', value: 3 },
  comment,
  occurredAt: '2026-03-02T09:00:00Z',
});

const binary = (id: string, data: unknown, more: Record<string, string> = {}) => ({
  headers: {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: 'survey-response.submitted',
    ce_source: '/surveys',
    ...more,
  },
  value: typeof data === 'string' ? data : JSON.stringify(data),
});

const structured = (id: string, data: unknown, more: Record<string, unknown> = {}) => ({
  headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  value: JSON.stringify({
    specversion: '1.0',
    id,
    type: 'survey-response.submitted',
    source: '/surveys',
    time: '2026-03-02T09:00:00Z',
    data,
    ...more,
  }),
});

describe.skipIf(!found.kafka)(`messages on Kafka${found.why}`, { timeout: 60_000 }, () => {
  let kafka: Kafka;
  let foreigner: Producer;
  let home: TestDatabase;
  let world: World;
  let consumer: string;

  beforeAll(async () => {
    kafka = client(found.kafka!.brokers);
    foreigner = kafka.producer({ allowAutoTopicCreation: false });
    await foreigner.connect();
  });
  afterAll(async () => {
    await foreigner.disconnect();
    await found.kafka!.stop();
  });
  beforeEach(async () => {
    home = await testDatabase();
    world = await World.open({ driver: 'kafka', url: home.url, brokers: found.kafka!.brokers });
    consumer = newName('kafka');
  });
  afterEach(async () => {
    await world.close();
    await home.drop();
  });

  /** Consumes the public topic; the events come into the list that is returned. */
  async function receive(refuse: () => boolean = () => false): Promise<Event<'survey-response.submitted'>[]> {
    const events: Event<'survey-response.submitted'>[] = [];
    const bus = await world.openBus({ writer: 'ingest' });
    await bus.consume({
      consumer,
      topics: [inbound],
      types: ['survey-response.submitted'],
      async handle(tx, batch) {
        await sql`select 1`.execute(tx);
        if (refuse()) throw new TypeError('refused');
        events.push(...batch);
      },
    });
    return events;
  }

  const send = (messages: Message[], compression = CompressionTypes.None) =>
    foreigner.send({ topic: inbound, messages, compression });
  const deadLetters = (count: number) =>
    eventually(`${count} dead letters`, async () => {
      const letters = await world.deadLetters(consumer);
      return letters.length >= count ? letters : undefined;
    });

  test('are read in binary and in structured mode, with any text in them', async () => {
    const events = await receive();
    const texts = [
      'line\nfeed',
      'nul\0nul',
      '再也不用了 😡',
      'half \ud83d of a pair',
      'back\\u0000slash',
      '"specversion": 7',
    ];
    const clean = (text: string) => text.toWellFormed().replaceAll('\0', ''); // as the schema says
    await send([
      ...texts.map((text, n) => ({ key: `key\n\0😡 ${n}`, partition: 0, ...binary(`b${n}`, response(`b${n}`, text)) })),
      ...texts.map((text, n) => ({ key: `key ${n}`, partition: 0, ...structured(`s${n}`, response(`s${n}`, text)) })),
      { key: null, partition: 0, ...structured('own subject', response('own'), { subject: 'bob' }) },
    ]);
    await eventually('all events', () => events.length >= 2 * texts.length + 1);
    expect(events.map(({ id, data }) => [id, data.comment])).toEqual([
      ...texts.map((text, n) => [`b${n}`, clean(text)]),
      ...texts.map((text, n) => [`s${n}`, clean(text)]),
      ['own subject', 'fine'],
    ]);
    expect(events[0]!.subject).toBe('key\n\0😡 0');
    expect(events.at(-1)!.subject).toBe('bob');
    expect(await world.deadLetters(consumer)).toEqual([]);
  });

  test('that are wrong become dead letters one by one, whatever is in them, and the rest goes on', async () => {
    const events = await receive();
    await send(
      [
        { value: Buffer.from([0xff, 0xfe, 0x00, 0x41]), headers: { ce_id: 'bytes' } },
        { value: 'no event at all' },
        { value: null, headers: { ...binary('null', '').headers } },
        binary('json', '{"broken":'),
        binary('type', response('t'), { ce_type: 'survey-response.imagined' }),
        binary('field', { ...response('f'), scroe: 3, 'nul\0': 1 }, { 'ce_na\0me': 'back\\u0000slash' }),
        structured('score', { ...response('u'), score: 'high' }, { 'na\ud800me': 'half a pair' }),
        structured('attribute', response('a'), { note: '\ud800' }),
        { headers: { 'content-type': 'application/cloudevents-batch+json' }, value: '[]' },
        binary('good', response('good')),
      ].map((message) => ({ key: 'k\0y', partition: 1, ...message })),
    );
    const letters = await deadLetters(9);
    await eventually('the good one', () => events.length === 1);
    expect(letters.map(({ code }) => code)).toEqual([
      'not-utf-8',
      'not-an-event',
      'invalid',
      'not-an-event',
      'unknown-type',
      'invalid',
      'invalid',
      'not-an-event',
      'not-an-event',
    ]);
    expect(letters[5]!.attributes).toMatchObject({ 'na\ufffdme': 'back\\u0000slash' });
    expect(letters[6]!.attributes).toMatchObject({ 'na\ufffdme': 'half a pair' });
    for (const letter of letters) expect(letter).toMatchObject({ topic: inbound, partition: 1, sequenced: false });
    expect(letters[0]!.value).toBe(`data:${Buffer.from([0xff, 0xfe, 0x00, 0x41]).toString('base64')}`);
    expect(letters[5]!.reason).toContain('scroe');
    expect(JSON.parse(letters[6]!.value!)).toMatchObject({ externalId: 'u' });
  });

  test('in structured mode can be sent again from their dead letter', async () => {
    let refused = true;
    const events = await receive(() => refused);
    await send([{ key: 'ann', ...structured('again', response('again', 'a "specversion" in a comment')) }]);
    const [letter] = await deadLetters(1);
    expect(letter).toMatchObject({ code: 'unexpected', attributes: { id: 'again' } });
    refused = false;
    await sql`update bus.dead_letters set retry_requested_at = now() where id = ${letter!.id}`.execute(world.database);
    await eventually('the event', () => events.length === 1);
    expect(events[0]!.data).toMatchObject({ externalId: 'again', comment: 'a "specversion" in a comment' });
  });

  test('may be compressed in any way that Kafka knows', async () => {
    const events = await receive();
    const many = Array.from({ length: 100 }, (_, n) => ({ key: 'ann', ...binary(`z${n}`, response(`z${n}`)) }));
    for (const [n, type] of [GZIP, Snappy, LZ4, ZSTD].entries()) await send(many.slice(25 * n, 25 * n + 25), type);
    await eventually('all events', () => events.length >= 100);
    expect(events.map(({ id }) => id)).toEqual(many.map((_, n) => `z${n}`));
  });

  test('that others write to a topic of ours hold up nothing and hide nothing', async () => {
    const noise = Array.from({ length: 30 }, (_, n) => [
      { key: 'x', value: `noise ${n}` },
      { key: 'x', value: Buffer.from([0xff]) },
      { key: 'x', ...binary(`n${n}`, { n }) },
    ]).flat();
    const all = Array.from({ length: partitions }, (_, partition) =>
      noise.map((one) => ({ ...one, partition })),
    ).flat();
    await foreigner.send({ topic, messages: all });
    await world.consume(consumer);
    for (let n = 0; n < 20; n++) await world.publish([fact(keyOn(n % partitions), n)]);
    await eventually('all effects', async () => (await world.countEffects(consumer)) >= 20);
    expect(wrongWith(await world.effects(consumer), await world.log())).toBeUndefined();
    const letters = await deadLetters(all.length);
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['not-an-event', 'not-utf-8', 'foreign']));
    expect(letters.length).toBe(all.length);
  });

  test('sent twice have their effect once', async () => {
    await world.consume(consumer);
    const total = 400;
    for (let n = 0; n < total; n += 4) {
      await world.publish(Array.from({ length: 4 }, (_, i) => fact(`key-${(n + i) % 9}`, n + i)));
      // What a relay does that was killed before it marked.
      if (n % 40 === 0) {
        await sql`update bus.positions set seq = greatest(seq - 4, 0) where consumer = 'relay' and topic = ${topic}`.execute(
          world.database,
        );
      }
    }
    await eventually('all effects', async () => (await world.countEffects(consumer)) >= total);
    const admin = kafka.admin();
    await admin.connect();
    const sent = async () =>
      (await admin.fetchTopicOffsets(topic)).reduce((sum, one) => sum + Number(one.high) - Number(one.low), 0);
    await eventually('a tenth more was sent', async () => (await sent()) >= total * 1.1);
    await admin.disconnect();
    await world.publish([fact('last', total)]);
    await eventually('the last effect', async () => (await world.countEffects(consumer)) > total);
    expect(wrongWith(await world.effects(consumer), await world.log())).toBeUndefined();
  });

  test('are relayed in parts that a broker takes, however much one transaction publishes', async () => {
    await world.consume(consumer);
    const large = Array.from({ length: 40 }, (_, n) => {
      const one = fact('ann', n);
      return { ...one, correlationid: 'x'.repeat(60_000) };
    });
    await world.publish(large);
    await eventually('all effects', async () => (await world.countEffects(consumer)) >= 40, 30);
    expect(wrongWith(await world.effects(consumer), await world.log())).toBeUndefined();
  });

  test('that cannot be read end the process with the reason', async () => {
    const { [LZ4]: known } = CompressionCodecs;
    CompressionCodecs[LZ4] = () => ({
      ...known!(),
      decompress() {
        throw new RangeError('no such block');
      },
    });
    await send([{ key: 'ann', ...binary('lz4', response('lz4')) }], LZ4);
    await receive();
    const error = await eventually('the end', () => world.fatal[0]);
    CompressionCodecs[LZ4] = known;
    expect(describeError(error)).toMatch(/the Kafka consumer stopped for good: .*no such block/);
  });

  test('come also when the coordinator of the group could not be asked at first', async () => {
    const asking = vi.spyOn(broker, 'findGroupCoordinator');
    for (let n = 0; n < 3; n++) asking.mockRejectedValueOnce(new Error('Closed connection'));
    const events = await receive();
    await send([{ key: 'ann', ...binary('asked', response('asked')) }]);
    await eventually('the event', () => events.length === 1 || world.fatal.length > 0);
    expect(world.fatal).toEqual([]);
    expect(asking.mock.calls.length).toBeGreaterThan(3);
    asking.mockRestore();
  });

  test('cost an idle connection no timer (kafkajs #1751)', async () => {
    const warnings: string[] = [];
    const warn = (warning: Error) => warnings.push(warning.name);
    process.on('warning', warn);
    await send([{ key: 'ann', ...binary('idle', response('idle')) }]);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    await sleep(300);
    const short = timers.mock.calls.filter(([, ms]) => (ms ?? 0) <= 1);
    timers.mockRestore();
    process.off('warning', warn);
    expect(short.length).toBeLessThan(10);
    expect(warnings).toEqual([]);
  });
});
