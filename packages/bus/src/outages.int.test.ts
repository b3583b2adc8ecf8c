import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalPostgres, startPostgres } from '../../local/src/postgres.ts';
import { migrate } from '../../service/src/migration.ts';
import { eventually } from '../../testing/src/eventually.ts';
import { fact, newName, partitions, topic, World, wrongWith } from './fixture.ts';
import { driversOf, findKafka } from './fixture-kafka.ts';

const found = await findKafka();
const here = driversOf(found).filter(({ missing }) => !missing);
const dir = mkdtempSync(join(tmpdir(), 'heard-outage-'));
let postgres: LocalPostgres;

const start = (port?: number) => startPostgres({ dir: join(dir, 'postgres'), port });
beforeAll(async () => {
  postgres = await start();
});
afterAll(async () => {
  await postgres.stop();
  await found.kafka?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A world of its own on the PostgreSQL that is stopped and started here. */
async function openWorld(driver: 'postgres' | 'kafka'): Promise<World> {
  const name = newName('outage').replace('-', '_');
  const admin = new World({ driver: 'postgres', url: postgres.adminUrl, brokers: [] });
  await admin.run(`create database ${name}`);
  await admin.close();
  const url = postgres.url(name);
  await migrate({ adminUrl: url, appPassword: 'test', partitions });
  return World.open({ driver, url, brokers: found.kafka?.brokers ?? [] });
}

/** One for each driver; one after the other, because a migration makes the roles of the whole server. */
async function openWorlds(): Promise<World[]> {
  const worlds: World[] = [];
  for (const { driver } of here) worlds.push(await openWorld(driver));
  return worlds;
}

/** Publishes one event after the other; what failed is not tried again, and may yet have been committed. */
function publishing(world: World): { acknowledged: string[]; stop(): Promise<void> } {
  const acknowledged: string[] = [];
  let stopped = false;
  const running = (async () => {
    for (let n = 0; !stopped; n++) {
      const event = fact(`key-${n % 10}`, n);
      await world.publish([event]).then(
        () => acknowledged.push(event.id),
        () => sleep(100),
      );
      await sleep(10);
    }
  })();
  return {
    acknowledged,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

async function settled(world: World, consumer: string, acknowledged: string[]): Promise<void> {
  const log = await world.log();
  await eventually('all effects', async () => (await world.countEffects(consumer)) >= log.length, 40);
  expect(wrongWith(await world.effects(consumer), log)).toBeUndefined();
  const logged = new Set(log.map(({ id }) => id));
  expect(acknowledged.filter((id) => !logged.has(id))).toEqual([]);
  expect(world.fatal).toEqual([]);
  expect(await world.deadLetters(consumer)).toEqual([]);
}

const note = (line: string) => process.stdout.write(`${line}\n`);

describe('while the database is away', { timeout: 120_000 }, () => {
  test(`for 20 s nothing is lost, doubled or given up on (${here.map(({ driver }) => driver).join(', ')})`, async () => {
    const worlds = await openWorlds();
    const consumer = newName('outage');
    try {
      for (const world of worlds) {
        await world.consume(consumer, undefined, { stallSeconds: 5, watchSeconds: 0.5 });
      }
      const loads = worlds.map(publishing);
      for (const world of worlds) {
        await eventually('some effects', async () => (await world.countEffects(consumer)) > 50);
      }
      await postgres.stop();
      await sleep(20_000);
      postgres = await start(postgres.port);
      const back = Date.now();
      for (const [i, world] of worlds.entries()) {
        const before = loads[i]!.acknowledged.length;
        await eventually('events again', () => loads[i]!.acknowledged.length > before + 20);
        const id = loads[i]!.acknowledged.at(-1)!;
        await eventually('effects again', async () =>
          (await world.effects(consumer)).some((one) => one.event_id === id),
        );
        note(`${world.place.driver}: going on ${Date.now() - back} ms after the database was back`);
      }
      for (const [i, world] of worlds.entries()) {
        await loads[i]!.stop();
        await settled(world, consumer, loads[i]!.acknowledged);
      }
      // Not only the looking now and then has come back, but also the waking.
      for (const world of worlds) {
        const bus = await world.openBus({ writer: 'rca' });
        let woken = 0;
        bus.wakeups.on(topic, '', () => woken++);
        await world.publish([fact('woken', 1)]);
        await eventually('a wake-up', () => woken > 0, 5);
      }
    } finally {
      await Promise.all(worlds.map((world) => world.close()));
    }
  });

  test('a bus closes within 5 s, and a new connection for wake-ups is found by itself', async () => {
    const worlds = await openWorlds();
    try {
      const buses = await Promise.all(worlds.map((world) => world.consume(newName('outage'))));
      for (const world of worlds) await world.publish([fact('ann', 1)]);
      let woken = 0;
      const listening = await worlds[0]!.openBus({ writer: 'rca' });
      listening.wakeups.on(topic, '', () => woken++);
      await postgres.stop();
      const started = Date.now();
      await Promise.all(buses.map((bus) => bus.close()));
      const took = Date.now() - started;
      postgres = await start(postgres.port);
      await eventually('the wake-up that tells of a new connection', () => woken > 0);
      woken = 0;
      await worlds[0]!.publish([fact('ann', 2)]);
      await eventually('a wake-up', () => woken > 0, 5);
      expect(took).toBeLessThan(5_000);
    } finally {
      await Promise.all(worlds.map((world) => world.close()));
    }
  });
});

describe.skipIf(!found.kafka?.restart)(`while the broker is away${found.why}`, { timeout: 120_000 }, () => {
  test('for a restart and for a kill under load nothing is lost, doubled or given up on', async () => {
    const world = await openWorld('kafka');
    const consumer = newName('outage');
    try {
      const stallSeconds = 5;
      await world.consume(consumer, undefined, { stallSeconds, watchSeconds: 0.5 });
      const load = publishing(world);
      const goesOn = async (what: string) => {
        const id = load.acknowledged.at(-1)!;
        const from = Date.now();
        const seen = async () => (await world.effects(consumer)).some((one) => one.event_id === id);
        await eventually(`effects ${what}`, seen, 60);
        note(`kafka: going on ${Date.now() - from} ms after ${what}`);
      };
      await eventually('some effects', async () => (await world.countEffects(consumer)) > 50);
      await found.kafka!.restart!();
      await goesOn('the restart');
      await found.kafka!.kill!();
      await sleep((stallSeconds + 2) * 1000); // away for longer than a partition may stand still
      await found.kafka!.restart!();
      await goesOn('the kill');
      await load.stop();
      await settled(world, consumer, load.acknowledged);
    } finally {
      await world.close();
    }
  });

  test('a bus closes within 5 s', async () => {
    const world = await openWorld('kafka');
    try {
      const bus = await world.consume(newName('outage'));
      await world.publish([fact('ann', 1)]);
      await found.kafka!.kill!();
      await world.publish([fact('ann', 2)]);
      const started = Date.now();
      await bus.close();
      const took = Date.now() - started;
      await found.kafka!.restart!();
      expect(took).toBeLessThan(5_000);
    } finally {
      await world.close();
    }
  });
});
