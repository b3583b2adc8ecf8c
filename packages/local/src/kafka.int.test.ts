import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type RecordMetadata } from 'kafkajs';
import { afterAll, describe, expect, test } from 'vitest';
import { KafkaUnavailable, type LocalKafka, startKafka } from './kafka.ts';

const dir = mkdtempSync(join(tmpdir(), 'heard kafka '));

// Tried before the tests are named, so that a skip tells its reason.
const tried = await startKafka({ dir }).catch((error) => {
  if (error instanceof KafkaUnavailable && process.env.CI !== 'true') return error;
  throw error;
});
const missing = tried instanceof Error;
let broker = tried as LocalKafka;

afterAll(async () => {
  if (!missing) await broker.stop();
  rmSync(dir, { recursive: true, force: true });
});

const topic = `local-test-${Date.now()}`;
const client = () =>
  new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 12 } });

async function createTopic(): Promise<void> {
  const admin = client().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
}

async function produce(value: string): Promise<RecordMetadata[]> {
  const producer = client().producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    return await producer.send({ topic, messages: [{ key: 'customer', value }] });
  } finally {
    await producer.disconnect();
  }
}

/** The first `count` values of the topic, read by a group of its own. */
async function consume(count: number): Promise<string[]> {
  const consumer = client().consumer({ groupId: `${topic}-${process.hrtime.bigint()}` });
  const { promise, resolve } = Promise.withResolvers<void>();
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value));
      if (values.length === count) resolve();
    },
  });
  await promise;
  await consumer.disconnect();
  return values;
}

const noKafka = missing ? `: ${tried.message}` : '';

describe.skipIf(missing)(`a local Kafka${noKafka}`, { timeout: 60_000 }, () => {
  test('takes and gives events, and makes no topic by itself', async () => {
    await createTopic();
    await produce('one');
    expect(await consume(1)).toEqual(['one']);
    const impatient = client().producer({ retry: { retries: 0 } });
    await impatient.connect();
    const sent = impatient.send({ topic: 'never-made', messages: [{ value: 'lost' }] });
    await expect(sent).rejects.toThrow('does not host this topic-partition');
    await impatient.disconnect();
  });

  test.skipIf(missing || !broker.restart)('keeps data and address over a restart and a kill', async () => {
    const { brokers } = broker;
    await broker.restart!();
    await produce('two');
    await broker.kill!();
    await broker.restart!();
    expect(broker.brokers).toEqual(brokers);
    expect(await consume(2)).toEqual(['one', 'two']);
  });

  test.skipIf(missing || broker.how !== 'jars')('holds its folder, and lets it go with its process', async () => {
    await expect(startKafka({ dir })).rejects.toThrow(`The folder ${dir} is in use by process ${process.pid}`);
    await broker.stop();
    const script = `
      import { startKafka } from ${JSON.stringify(new URL('./kafka.ts', import.meta.url).href)};
      await startKafka(${JSON.stringify({ dir })});
      console.log('ready');`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(parent.stdout, 'data');
    const pid = readFileSync(join(dir, 'kafka.pid'), 'utf8').trim();
    parent.kill('SIGKILL');
    await once(parent, 'exit');

    broker = await startKafka({ dir });
    expect(readFileSync(join(dir, 'kafka.pid'), 'utf8').trim()).not.toBe(pid);
    expect(await consume(2)).toEqual(['one', 'two']);
  });
});

test('says when the brokers of the environment do not answer', async () => {
  const before = process.env.KAFKA_BROKERS;
  process.env.KAFKA_BROKERS = '127.0.0.1:1';
  await expect(startKafka()).rejects.toThrow('No broker of KAFKA_BROKERS=127.0.0.1:1 answers');
  if (before === undefined) delete process.env.KAFKA_BROKERS;
  else process.env.KAFKA_BROKERS = before;
});

test('names every way it tried in one line, and leaves nothing behind', { timeout: 20_000 }, async () => {
  const empty = mkdtempSync(join(tmpdir(), 'heard-nothing-'));
  const script = `
    import { startKafka } from ${JSON.stringify(new URL('./kafka.ts', import.meta.url).href)};
    await startKafka().catch((error) => console.log(error.name + ': ' + error.message));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: empty, HOME: empty, TMPDIR: empty, DOCKER_HOST: 'unix:///nowhere.sock' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  const kafka = 'KafkaUnavailable: Apache Kafka cannot be had here: KAFKA_BROKERS is not set; ';
  const reasons = /^no container engine answers \(.*\); no Java 17 or newer \(no java\)\.\n$/;
  // An engine at its usual place is found all the same, and then there is nothing to name.
  if (output) {
    expect(output.slice(0, kafka.length)).toBe(kafka);
    expect(output.slice(kafka.length)).toMatch(reasons);
  }
  expect(readdirSync(empty)).toEqual([]);
  rmSync(empty, { recursive: true, force: true });
});
