import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../testing/src/database.ts';
import { eventually } from '../../testing/src/eventually.ts';
import { type Child, client, fact, newName, topic, World, wrongWith } from './fixture.ts';
import { driversOf, findKafka } from './fixture-kafka.ts';
import { openPublisher, readLag } from './log.ts';

const found = await findKafka();
afterAll(() => found.kafka?.stop());

const keys = Array.from({ length: 12 }, (_, n) => `key-${n}`);

/** Publishes small batches until it is told to stop; then says how many events. */
function load(world: World, everyMs: number): () => Promise<number> {
  let stopped = false;
  let n = 0;
  const running = (async () => {
    while (!stopped) {
      await world.publish([
        fact(keys[n % 12]!, n),
        fact(keys[(n * 5 + 1) % 12]!, n + 1),
        fact(keys[(n * 7 + 2) % 12]!, n + 2),
      ]);
      n += 3;
      await sleep(everyMs);
    }
  })();
  return async () => {
    stopped = true;
    await running;
    return n;
  };
}

/** Looks on until all is done; the longest time during which nothing was. */
async function settle(world: World, consumer: string, all: () => Promise<number>, seconds: number): Promise<number> {
  let last = { count: -1, at: Date.now() };
  let longest = 0;
  await eventually(
    'every event has its effect',
    async () => {
      const count = await world.countEffects(consumer);
      if (count !== last.count) {
        longest = Math.max(longest, Date.now() - last.at);
        last = { count, at: Date.now() };
      }
      return count >= (await all());
    },
    seconds,
  );
  return longest;
}

const note = (line: string) => process.stdout.write(`${line}\n`);

for (const { driver, missing, why } of driversOf(found)) {
  describe.skipIf(missing)(`the bus on ${driver}${why}`, { timeout: 120_000 }, () => {
    let home: TestDatabase;
    let world: World;
    let consumer: string;

    beforeEach(async () => {
      home = await testDatabase();
      world = await World.open({ driver, url: home.url, brokers: found.kafka?.brokers ?? [] });
      consumer = newName('faults');
    });
    afterEach(async () => {
      await world.close();
      await home.drop();
    });

    test('effects happen once although consumers are killed before and after their commits', async () => {
      const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
      let kills = 0;
      const supervise = async (name: number) => {
        for (let run = 0; kills < 10; run++) {
          const child = await world.spawn(consumer, {
            SEED: String(seed + name * 1000 + run),
            KILL_AFTER_COMMIT: '0.03',
            KILL_BEFORE_COMMIT: '0.03',
            SESSION_MS: '1000',
          });
          await Promise.race([child.exited, eventually('ten kills', () => kills >= 10, 60)]);
          if (!child.running) kills++;
          await child.kill();
        }
      };
      const end = load(world, 15);
      const stalls = settle(world, consumer, () => (done ? log : Promise.resolve(Number.POSITIVE_INFINITY)), 110);
      let done = false;
      let log: Promise<number> = Promise.resolve(0);
      await Promise.all([supervise(1), supervise(2)]);
      log = end();
      done = true;
      await world.spawn(consumer, { SESSION_MS: '1000' });
      const stall = await stalls;
      const effects = await world.effects(consumer);
      note(`${driver}: seed ${seed}, ${kills} kills, ${effects.length} events, longest stall ${stall} ms`);
      expect(kills).toBeGreaterThanOrEqual(10);
      expect(wrongWith(effects, await world.log()), `seed ${seed}`).toBeUndefined();
    });

    test('a zombie that wakes up after others took over does nothing twice', async () => {
      const events = (from: number) => Array.from({ length: 24 }, (_, i) => fact(keys[i % 3]!, from + i));
      const zombie = await world.spawn(consumer, { FREEZE_AT: '15', SESSION_MS: '1000' });
      await world.publish(events(0));
      const heir = await world.spawn(consumer, { SESSION_MS: '1000' });
      await eventually('the heir has all', async () => (await world.countEffects(consumer)) === 24, 30);
      zombie.signal('SIGCONT');
      await world.publish(events(100));
      await eventually('the next events', async () => (await world.countEffects(consumer)) >= 48, 30);
      await eventually('the zombie fails', () => zombie.output.includes('will try again'), 30);
      await heir.stop();
      await world.publish(events(200));
      await eventually('the zombie is a consumer again', async () => (await world.countEffects(consumer)) >= 72, 30);
      const effects = await world.effects(consumer);
      expect(wrongWith(effects, await world.log())).toBeUndefined();
      expect(effects.at(-1)!.pid).toBe(zombie.pid);
      expect(zombie.running).toBe(true);
    });

    test('a group grows from one to three and shrinks to one under load, and loses no order', async () => {
      const settings = { SESSION_MS: '6000', HANDLE_MS: '2' };
      const end = load(world, 10);
      const handled = (count: number) =>
        eventually(`${count} effects`, async () => (await world.countEffects(consumer)) >= count, 60);
      let done = false;
      let log: Promise<number> = Promise.resolve(0);
      const stalls = settle(world, consumer, () => (done ? log : Promise.resolve(Number.POSITIVE_INFINITY)), 110);
      const first = await world.spawn(consumer, settings);
      await handled(100);
      const more: Child[] = await Promise.all([world.spawn(consumer, settings), world.spawn(consumer, settings)]);
      const pids = async () => new Set((await world.effects(consumer)).map(({ pid }) => pid));
      await eventually('all three work', async () => (await pids()).size === 3, 60);
      await Promise.all([first.stop(), more[0]!.stop()]);
      await handled((await world.countEffects(consumer)) + 200);
      log = end();
      done = true;
      const stall = await stalls;
      const effects = await world.effects(consumer);
      note(`${driver}: 1, 3, 1 consumers, ${effects.length} events, longest stall ${stall} ms`);
      expect(wrongWith(effects, await world.log())).toBeUndefined();
    });
  });
}

describe.skipIf(!found.kafka)(`the relay${found.why}`, { timeout: 60_000 }, () => {
  test('killed between sending and marking sends again, and nothing happens twice', async () => {
    const home = await testDatabase();
    const world = await World.open({ driver: 'kafka', url: home.url, brokers: found.kafka!.brokers });
    const consumer = newName('faults');
    try {
      // The commit of the mark waits for a lock that the test holds.
      await sql`create function probe.hold() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(42); return new; end $$`.execute(world.database);
      await sql`create constraint trigger hold after update on bus.positions deferrable initially deferred for each row
        when (new.consumer = 'relay') execute function probe.hold()`.execute(world.database);
      await world.consume(consumer, undefined, { writer: 'rca' });
      const publish = await openPublisher(world.database);
      const events = (from: number) => Array.from({ length: 10 }, (_, n) => fact(keys[n % 3]!, from + n));
      const unmarked = async () =>
        (await readLag(world.database)).reduce((sum, one) => sum + (one.consumer === 'relay' ? one.lag : 0), 0);

      await world.database.connection().execute(async (session) => {
        await sql`select pg_advisory_lock(42)`.execute(session);
        const relay = await world.spawn('none', { RELAY: '1', ONLY_RELAY: '1' });
        await world.database.transaction().execute((tx) => publish(tx, events(0)));
        await eventually('the events are on Kafka', async () => (await world.countEffects(consumer)) === 10);
        await relay.kill();
        // Its session is already committing and would not notice.
        await sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted`.execute(
          session,
        );
        await sql`select pg_advisory_unlock(42)`.execute(session);
      });
      expect(await unmarked()).toBe(10);
      await world.spawn('none', { RELAY: '1', ONLY_RELAY: '1' });
      await world.database.transaction().execute((tx) => publish(tx, events(100)));
      await eventually('all is marked', async () => (await unmarked()) === 0);
      await eventually('the new events', async () => (await world.countEffects(consumer)) >= 20);
      expect(wrongWith(await world.effects(consumer), await world.log())).toBeUndefined();

      const admin = client(world.place.brokers).admin();
      await admin.connect();
      const sent = (await admin.fetchTopicOffsets(topic)).reduce(
        (sum, one) => sum + Number(one.high) - Number(one.low),
        0,
      );
      await admin.disconnect();
      expect(sent).toBe(30);
    } finally {
      await world.close();
      await home.drop();
    }
  });
});
