import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GenericContainer as Container } from 'testcontainers';
import { type Broker, type BrokerOptions, NotHere } from './broker.ts';
import { findPort } from './port.ts';

const IMAGE = 'apache/kafka:4.3.1';
const DATA = '/var/lib/kafka/data';
const CLIENTS = 9092;
const PATIENCE = { engine: 5_000, pull: 600_000, start: 120_000, stop: 15_000 };

/** Kafka in a container; the data in a volume named after the folder unless it is temporary. Throws `NotHere`. */
export async function startContainer(options: BrokerOptions): Promise<{ broker: Broker; port: number }> {
  const testcontainers = await import('testcontainers');
  const client = await within(PATIENCE.engine, testcontainers.getContainerRuntimeClient()).catch((cause: Error) => {
    throw new NotHere(`no container engine answers (${cause.message})`, { cause });
  });

  const { host } = client.info.containerRuntime;
  const isOurs = host === 'localhost' || host === '127.0.0.1';
  const port = isOurs ? await findPort(options.port) : options.port || (await findPort());
  const container = brokerContainer(testcontainers.GenericContainer, port, isOurs ? '127.0.0.1' : '0.0.0.0')
    .withEnvironment(environment(`${isOurs ? '127.0.0.1' : host}:${port}`, options.settings))
    .withWaitStrategy(testcontainers.Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(PATIENCE.start);
  if (!options.temporary) container.withBindMounts([{ source: volumeOf(options.dir), target: DATA }]);

  options.log(`starting ${IMAGE} in a container`);
  const started = await within(PATIENCE.pull, container.start()).catch((cause: Error) => {
    throw new NotHere(`the container ${IMAGE} does not start (${cause.message.split('\n')[0]})`, { cause });
  });
  return {
    port,
    broker: {
      host: isOurs ? '127.0.0.1' : host,
      async stop() {
        await started.stop({ timeout: PATIENCE.stop });
      },
      restart: () => started.restart({ timeout: PATIENCE.stop }),
      async kill() {
        await client.container.getById(started.getId()).kill();
      },
    },
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`nothing within ${ms / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

/** testcontainers publishes a port on every address of the machine; a broker without passwords belongs on one. */
function brokerContainer(GenericContainer: typeof Container, port: number, address: string): Container {
  class BrokerContainer extends GenericContainer {
    constructor() {
      super(IMAGE);
      this.withExposedPorts({ container: CLIENTS, host: port });
      this.hostConfig.PortBindings = { [`${CLIENTS}/tcp`]: [{ HostIp: address, HostPort: String(port) }] };
    }
  }
  return new BrokerContainer();
}

/** The image reads properties from its environment, and all of them once there is one. */
function environment(advertised: string, settings: Record<string, string>): Record<string, string> {
  const properties = {
    'node.id': '1',
    'process.roles': 'broker,controller',
    listeners: `PLAINTEXT://:${CLIENTS},CONTROLLER://:9093`,
    'advertised.listeners': `PLAINTEXT://${advertised}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': '1@localhost:9093',
    'log.dirs': DATA,
    ...settings,
  };
  const entries = Object.entries(properties).map(([name, value]) => [variable(name), value]);
  return { ...Object.fromEntries(entries), CLUSTER_ID: 'heard-local-kafka-0001', KAFKA_HEAP_OPTS: '-Xmx512m' };
}

/** `offsets.topic.replication.factor` → `KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR` */
function variable(property: string): string {
  return `KAFKA_${property.replaceAll('-', '___').replaceAll('_', '__').replaceAll('.', '_').toUpperCase()}`;
}

function volumeOf(dir: string): string {
  return `heard-kafka-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
}
