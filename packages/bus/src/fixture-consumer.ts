import { setTimeout as sleep } from 'node:timers/promises';
import { openBus } from './bus.ts';
import { type Driver, metrics, openPool, randomFrom, recorder, topic } from './fixture.ts';

/**
 * A consumer of the suite as a process of its own, with places to die:
 * - KILL_AFTER_COMMIT, KILL_BEFORE_COMMIT: the chance per batch that it kills itself there (after the database has
 *   committed and before Kafka is told; after the effects were written and before they are committed), drawn from SEED;
 * - FREEZE_AT: stops itself (SIGSTOP) inside the transaction that handles the event with this `n`;
 * - RELAY=1: also writes the topic, which on Kafka means relaying it;
 * - HANDLE_MS: how long a batch takes.
 */
const env = process.env;
const random = randomFrom(Number(env.SEED ?? 1));
const consumer = env.CONSUMER!;
const database = openPool(env.DATABASE_URL!);
const record = recorder(consumer);

function maybeDie(chance: string | undefined): void {
  if (random() < Number(chance ?? 0)) process.kill(process.pid, 'SIGKILL');
}

const bus = await openBus({
  driver: env.DRIVER as Driver,
  writer: env.RELAY ? 'suppression-list' : 'rca',
  database,
  databaseUrl: env.DATABASE_URL!,
  brokers: env.BROKERS!.split(','),
  sessionTimeoutMs: Number(env.SESSION_MS ?? 1_500),
  log: (level, message, fields) => process.stdout.write(`${level} ${message} ${JSON.stringify(fields ?? {})}\n`),
  fatal: (error) => {
    process.stderr.write(`fatal: ${error.message}\n`);
    process.exitCode = 1;
    process.kill(process.pid, 'SIGKILL');
  },
  metrics: metrics({ consumed: () => maybeDie(env.KILL_AFTER_COMMIT) }),
});
if (!env.ONLY_RELAY) {
  await bus.consume({
    consumer,
    topics: [topic],
    types: ['send.skipped'],
    async handle(tx, events) {
      await record(tx, events);
      if (events.some((event) => event.data.campaign === env.FREEZE_AT)) process.kill(process.pid, 'SIGSTOP');
      if (env.HANDLE_MS) await sleep(Number(env.HANDLE_MS));
      maybeDie(env.KILL_BEFORE_COMMIT);
    },
  });
}
process.on('SIGTERM', async () => {
  await bus.close();
  await database.destroy();
  process.disconnect();
});
process.on('disconnect', () => process.exit());
process.send!('ready');
