import { type Bus, describe, openBus } from '@heard/bus/bus';
import type { Subscription } from '@heard/bus/consumer';
import { type Database, type Tx, unpublishedAge } from '@heard/bus/log';
import type { Event } from '@heard/events/event';
import { consumers, type EventType, type ServiceName } from '@heard/events/registry';
import { sql } from 'kysely';
import { type Logger, pino } from 'pino';
import type * as z from 'zod';
import type { RecordCheck, Route } from './access.ts';
import { appendAudit, type ChangingRequest, registerAuditLogRoute } from './audit-log.ts';
import { type Clock, realClock } from './clock.ts';
import { type BaseConfig, readConfig } from './config.ts';
import { openDatabase, schemaOf } from './database.ts';
import { registerDeadLetterRoutes } from './dead-letters.ts';
import { type Http, openHttp } from './http.ts';
import { Metrics } from './metrics.ts';
import { Policies } from './policies.ts';
import { type Move, runTimers, setTimers, type Timer } from './timers.ts';
import { authenticator } from './tokens.ts';

/** What a service gets to build itself from. */
export interface Service {
  name: ServiceName;
  config: BaseConfig;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  database: Database;
  bus: Bus;
  http: Http;
  policies: Policies;
  /**
   * One transaction whose events are published when it commits: what an HTTP command does. The audit log gets a row in
   * the same transaction; `record` names what was changed (without it, the first parameter of the path) and `version`
   * what it is at now.
   */
  commit<T>(
    request: ChangingRequest,
    work: (tx: Tx) => Promise<{ result: T; events: Event[]; record?: string; version?: number }>,
  ): Promise<T>;
  /** Says which principals reach which records of the routes that name this record scope. */
  recordScope(name: string, check: RecordCheck): void;
  consume<T extends EventType>(subscription: Omit<Subscription<T>, 'consumer'>): void;
  setTimers(tx: Tx, timers: readonly Timer[], move?: Move): Promise<void>;
  fireTimers(fire: (tx: Tx, timers: Timer[]) => Promise<void>, lockFirst?: (tx: Tx) => Promise<unknown>): void;
  /** Closed in reverse order, before the bus and the database. */
  onClose(close: () => Promise<void>): void;
}

export interface Running {
  url: string;
  routes: readonly Route[];
  /** As /readyz says. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

export interface StartOptions {
  environment: Record<string, string | undefined>;
  clock?: Clock;
  /** The process cannot go on; default: log and throw it where the process ends. */
  fatal?(error: Error): void;
}

/**
 * Opens the parts, lets the service wire itself, then listens and starts consuming. Nothing stays open if it throws.
 * `own` are the variables that only this service reads.
 */
export async function startService<Own extends z.ZodRawShape = Record<never, never>>(
  name: ServiceName,
  wire: (service: Service, config: z.infer<z.ZodObject<Own>>) => Promise<void> | void,
  options: StartOptions,
  own?: z.ZodObject<Own>,
): Promise<Running> {
  const config = readConfig(options.environment, own);
  const log = pino({
    name,
    level: config.LOG_LEVEL,
    base: { service: name },
    redact: ['*.comment', '*.name', '*.phone', '*.email'],
  });
  const clock = options.clock ?? realClock;
  const metrics = new Metrics();
  const fatal =
    options.fatal ??
    ((error: Error) => {
      log.fatal({ error: describe(error) }, 'the process must be started again');
      setImmediate(() => {
        throw error; // ends the process in order, with exit code 1
      });
    });
  const schema = schemaOf(name);
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one();
  };

  try {
    const database = openDatabase({
      url: config.DATABASE_URL,
      schema,
      connections: config.DATABASE_CONNECTIONS,
      onError: (error) => log.warn({ error: error.message }, 'an idle database connection was lost'),
    });
    closing.push(() => database.destroy());
    const bus = await openBus({
      driver: config.BUS,
      writer: name,
      database,
      databaseUrl: config.DATABASE_URL,
      brokers: config.KAFKA_BROKERS,
      retentionHours: config.BUS_RETENTION_HOURS,
      stallSeconds: config.STALL_SECONDS,
      lingerMs: config.BUS_LINGER_MS,
      log: (level, message, fields) => log[level](fields ?? {}, message),
      fatal,
      metrics,
    });
    closing.push(() => bus.close());
    metrics.watchOutbox(() => unpublishedAge(database));
    const policies = new Policies((version) => metrics.policyVersion.set(version));
    bus.wakeups.on('heard.policies', schema, policies.forget);
    const needsPolicy = (consumers[name] as readonly string[]).includes('heard.policy');
    // Throws, and so is not ready, while the database is away or no policy has arrived.
    const ready = async () => {
      await sql`select 1`.execute(database);
      if (needsPolicy) await policies.current(database);
      return bus.ready();
    };
    const { http, recordScope, routes } = await openHttp({
      service: name,
      log,
      metrics,
      ready,
      authenticate: authenticator(config),
    });
    closing.push(() => http.close());
    const commit: Service['commit'] = async (request, work) =>
      untilNoDeadlock(() =>
        database.transaction().execute(async (tx) => {
          const { result, events, record, version } = await work(tx);
          await appendAudit(tx, request, { record, version, at: clock.now() });
          await bus.publish(tx, events);
          return result;
        }),
      );
    registerDeadLetterRoutes({ commit, database, http, name });
    registerAuditLogRoute(http, database);

    const starting: (() => Promise<void>)[] = [];
    const service: Service = {
      name,
      config,
      clock,
      log,
      metrics,
      database,
      bus,
      http,
      policies,
      commit,
      recordScope,
      consume: (subscription) => {
        starting.push(() => bus.consume({ ...subscription, consumer: name }));
      },
      setTimers: (tx, timers, move) => setTimers(tx, schema, timers, move, clock.now()),
      fireTimers: (fire, lockFirst) => {
        starting.push(async () => {
          const timers = runTimers({
            database,
            schema,
            clock,
            wakeups: bus.wakeups,
            fire,
            lockFirst,
            late: (seconds) => metrics.timerLateness.observe(seconds),
            failed: (error, inMs) => log.warn({ error: describe(error), inMs }, 'timers will try again'),
          });
          closing.push(() => timers.stop());
        });
      },
      onClose: (one) => {
        closing.push(one);
      },
    };
    await wire(service, config);

    const url = await http.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    for (const start of starting) await start();
    log.info({ url, bus: config.BUS }, 'ready');
    return { url, routes, ready, close };
  } catch (error) {
    await close();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new Error(`port ${config.HTTP_PORT} is taken; set HTTP_PORT to another or stop what uses it`);
    }
    throw error;
  }
}

const deadlockDetected = '40P01';

/** Of transactions that wait for each other in a ring PostgreSQL ends one; it did nothing, and is done anew. */
async function untilNoDeadlock<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 3; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || (error as { code?: string }).code !== deadlockDetected) throw error;
    }
  }
}
