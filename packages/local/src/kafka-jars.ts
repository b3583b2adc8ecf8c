import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Broker, type BrokerOptions, NotHere } from './broker.ts';
import { findPort } from './port.ts';
import { endOrphan, runs, startProgram } from './program.ts';

const run = promisify(execFile);

const KAFKA = '4.3.1';
const LOG4J = '2.25.4';
const MAVEN_DEPENDENCY_PLUGIN = '3.8.1';
const CLUSTER_ID = 'heard-local-kafka-0001';
const PATIENCE = { java: 10_000, fetch: 600_000, format: 60_000, ready: 120_000, stop: 20_000 };

/** Kafka from its own jars on the machine's Java, listening on 127.0.0.1 only. Throws `NotHere`. */
export async function startJars(options: BrokerOptions): Promise<{ broker: Broker; port: number }> {
  const { dir, log } = options;
  const java = await findJava();
  const jars = await fetchJars(log);
  await endLeftOver(dir, log);
  const port = await findPort(options.port);
  const config = join(dir, 'server.properties');
  writeFileSync(config, properties(await serverProperties(options, port)));
  writeFileSync(join(dir, 'log4j2.properties'), LOGGING);
  const classpath = ['-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${join(dir, 'log4j2.properties')}`];

  if (!existsSync(join(dir, 'data', 'meta.properties'))) {
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config];
    await run(java, [...classpath, '-XX:TieredStopAtLevel=1', ...format], { timeout: PATIENCE.format });
  }
  const serve = async () => {
    const args = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-Djava.awt.headless=true', ...classpath];
    const logFile = join(dir, 'kafka.log');
    const server = await startProgram({ file: java, args: [...args, 'kafka.Kafka', config] }, logFile, 'TERM');
    writeFileSync(join(dir, 'kafka.pid'), `${server.pid}\n`);
    if (await server.becomes(() => server.output().includes('Kafka Server started'), PATIENCE.ready)) return server;
    await server.end('SIGTERM', PATIENCE.stop);
    throw new Error(`Apache Kafka did not start: ${reason(server.output())} (see ${logFile}).`);
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    await server.end(signal, PATIENCE.stop);
    rmSync(join(dir, 'kafka.pid'), { force: true });
  };
  let server = await serve();
  return {
    port,
    broker: {
      host: '127.0.0.1',
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
      async restart() {
        await end('SIGTERM');
        server = await serve();
      },
    },
  };
}

async function findJava(): Promise<string> {
  const home = process.env.JAVA_HOME;
  const java = home ? join(home, 'bin', 'java') : 'java';
  const found = await run(java, ['-version'], { timeout: PATIENCE.java }).catch(() => undefined);
  const version = Number(found?.stderr.match(/version "(\d+)/)?.[1] ?? 0);
  if (version < 17) throw new NotHere(`no Java 17 or newer (${found ? `${java} is Java ${version}` : `no ${java}`})`);
  return java;
}

/** The folder with Kafka and all it needs, fetched once and moved into place only when complete. */
async function fetchJars(log: (line: string) => void): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'heard');
  const jars = join(cache, `kafka-${KAFKA}`);
  if (existsSync(jars)) return jars;

  log(`fetching Apache Kafka ${KAFKA} (44 MB, once) into ${jars}`);
  mkdirSync(cache, { recursive: true });
  const part = mkdtempSync(join(cache, 'kafka-part-'));
  try {
    writeFileSync(join(part, 'pom.xml'), POM);
    const goal = `org.apache.maven.plugins:maven-dependency-plugin:${MAVEN_DEPENDENCY_PLUGIN}:copy-dependencies`;
    const args = ['-B', '-q', goal, '-DincludeScope=runtime', `-DoutputDirectory=${join(part, 'jars')}`];
    await run('mvn', args, { cwd: part, timeout: PATIENCE.fetch }).catch((cause) => {
      const missing = cause.code === 'ENOENT' ? 'mvn is not installed' : firstError(cause.stdout || cause.message);
      throw new NotHere(`its jars cannot be fetched (${missing})`, { cause });
    });
    try {
      renameSync(join(part, 'jars'), jars);
    } catch (error) {
      // Another process was quicker.
      if (!existsSync(jars)) throw error;
    }
    return jars;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function firstError(output: string): string {
  const lines = output.trim().split('\n');
  return (lines.find((line) => line.includes('[ERROR]')) ?? lines[0] ?? '').replace('[ERROR] ', '').trim();
}

/** Nobody holds the folder but us, so a broker that still runs on it was left behind by a process that is dead. */
async function endLeftOver(dir: string, log: (line: string) => void): Promise<void> {
  const file = join(dir, 'kafka.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  const config = join(dir, 'server.properties');
  if (!pid || !runs(pid, config)) return;
  log(`stopping the Kafka that an earlier run left behind (process ${pid})`);
  await endOrphan(pid, config, 'SIGTERM', PATIENCE.stop);
}

async function serverProperties({ dir, settings }: BrokerOptions, port: number): Promise<Record<string, string>> {
  const controller = `127.0.0.1:${await findPort()}`;
  return {
    'node.id': '1',
    'process.roles': 'broker,controller',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@${controller}`,
    'log.dirs': join(dir, 'data'),
    ...settings,
  };
}

function properties(values: Record<string, string>): string {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`);
  return lines.join('');
}

function reason(output: string): string {
  const lines = output.trim().split('\n');
  return lines.find((line) => /ERROR|FATAL|Exception/.test(line)) ?? lines.at(-1) ?? 'it says nothing';
}

/** Warnings, and the one line that says the broker is there. */
const LOGGING = `
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = info
`;

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>heard</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA}</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>${LOG4J}</version></dependency>
  </dependencies>
</project>
`;
