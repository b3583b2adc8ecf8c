import { connectKafka } from '@heard/bus/kafka';
import { createTopics } from '@heard/bus/kafka-topics';
import { consumers, type ServiceName } from '@heard/events/registry';
import { startKafka } from '@heard/local/kafka';
import { presetPolicy } from '@heard/policy/policy';
import type { Route } from '@heard/service/access';
import type { Clock } from '@heard/service/clock';
import { schemaOf } from '@heard/service/database';
import { publishPolicy } from '@heard/service/policy-publication';
import type { Running, StartOptions } from '@heard/service/service';
import { sql } from 'kysely';
import { start as assignment } from '../../../services/assignment/src/start.ts';
import { start as ingest } from '../../../services/ingest/src/start.ts';
import { start as rca } from '../../../services/rca/src/start.ts';
import { start as slaTimer } from '../../../services/sla-timer/src/start.ts';
import { start as suppressionList } from '../../../services/suppression-list/src/start.ts';
import { start as triage } from '../../../services/triage/src/start.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { eventually } from './eventually.ts';
import { authEnvironment, bearer, everything } from './tokens.ts';

const starts = { ingest, triage, assignment, 'sla-timer': slaTimer, 'suppression-list': suppressionList, rca };

/** All six services in this process, on a clock that may be virtual: for stories that take weeks. */
export interface Village {
  urls: Record<ServiceName, string>;
  /** Every route of every service, with who may use it. */
  routes: (Route & { service: ServiceName })[];
  brokers: string[];
  database: TestDatabase;
  /** As somebody who may do everything, or as the one whose header is given. */
  send(
    service: ServiceName,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: any }>;
  /** Waits until all is done that can be done at this instant: see `isSettled`. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export async function startVillage(options: {
  clock: Clock;
  /** Kafka has one set of topics and groups, so a village on it has a broker of its own. */
  bus: 'postgres' | 'kafka';
  policy?: Record<string, unknown>;
  /** For all services. */
  environment?: Record<string, string>;
}): Promise<Village> {
  const database = await testDatabase();
  const driver = options.bus;
  const kafka = driver === 'kafka' ? await startKafka({}) : undefined;
  const brokers = kafka?.brokers ?? [];
  if (kafka) await createTopics(connectKafka({ brokers, clientId: 'heard.test', log: () => {} }), 4, 1);
  await publishPolicy(options.policy ?? presetPolicy(), {
    adminUrl: database.url,
    driver,
    brokers,
    now: options.clock.now(),
    log: () => {},
  });
  const running: Running[] = [];
  const routes: Village['routes'] = [];
  const urls = {} as Record<ServiceName, string>;
  for (const [name, start] of Object.entries(starts) as [ServiceName, (options: StartOptions) => Promise<Running>][]) {
    const environment = {
      BUS: driver,
      KAFKA_BROKERS: brokers.join(','),
      DATABASE_URL: database.urlOf(name),
      HTTP_PORT: '0',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      ...authEnvironment,
      ...options.environment,
    };
    const fatal = (error: Error) => {
      throw error;
    };
    const one = await start({ environment, clock: options.clock, fatal });
    running.push(one);
    urls[name] = one.url;
    routes.push(...one.routes.map((route) => ({ ...route, service: name })));
    await eventually(`${name} to be ready`, async () => (await fetch(`${one.url}/readyz`)).ok);
  }
  const admin = database.open('bus', 2);
  const anybody = await bearer(everything);

  return {
    urls,
    routes,
    brokers,
    database,
    async send(service, method, path, body, headers = anybody) {
      const response = await fetch(`${urls[service]}${path}`, {
        method,
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return { status: response.status, body: isJson && text ? JSON.parse(text) : text };
    },
    async settle() {
      await eventually(
        'everything published to be consumed',
        async () => (await isSettled(admin, options.clock)) && (await isSettled(admin, options.clock)),
        60,
      );
    },
    async close() {
      await Promise.all(running.map((one) => one.close()));
      await database.drop();
      await kafka?.stop();
    },
  };
}

const readers = Object.entries(consumers).flatMap(([consumer, topics]) =>
  topics.filter((topic) => !topic.startsWith('heard.inbound.')).map((topic) => ({ consumer, topic })),
);

/**
 * Whether no consumer has anything to read, no comment waits for its themes, no timer is due and no message is being sent,
 * as one snapshot of the database has it.
 */
export async function isSettled(admin: ReturnType<TestDatabase['open']>, clock?: Clock): Promise<boolean> {
  const now = clock?.now() ?? new Date();
  const due = ['assignment', 'sla-timer', 'suppression-list', 'rca'].map(
    (service) => sql`select 1 from ${sql.table(`${schemaOf(service)}.timers`)} where due_at <= ${now}`,
  );
  const { rows } = await sql`
    select 1 from unnest(${readers.map((r) => r.consumer)}::text[], ${readers.map((r) => r.topic)}::text[]) as r (consumer, topic)
      join bus.partitions h on h.topic = r.topic
      left join bus.positions p on p.consumer = r.consumer and p.topic = h.topic and p.partition = h.partition
     where coalesce(p.seq, 0) < h.head
    union all select 1 from rca.pending_comments
    union all select 1 from rca.code_frames where state in ('learning', 'serving') and not complete
    union all ${sql.join(due, sql` union all `)}
    union all select 1 from assignment.deliveries d left join assignment.delivery_buckets b using (target)
               where d.state = 'waiting' and (d.sending or (d.next_at <= ${now} and coalesce(b.tokens, 1) >= 1)) limit 1`.execute(
    admin,
  );
  return rows.length === 0;
}
