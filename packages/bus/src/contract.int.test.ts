import { type Event, newEvent } from '@heard/events/event';
import type { TopicName } from '@heard/events/registry';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/src/database.ts';
import { eventually } from '../../testing/src/eventually.ts';
import { Consumer } from './consumer.ts';
import { fromLog } from './delivery.ts';
import { client, fact, keyOn, metrics, newName, recorder, topic, World, wrongWith } from './fixture.ts';
import { driversOf, findKafka } from './fixture-kafka.ts';
import { claim, compact, openPublisher, prune, readLag, registerConsumer } from './log.ts';
import type { LogRow } from './lot.ts';
import { NotYet, Rejection } from './rejection.ts';

const found = await findKafka();
afterAll(() => found.kafka?.stop());

for (const { driver, missing, why } of driversOf(found)) {
  describe.skipIf(missing)(`the bus on ${driver}${why}`, () => {
    let home: TestDatabase;
    let world: World;
    let consumer: string;

    beforeEach(async () => {
      home = await testDatabase();
      world = await World.open({ driver, url: home.url, brokers: found.kafka?.brokers ?? [] });
      consumer = newName('contract');
    });
    afterEach(async () => {
      await world.close();
      await home.drop();
    });

    const handled = (count: number, of = consumer) =>
      eventually(`${count} effects of ${of}`, async () => (await world.countEffects(of)) >= count);
    const deadLetters = (count: number) =>
      eventually(`${count} dead letters`, async () => {
        const letters = await world.deadLetters(consumer);
        return letters.length >= count ? letters : undefined;
      });

    test('an event is visible after its commit and never after a rollback', async () => {
      await world.consume(consumer);
      // On partitions of their own: a publisher of the same one would have to wait.
      const [ann, bob, cid] = [0, 1, 2].map(keyOn) as [string, string, string];
      const [open, kept] = [fact(ann, 1), fact(bob, 1)];
      const publish = (await world.openBus()).publish;
      await world.database.transaction().execute(async (tx) => {
        await publish(tx, [open]);
        await world.publish([kept]);
        await handled(1);
        expect((await world.effects(consumer)).map(({ event_id }) => event_id)).toEqual([kept.id]);
      });
      await handled(2);
      await world.publish([fact(cid, 0)]);
      const rolledBack = world.database.transaction().execute(async (tx) => {
        await publish(tx, [fact(cid, 1)]);
        throw new Error('rolled back');
      });
      await expect(rolledBack).rejects.toThrow('rolled back');
      await world.publish([fact(cid, 2)]);
      await handled(4);
      const ofCid = (await world.effects(consumer)).filter(({ key }) => key === cid).map(({ n }) => n);
      expect(ofCid).toEqual([0, 2]);
    });

    test('an event comes as it was published', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const cause = { id: 'before', correlationid: 'what "began" it \\ all', traceparent };
      const published = [
        fact('ann', 1),
        { ...fact('样本客户 é "a\\b"', 2), source: '/elsewhere' },
        { ...newEvent('send.skipped', 'ann', fact('ann', 3).data, new Date('2026-03-02T09:00:00.001Z'), cause) },
      ];
      const came: Event[] = [];
      await world.consume(consumer, async (tx, events) => {
        came.push(...events);
        await recorder(consumer)(tx, events);
      });
      await world.publish(published);
      await handled(3);
      const byId = (events: readonly Event[]) => events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      expect(byId(came)).toEqual(byId(published));
    });

    test('keys keep their order and sequences have no gap, whatever many publishers do at once', async () => {
      const keys = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gil', 'hal'];
      await world.consume(consumer);
      const publisher = async (name: number) => {
        for (let n = 0; n < 25; n++) {
          // Several keys in an order of their own: writers must not lock partitions in a ring.
          const events = keys
            .slice(0, 4)
            .map((_, i) => fact(keys[(name * 3 + n + i * 5) % keys.length]!, name * 100 + n));
          if (n % 5 === 4) {
            const undone = world.database.transaction().execute(async (tx) => {
              await (await bus).publish(tx, events);
              throw new Error('rolled back');
            });
            await expect(undone).rejects.toThrow('rolled back');
          } else await world.publish(events);
        }
      };
      const bus = world.openBus();
      await Promise.all(Array.from({ length: 6 }, (_, name) => publisher(name)));
      await handled(6 * 20 * 4);
      const log = await world.log();
      expect(log).toHaveLength(6 * 20 * 4);
      for (const own of Map.groupBy(log, ({ partition }) => partition).values()) {
        expect(own.map(({ seq }) => seq)).toEqual(own.map((_, i) => i + 1));
      }
      const effects = await world.effects(consumer);
      expect(wrongWith(effects, log)).toBeUndefined();
      for (const own of Map.groupBy(effects, ({ key, n }) => `${key} ${Math.floor(n / 100)}`).values()) {
        expect(own.map(({ n }) => n)).toEqual(own.map(({ n }) => n).sort((a, b) => a - b));
      }
      expect(world.logged.filter(({ message }) => message.includes('missing'))).toEqual([]);
    });

    test('while it is behind, one transaction goes on beside another, never in the same partition', async () => {
      const [ann, bob] = [0, 1].map(keyOn) as [string, string];
      await world.publish(Array.from({ length: 1_200 }, (_, n) => fact(n % 2 ? ann : bob, n)));
      const record = recorder(consumer);
      const atWork: Set<string>[] = [];
      let most = 0;
      await world.consume(consumer, async (tx, events) => {
        const keys = new Set(events.map(({ subject }) => subject));
        for (const other of atWork) expect([...other].filter((key) => keys.has(key))).toEqual([]);
        atWork.push(keys);
        most = Math.max(most, atWork.length);
        try {
          await eventually('another to begin', () => most === 2);
          await record(tx, events);
        } finally {
          atWork.splice(atWork.indexOf(keys), 1);
        }
      });
      await handled(1_200);
      expect(wrongWith(await world.effects(consumer), await world.log())).toBeUndefined();
      expect(world.logged.filter(({ message }) => message.includes('missing'))).toEqual([]);
    });

    test('what is for others is passed in its place, and is no gap, however far behind the consumer is', async () => {
      const record = recorder(consumer);
      await world.consume(consumer, async (tx, events) => {
        await sql`select pg_sleep(0.02)`.execute(tx);
        await record(tx, events);
      });
      const keys = [0, 1, 2, 3].map(keyOn);
      const at = new Date('2026-03-02T09:00:00Z');
      const others = new Set<string>();
      const foreign = (key: string) => {
        const event = newEvent('stop-list.left', key, {} as never, at);
        others.add(event.id);
        return event;
      };
      for (let round = 0; round < 25; round++) {
        await world.publish(keys.flatMap((key) => Array.from({ length: 20 }, () => foreign(key))));
        // On Kafka they are fetched by themselves then.
        await eventually('the relay', async () =>
          (await readLag(world.database)).every(
            (one) => one.consumer !== 'relay' || one.topic !== topic || one.lag === 0,
          ),
        );
        await world.publish(keys.flatMap((key) => Array.from({ length: 200 }, (_, n) => fact(key, round * 200 + n))));
      }
      await handled(25 * 4 * 200);
      const own = (await world.log()).filter(({ id }) => !others.has(id));
      expect(wrongWith(await world.effects(consumer), own)).toBeUndefined();
      expect(world.logged.filter(({ message }) => message.includes('missing'))).toEqual([]);
    });

    test('a backlog that waits for a policy does not keep the policy from being read', async () => {
      await world.publish(Array.from({ length: 700 }, (_, n) => fact(`key-${n % 40}`, n)));
      const record = recorder(consumer);
      let judged = false;
      const bus = await world.openBus();
      await bus.consume({
        consumer,
        topics: ['heard.policy', topic],
        types: ['policy.published', 'send.skipped'],
        handle: async (tx, events) => {
          const rules = events.some(({ type }) => type === 'policy.published');
          if (!judged && !rules) throw new NotYet('no policy has been published yet');
          await record(tx, events.filter(({ type }) => type === 'send.skipped') as never);
          judged = true;
        },
      });
      await eventually('the backlog to be tried', () => world.logged.some(({ level }) => level === 'warn'));
      const console = await world.openBus({ writer: 'console' });
      const at = new Date('2026-03-02T09:00:00Z');
      const data = { version: 1, name: 'p', document: {}, publishedAt: at.toISOString() };
      await world.database
        .transaction()
        .execute((tx) => console.publish(tx, [newEvent('policy.published', 'policy', data, at)]));
      await handled(700);
      expect(await world.deadLetters(consumer)).toEqual([]);
    });

    test('a bad event stands alone: its neighbours go through, and it becomes a dead letter that says where and why', async () => {
      const record = recorder(consumer);
      const tried: number[][] = [];
      await world.publish(Array.from({ length: 12 }, (_, n) => fact('ann', n)));
      // The neighbours that only somebody else's code could have written.
      const { rows } = await sql<{ partition: number }>`select partition from bus.log limit 1`.execute(world.database);
      const { partition } = rows[0]!;
      const append = (attributes: object, data: string) =>
        sql`select bus.append(array[${topic}], array[${partition}::int], array[1], 'ann', ${JSON.stringify(attributes)}, ${data})`.execute(
          world.database,
        );
      const attributes = {
        id: 'raw',
        type: 'send.skipped',
        source: '/test',
        subject: 'ann',
        time: '2026-03-02T09:00:00Z',
      };
      await append({ ...attributes, id: 'unparsable', note: 'half a pair \ud800, a backslash \\u0000' }, 'not JSON');
      await append({ ...attributes, id: 'invalid' }, '{"customerId":"ann","class":"promo","campaign":7}');
      await append({ ...attributes, id: 'unknown', type: 'send.imagined' }, '{"n":1}');
      await world.publish([fact('ann', 12)]);
      await world.consume(consumer, async (tx, events) => {
        tried.push(events.map(({ data }) => Number(data.campaign)));
        await record(tx, events);
        if (events.some(({ data }) => data.campaign === '3')) throw new Rejection('no-three', 'three is refused');
        if (events.some(({ data }) => data.campaign === '7')) throw new TypeError('seven has no such property');
      });
      const letters = await deadLetters(4);
      await handled(11);
      expect((await world.effects(consumer)).map(({ n }) => n)).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12]);
      expect(letters.map(({ seq, code, reason }) => ({ seq, code, reason }))).toEqual([
        { seq: 4, code: 'no-three', reason: 'three is refused' },
        { seq: 8, code: 'unexpected', reason: `the ${consumer} service failed on it: TypeError` },
        { seq: 13, code: 'not-an-event', reason: expect.stringContaining('JSON') },
        { seq: 14, code: 'invalid', reason: expect.stringContaining('campaign') },
      ]);
      for (const letter of letters) expect(letter).toMatchObject({ topic, partition, sequenced: true, key: 'ann' });
      expect(letters[3]!.value).toBe('{"customerId":"ann","class":"promo","campaign":7}');
      expect(tried.filter((batch) => batch.length === 1 && batch[0] === 7).length).toBe(4);
      expect(world.logged.filter(({ message }) => message.includes('missing'))).toEqual([]);
    });

    test('what is not there yet is waited for, without a dead letter and without skipping', async () => {
      const record = recorder(consumer);
      let there = false;
      let asked = 0;
      await world.consume(consumer, async (tx, events) => {
        asked++;
        if (!there) throw new NotYet('no policy yet');
        await record(tx, events);
      });
      await world.publish([fact('ann', 1), fact('ann', 2)]);
      await eventually('three attempts', () => asked >= 3);
      there = true;
      await world.publish([fact('ann', 3)]);
      await handled(3);
      expect((await world.effects(consumer)).map(({ n }) => n)).toEqual([1, 2, 3]);
      expect(await world.deadLetters(consumer)).toEqual([]);
    });

    test('a replay from the beginning changes nothing, and gives a new consumer the same', async () => {
      await world.publish(Array.from({ length: 60 }, (_, n) => fact(`key-${n % 7}`, n)));
      const first = await world.consume(consumer);
      await handled(60);
      await first.close();
      if (driver === 'kafka') {
        const admin = client(world.place.brokers).admin();
        await admin.connect();
        await admin.deleteGroups([`heard.${consumer}`]); // without offsets it begins with the earliest
        await admin.disconnect();
      } else {
        const { rows } = await sql<LogRow & { seq: string }>`select * from bus.log where topic = ${topic}
          order by partition, seq`.execute(world.database);
        const again = new Consumer(
          world.database,
          { consumer, topics: [topic], types: ['send.skipped'], handle: recorder(consumer) as never },
          { progressed() {}, deadLettered() {}, gap() {}, retrying() {} },
          new AbortController().signal,
        );
        await again.process(rows.map((row) => fromLog({ ...row, seq: Number(row.seq) }, again.types)));
      }
      const other = newName('contract');
      await world.consume(consumer);
      await world.consume(other);
      await world.publish([fact('last', 60)]);
      await handled(61);
      await handled(61, other);
      const log = await world.log();
      expect(wrongWith(await world.effects(consumer), log)).toBeUndefined();
      expect(wrongWith(await world.effects(other), log)).toBeUndefined();
    });

    test('dead letters are sent again on request, and resolved once their cause is gone', async () => {
      const record = recorder(consumer);
      let mended = false;
      await world.consume(consumer, async (tx, events) => {
        await record(tx, events);
        if (!mended && events.some(({ subject }) => subject === 'bob')) throw new Rejection('not-bob', 'not bob');
      });
      await world.publish([fact('ann', 1), fact('bob', 1), fact('cid', 1)]);
      const [letter] = await deadLetters(1);
      const ask = () =>
        sql`update bus.dead_letters set retry_requested_at = now()
             where consumer = ${consumer} and id = ${letter!.id} and resolved_at is null`.execute(world.database);
      await ask();
      const again = await eventually('a second attempt', async () => {
        const [one] = await world.deadLetters(consumer);
        return one!.attempts === 2 ? one : undefined;
      });
      expect(again).toMatchObject({ resolved: false, code: 'not-bob' });
      await handled(2);
      mended = true;
      await ask();
      await eventually('the dead letter is resolved', async () => (await world.deadLetters(consumer))[0]!.resolved);
      expect((await world.effects(consumer)).map(({ key }) => key).sort()).toEqual(['ann', 'bob', 'cid']);
    });

    test('the lag can be read, also before the first event was handled', async () => {
      const lag = new Map<string, number>();
      let open = false;
      const record = recorder(consumer);
      await world.publish(Array.from({ length: 9 }, (_, n) => fact(`key-${n}`, n)));
      await world.consume(
        consumer,
        async (tx, events) => {
          if (!open) throw new NotYet('closed');
          await record(tx, events);
        },
        {
          watchSeconds: 0.1,
          metrics: metrics({ lag: (_, name, partition, behind) => lag.set(`${name}/${partition}`, behind) }),
        },
      );
      const total = () => [...lag.values()].reduce((sum, one) => sum + one, 0);
      await eventually('a lag of nine', () => total() === 9);
      open = true;
      await handled(9);
      await eventually('no lag', () => total() === 0);
      const reader = driver === 'kafka' ? 'relay' : consumer;
      const read = (await readLag(world.database)).filter((one) => one.consumer === reader && one.topic === topic);
      expect(read.reduce((sum, one) => sum + one.position, 0)).toBe(9);
    });

    test('a partition with lag that makes no progress ends the process, which closes although a handler hangs', async () => {
      const hanging = Promise.withResolvers<void>();
      const bus = await world.consume(consumer, () => hanging.promise, { watchSeconds: 0.2, stallSeconds: 1 });
      await world.publish([fact('ann', 1)]);
      const error = await eventually('the watchdog', () => world.fatal[0]);
      expect(error.message).toMatch(/heard\.suppression-list\/\d has made no progress for \d s with 1 events to read/);
      const started = Date.now();
      await bus.close();
      expect(Date.now() - started).toBeLessThan(5_000);
      hanging.reject(new NotYet('let go'));
    });

    test('two services in one database do not disturb each other', async () => {
      const other = newName('contract');
      const ingest = await world.openBus({ writer: 'ingest' });
      await ingest.consume({ consumer: other, topics: [topic], types: ['send.skipped'], handle: recorder(other) });
      let received = 0;
      const mine = await world.openBus();
      await mine.consume({
        consumer,
        topics: [topic, 'heard.ingest'],
        types: ['send.skipped', 'customer.value-changed'],
        async handle(tx, events) {
          received += events.filter(({ type }) => type === 'customer.value-changed').length;
          await recorder(consumer)(
            tx,
            events.filter((event) => event.type === 'send.skipped'),
          );
        },
      });
      const at = new Date('2026-03-02T09:00:00Z');
      const value = (customerId: string) =>
        newEvent(
          'customer.value-changed',
          customerId,
          { source: 'crm', customerId, version: 1, occurredAt: at.toISOString(), receivedAt: at.toISOString() },
          at,
        );
      for (let n = 0; n < 20; n++) {
        await world.database.transaction().execute((tx) => ingest.publish(tx, [value(`key-${n}`)]));
        await world.database.transaction().execute((tx) => mine.publish(tx, [fact(`key-${n}`, n)]));
      }
      await handled(20);
      await handled(20, other);
      await eventually('the other topic', () => received === 20);
      const log = await world.log();
      expect(wrongWith(await world.effects(consumer), log)).toBeUndefined();
      expect(wrongWith(await world.effects(other), log)).toBeUndefined();
    });
  });
}

describe('the log', () => {
  let home: TestDatabase;
  let world: World;
  beforeEach(async () => {
    home = await testDatabase();
    world = await World.open({ driver: 'postgres', url: home.url, brokers: [] });
  });
  afterEach(async () => {
    await world.close();
    await home.drop();
  });

  const count = async (name: string) => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from bus.log where topic = ${name}`.execute(
      world.database,
    );
    return rows[0]!.n;
  };

  test('is pruned only of what every reader is past, and never of a compacted topic', async () => {
    const compacted = 'heard.marketing-eligibility';
    const at = '2026-03-02T09:00:00Z';
    await registerConsumer(world.database, 'quick', [topic, compacted]);
    await registerConsumer(world.database, 'slow', [topic]);
    for (let n = 0; n < 8; n += 4) await world.publish(Array.from({ length: 4 }, (_, i) => fact('ann', n + i)));
    await world.publish([
      ...Array.from({ length: 2 }, (_, n) => fact('ann', 8 + n)),
      newEvent(
        'customer.eligibility-changed',
        'ann',
        { customerId: 'ann', blocked: [], reasons: [], at },
        new Date(at),
      ),
    ]);
    const move = (name: string, seq: number) =>
      sql`update bus.positions p set seq = least(${seq}, h.head) from bus.partitions h
           where p.consumer = ${name} and (h.topic, h.partition) = (p.topic, p.partition)`.execute(world.database);
    await move('quick', 10);
    await move('slow', 7);
    await sql`update bus.lots set published_at = now() - interval '2 hours' where seq <= 8`.execute(world.database);
    expect(await prune(world.database, 1)).toBe(1); // a lot whose middle somebody has come to stays
    expect(await count(topic)).toBe(6);
    await move('slow', 10);
    expect(await prune(world.database, 1)).toBe(1);
    expect(await count(topic)).toBe(2);
    expect(await count(compacted)).toBe(1);
  });

  test('is compacted to the newest event of each key, but for what a reader has not come to yet', async () => {
    const compacted = 'heard.marketing-eligibility';
    const at = new Date('2026-03-02T09:00:00Z');
    const change = (customerId: string, n: number) => {
      const data = { customerId, blocked: [], reasons: [String(n)], at: at.toISOString() };
      return newEvent('customer.eligibility-changed', customerId, data as never, at);
    };
    const ann = keyOn(0);
    const others = [1, 2].map(keyOn);
    // Without a bus, which would compact, too, when it opens.
    const publish = await openPublisher(world.database);
    for (let n = 1; n <= 5; n++) {
      const events = [change(ann, n), ...others.map((key) => change(key, n))];
      await world.database.transaction().execute((tx) => publish(tx, events));
    }
    await world.database.transaction().execute((tx) => publish(tx, [fact(ann, 1), fact(ann, 2)]));
    const kept = async () => {
      const { rows } = await sql<{ key: string; seqs: number[] }>`
        select key, array_agg(seq::int order by seq) as seqs from bus.log where topic = ${compacted} group by key`.execute(
        world.database,
      );
      return Object.fromEntries(rows.map((row) => [row.key, row.seqs]));
    };
    await registerConsumer(world.database, 'slow', [compacted]);
    await sql`update bus.positions set seq = case when partition = 0 then 3 else 5 end where consumer = 'slow'`.execute(
      world.database,
    );
    expect(await compact(world.database, [compacted])).toBe(3 + 4 + 4);
    expect(await kept()).toEqual({ [ann]: [4, 5], [others[0]!]: [5], [others[1]!]: [5] });
    await sql`delete from bus.positions`.execute(world.database);
    expect(await compact(world.database, [compacted])).toBe(1);
    expect(await compact(world.database, [compacted])).toBe(0);
    expect(await count(topic)).toBe(2);
  });

  test('begins for a new consumer with the first event that is kept', async () => {
    await registerConsumer(world.database, 'old', [topic]);
    await world.publish(Array.from({ length: 10 }, (_, n) => fact(`key-${n}`, n)));
    await sql`update bus.positions set seq = 99`.execute(world.database);
    await sql`update bus.lots set published_at = now() - interval '2 hours'`.execute(world.database);
    await prune(world.database, 1);
    await world.consume('new');
    const lag = async () => (await readLag(world.database)).filter((one) => one.consumer === 'new');
    expect((await lag()).reduce((sum, one) => sum + one.lag, 0)).toBe(0);
    await world.publish([fact('key-1', 11)]);
    await eventually('the new event', async () => (await world.countEffects('new')) === 1);
  });

  test('what comes twice, and ends the second time in the middle of the first, counts once', async () => {
    await world.publish(Array.from({ length: 5 }, (_, n) => fact('ann', n)));
    const { rows } = await sql<LogRow & { seq: string }>`
      select * from bus.log where topic = ${topic} order by seq`.execute(world.database);
    const consumer = newName('contract');
    const types = new Set<string>(['send.skipped']);
    const one = new Consumer(
      world.database,
      { consumer, topics: [topic], types: ['send.skipped'], handle: recorder(consumer) as never },
      { progressed() {}, deadLettered() {}, gap() {}, retrying() {} },
      new AbortController().signal,
    );
    const sent = rows.map((row) => fromLog({ ...row, seq: Number(row.seq) }, types));
    await one.process([...sent.slice(0, 4), ...sent.slice(0, 2)]);
    await one.process(sent.slice(2));
    expect(await world.countEffects(consumer)).toBe(5);
    expect(wrongWith(await world.effects(consumer), await world.log())).toBeUndefined();
  });

  test('is read in lots, from the middle of one too, and over what compaction took out', async () => {
    const read = async (name: string, most: number) => {
      const rows = await world.database.transaction().execute((tx) => claim(tx, name, [name as TopicName], most));
      return rows.map(({ key, seq, attributes }) => ({ key, seq, id: JSON.parse(attributes).id }));
    };
    const events = Array.from({ length: 250 }, (_, n) => fact('ann', n));
    const whole = events.map(({ id }, n) => ({ key: 'ann', seq: n + 1, id }));
    await registerConsumer(world.database, topic, [topic]);
    await world.publish(events);
    await sql`update bus.positions set seq = 30 where partition = (select partition from bus.lots limit 1)`.execute(
      world.database,
    );
    expect(await read(topic, 50)).toEqual(whole.slice(30, 100));
    expect(await read(topic, 150)).toEqual(whole.slice(100, 250));
    expect(await read(topic, 150)).toEqual([]);

    const compacted = 'heard.marketing-eligibility';
    const data = { customerId: 'ann', blocked: [], reasons: [], at: '2026-03-02T09:00:00Z' };
    const change = () => newEvent('customer.eligibility-changed', 'ann', data, new Date(data.at));
    await registerConsumer(world.database, compacted, [compacted]);
    await world.publish(Array.from({ length: 400 }, change));
    await sql`delete from bus.lots where topic = ${compacted} and seq not in (150, 399, 400)`.execute(world.database);
    expect((await read(compacted, 10)).map(({ seq }) => seq)).toEqual([150]);
    expect((await read(compacted, 10)).map(({ seq }) => seq)).toEqual([399, 400]);
  });

  test('leaves to other replicas what one has not taken', async () => {
    await registerConsumer(world.database, 'both', [topic]);
    await world.publish(Array.from({ length: 40 }, (_, n) => fact(`key-${n}`, n)));
    await world.database.transaction().execute(async (one) => {
      const first = await claim(one, 'both', [topic], 1);
      await world.database.transaction().execute(async (two) => {
        const second = await claim(two, 'both', [topic], 100);
        expect(new Set(second.map(({ partition }) => partition)).size).toBe(3);
        expect(second.some(({ partition }) => partition === first[0]!.partition)).toBe(false);
      });
    });
  });

  test('takes all events of a transaction or none, and none that no broker would take', async () => {
    const append = (partition: number, announced: number, keys: string) =>
      sql`select bus.append(array[${topic}, ${topic}], array[0, ${partition}::int], array[1, ${announced}::int], ${keys},
        ${'{}\x1e{}'}, ${'{}\x1e{}'})`.execute(world.database);
    await expect(append(99, 1, 'a\x1eb')).rejects.toThrow('there is no partition 99');
    await expect(append(1, 1, 'a\x1eb\x1ec')).rejects.toThrow('there is no partition');
    await expect(world.publish([fact('a\nb', 1)])).rejects.toThrow('control characters');
    const large = fact('ann', 1);
    large.data.campaign = 'x'.repeat(900_000);
    await expect(world.publish([large])).rejects.toThrow('has more than 900000 bytes');
    expect(await count(topic)).toBe(0);
  });
});
