import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectKafka } from '@heard/bus/kafka';
import { createTopics } from '@heard/bus/kafka-topics';
import { defaultPartitions } from '@heard/bus/log';
import type { ServiceName } from '@heard/events/registry';
import { presetPolicy } from '@heard/policy/policy';
import type { AccessRole } from '@heard/service/access';
import { schemaOf } from '@heard/service/database';
import { migrate, serviceNames } from '@heard/service/migration';
import { publishPolicy } from '@heard/service/policy-publication';
import { toStartAgain } from '@heard/service/process';
import pg from 'pg';
import { keySetFile, localIssuer, openIssuer } from './issuer.ts';
import { type LocalKafka, startKafka } from './kafka.ts';
import { findPort } from './port.ts';
import { type LocalPostgres, startPostgres } from './postgres.ts';
import { type Program, startProgram } from './program.ts';

/** All of Heard on this machine: database, broker where asked for, and each service as a process of its own. */
export interface House {
  urls: Record<ServiceName, string>;
  adminUrl: string;
  brokers: string[];
  kafka: LocalKafka | undefined;
  /** The `authorization` header of somebody with these roles. */
  authorize(...roles: AccessRole[]): Promise<{ authorization: string }>;
  authorizeAs(personId: string, ...roles: AccessRole[]): Promise<{ authorization: string }>;
  pid(service: ServiceName): number | undefined;
  /** Sends a service a signal; one that ends is started again, as any supervisor would. false: it is down just now. */
  kill(service: ServiceName, signal: NodeJS.Signals): boolean;
  stop(service: ServiceName): Promise<void>;
  start(service: ServiceName): Promise<void>;
  close(): Promise<void>;
}

export interface HouseOptions {
  dir: string;
  bus: 'postgres' | 'kafka';
  /** Services listen on basePort+1 … in the order of `serviceNames`; 0: free ports. */
  basePort: number;
  database?: string;
  policy?: Record<string, unknown>;
  partitions?: number;
  only?: readonly ServiceName[];
  environment?: Record<string, string>;
  postgresSettings?: Record<string, string>;
  kafkaSettings?: Record<string, string>;
  log?(line: string): void;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const mainOf = (name: ServiceName) => join(root, `services/${name}/src/main.ts`);

/**
 * How Node runs a service. What is in the compile cache need not be stripped of its types again, and the 10 MB that
 * takes are never loaded; with two malloc arenas for all threads an idle process is 3 MB smaller.
 */
const nodeEnvironment = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/heard'), MALLOC_ARENA_MAX: '2' };
const nodeFlags = ['--max-semi-space-size=16'];

/** Starts everything, or throws one clear sentence and leaves nothing running. */
export async function startHouse(options: HouseOptions): Promise<House> {
  const log = options.log ?? (() => {});
  const names = options.only ?? serviceNames;
  const ports = new Map<ServiceName, number>();
  for (const name of names) {
    ports.set(name, await findPort(options.basePort && options.basePort + serviceNames.indexOf(name) + 1));
  }
  // One that can be written into a snippet: 7492 beside services on 7401 …
  const kafkaPort = options.bus === 'kafka' ? await findPort(options.basePort && options.basePort + 92) : undefined;
  mkdirSync(join(options.dir, 'logs'), { recursive: true });
  const issuer = await openIssuer(options.dir);
  const closing: (() => Promise<void>)[] = [];
  let over = false;
  const close = async () => {
    over = true;
    for (const one of closing.splice(0).reverse()) await one();
  };

  try {
    const warm = fillCompileCache(log);
    const postgres = await startPostgres({ dir: join(options.dir, 'postgres'), settings: options.postgresSettings });
    closing.push(() => postgres.stop());
    log('PostgreSQL is up');
    let kafka: LocalKafka | undefined;
    if (options.bus === 'kafka') {
      kafka = await startKafka({
        dir: join(options.dir, 'kafka'),
        port: kafkaPort,
        settings: options.kafkaSettings,
        log,
      });
      closing.push(() => kafka!.stop());
      log(`Kafka is up (${kafka.how})`);
    }
    const adminUrl = await prepare(postgres, kafka, options);
    log('the database is migrated and a policy is in force');

    await warm;
    const programs = new Map<ServiceName, Program>();
    const down = new Set<Program>();
    const wanted = new Set<ServiceName>();
    const launch = async (name: ServiceName): Promise<void> => {
      const program = await startProgram(
        {
          file: process.execPath,
          args: [...nodeFlags, mainOf(name)],
          options: {
            cwd: root,
            env: {
              ...process.env,
              ...nodeEnvironment,
              ...environmentOf(name, postgres, kafka, ports.get(name)!, options),
            },
          },
        },
        join(options.dir, 'logs', `${name}.log`),
        'TERM',
      );
      programs.set(name, program);
      void supervise(name, program);
    };
    const supervise = async (name: ServiceName, program: Program): Promise<void> => {
      const how = await program.ended;
      down.add(program);
      if (over || !wanted.has(name) || programs.get(name) !== program) return;
      log(`${name} ended (${how}) and is started again`);
      await sleep(300);
      if (!over && wanted.has(name)) await launch(name);
    };
    const start = async (name: ServiceName): Promise<void> => {
      wanted.add(name);
      await launch(name);
      await becomeReady(name, urlOf(ports.get(name)!), () => programs.get(name)!);
    };
    const stop = async (name: ServiceName): Promise<void> => {
      wanted.delete(name);
      await programs.get(name)?.end('SIGTERM', 20_000);
    };
    closing.push(async () => {
      await Promise.all(names.map(stop));
    });
    for (const name of names) {
      wanted.add(name);
      await launch(name);
    }
    await Promise.all(names.map((name) => becomeReady(name, urlOf(ports.get(name)!), () => programs.get(name)!)));

    return {
      urls: Object.fromEntries(names.map((name) => [name, urlOf(ports.get(name)!)])) as House['urls'],
      adminUrl,
      brokers: kafka?.brokers ?? [],
      kafka,
      authorize: async (...roles) => ({ authorization: `Bearer ${await issuer.token({ roles })}` }),
      authorizeAs: async (personId, ...roles) => ({
        authorization: `Bearer ${await issuer.token({ personId, roles })}`,
      }),
      pid: (name) => programs.get(name)?.pid,
      kill: (name, signal) => {
        const program = programs.get(name);
        if (!program || down.has(program)) return false;
        return process.kill(program.pid, signal);
      },
      stop,
      start,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function fillCompileCache(log: (line: string) => void): Promise<void> {
  const script = join(root, 'packages/service/src/fill-compile-cache.ts');
  try {
    await promisify(execFile)(process.execPath, [script], {
      env: { ...process.env, ...nodeEnvironment },
      timeout: 60_000,
    });
  } catch {
    log('the compile cache could not be filled; services start slower'); // a folder that cannot be written to, perhaps
  }
}

const urlOf = (port: number) => `http://127.0.0.1:${port}`;

async function prepare(postgres: LocalPostgres, kafka: LocalKafka | undefined, options: HouseOptions): Promise<string> {
  const database = options.database ?? 'heard';
  const admin = new pg.Client({ connectionString: postgres.adminUrl });
  await admin.connect();
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [database]);
    if (!rowCount) await admin.query(`create database ${admin.escapeIdentifier(database)}`);
  } finally {
    await admin.end();
  }
  const partitions = options.partitions ?? defaultPartitions;
  const adminUrl = postgres.url(database);
  await migrate({ adminUrl, appPassword: appPassword(options.dir), partitions });
  const brokers = kafka?.brokers ?? [];
  if (kafka) await createTopics(connectKafka({ brokers, clientId: 'heard.migrate', log: () => {} }), partitions, 1);
  await publishPolicy(options.policy ?? presetPolicy(), {
    adminUrl,
    driver: options.bus,
    brokers,
    onlyIfNone: options.policy === undefined,
    now: new Date(),
    log: () => {},
  });
  return adminUrl;
}

function environmentOf(
  name: ServiceName,
  postgres: LocalPostgres,
  kafka: LocalKafka | undefined,
  port: number,
  options: HouseOptions,
): Record<string, string> {
  const url = new URL(postgres.url(options.database ?? 'heard'));
  url.username = `heard_${schemaOf(name)}`;
  url.password = appPassword(options.dir);
  return {
    BUS: options.bus,
    KAFKA_BROKERS: kafka?.brokers.join(',') ?? '',
    DATABASE_URL: url.href,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(port),
    AUTH_JWKS_FILE: keySetFile(options.dir),
    AUTH_JWKS_URL: '',
    AUTH_ISSUER: localIssuer,
    AUTH_AUDIENCE: 'heard',
    ...options.environment,
  };
}

/** One password for the services' roles, made once and kept beside the data. */
function appPassword(dir: string): string {
  const file = join(dir, 'app-password');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
    return readFileSync(file, 'utf8');
  }
}

type Started = Pick<Program, 'ended' | 'output'>;

/** `program` is the one of the moment: who ends to be started again has another chance. */
export async function becomeReady(name: ServiceName, url: string, program: () => Started): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const ok = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await sleep(50);
    const { ended, output } = program();
    const how = await Promise.race([ended, undefined]);
    if (how === undefined || how === `exit code ${toStartAgain}`) continue;
    throw new Error(`${name} did not start (${how}): ${output().trim().split('\n').at(-1)}`);
  }
  throw new Error(`${name} did not become ready within 60 s`);
}
