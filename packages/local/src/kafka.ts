import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Broker, type BrokerOptions, NotHere } from './broker.ts';
import { claimFolder } from './folder.ts';
import { startContainer } from './kafka-container.ts';
import { startJars } from './kafka-jars.ts';

/** Kept small on purpose: one broker, one copy of everything, topics made by whoever owns them. */
const SETTINGS = {
  'auto.create.topics.enable': 'false',
  // As many as two cores can use: each message that passes from thread to thread wakes one up.
  'num.network.threads': '1',
  'num.io.threads': '2',
  'group.initial.rebalance.delay.ms': '0',
  // A killed broker may not come back before its session is over.
  'broker.heartbeat.interval.ms': '500',
  'broker.session.timeout.ms': '3000',
  'offsets.topic.num.partitions': '4',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
};

const WAYS = [
  { how: 'container', start: startContainer },
  { how: 'jars', start: startJars },
] as const;

export interface LocalKafka {
  brokers: string[];
  how: 'environment' | 'container' | 'jars';
  stop(): Promise<void>;
  /** Stops the broker if it runs and starts it again with its port and data. Not for a broker of the environment. */
  restart?(): Promise<void>;
  /** SIGKILL; `restart` starts it again. Not for a broker of the environment. */
  kill?(): Promise<void>;
}

export interface LocalKafkaOptions {
  /** Where the data stays. Default: a temporary folder that `stop` deletes. */
  dir?: string;
  /** Of the listener for clients. Default: a free one. */
  port?: number;
  /** Broker properties, beside and above the defaults. */
  settings?: Record<string, string>;
  log?: (line: string) => void;
}

/** No Apache Kafka can be had on this machine. The message says in one line what was tried and why each failed. */
export class KafkaUnavailable extends Error {
  override name = 'KafkaUnavailable';
}

/**
 * Finds or starts Apache Kafka: the brokers of KAFKA_BROKERS; else 4.3.1 in a container where a container engine
 * answers; else 4.3.1 from its own jars with the machine's Java 17+ (Maven fetches them once).
 *
 * A folder stays with the way it was begun with, because the two do not see each other's data.
 * Throws `KafkaUnavailable` when there is no way at all, and one sentence when the folder is in use, the port is taken,
 * the brokers of KAFKA_BROKERS do not answer or the broker refuses to start.
 */
export async function startKafka(options: LocalKafkaOptions = {}): Promise<LocalKafka> {
  const named = process.env.KAFKA_BROKERS;
  if (named) return fromEnvironment(named);

  const temporary = options.dir === undefined;
  const chosen = resolve(options.dir ?? mkdtempSync(join(tmpdir(), 'heard-kafka-')));
  const release = claimFolder(chosen);
  const leave = () => {
    release();
    if (temporary) rmSync(chosen, { recursive: true, force: true });
  };
  try {
    const dir = realpathSync(chosen);
    const { how, broker, port } = await startSomehow({
      dir,
      temporary,
      port: options.port ?? 0,
      settings: { ...SETTINGS, ...options.settings },
      log: options.log ?? (() => {}),
    });
    let stopping: Promise<void> | undefined;
    return {
      brokers: [`${broker.host}:${port}`],
      how,
      restart: broker.restart,
      kill: broker.kill,
      stop() {
        stopping ??= broker.stop().finally(leave);
        return stopping;
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}

async function startSomehow(
  options: BrokerOptions,
): Promise<{ how: 'container' | 'jars'; broker: Broker; port: number }> {
  const file = join(options.dir, 'how');
  const begunWith = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  const reasons = ['KAFKA_BROKERS is not set'];
  for (const { how, start } of WAYS) {
    if (begunWith && begunWith !== how) continue;
    try {
      const started = await start(options);
      writeFileSync(file, how);
      return { how, ...started };
    } catch (error) {
      if (!(error instanceof NotHere)) throw error;
      reasons.push(error.message);
    }
  }
  const kept = begunWith ? ` (the data in ${options.dir} was begun with Kafka from: ${begunWith})` : '';
  throw new KafkaUnavailable(`Apache Kafka cannot be had here: ${reasons.join('; ')}${kept}.`);
}

async function fromEnvironment(named: string): Promise<LocalKafka> {
  const brokers = named.split(',').map((broker) => broker.trim());
  if (!(await Promise.all(brokers.map(answers))).includes(true)) {
    throw new Error(`No broker of KAFKA_BROKERS=${named} answers: start it, or unset KAFKA_BROKERS.`);
  }
  return { brokers, how: 'environment', stop: async () => {} };
}

function answers(broker: string): Promise<boolean> {
  const [host, port] = broker.split(/:(?=\d+$)/);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port: Number(port ?? 9092), timeout: 3_000 });
  socket.once('connect', () => resolve(true));
  for (const event of ['error', 'timeout']) socket.once(event, () => resolve(false));
  return promise.finally(() => socket.destroy());
}
