import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Database } from '@heard/bus/log';
import { presetPolicy } from '@heard/policy/policy';
import { VirtualClock } from '@heard/service/clock';
import { publishPolicy } from '@heard/service/policy-publication';
import type { Running } from '@heard/service/service';
import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { authEnvironment, bearer, everything } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { start } from '../start.ts';

export interface Comment {
  id: string;
  comment: string;
  occurredAt?: string;
  revision?: number;
  segment?: string;
  channel?: string;
  kind?: string;
  product?: string;
}

/** The rca service with comments written by hand, spoken to over HTTP. */
export interface Corpus {
  clock: VirtualClock;
  home: TestDatabase;
  database: Database;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it says what it is
  send(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  /** Comments arrive, or arrive again with another revision. */
  say(comments: Comment[]): Promise<void>;
  /** Waits until every comment has its themes by the newest version. */
  settle(): Promise<void>;
  published(type: string): Promise<Record<string, unknown>[]>;
  /** Ends the service and starts it again on the same tables. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** The service as a process on the same tables, on real time. */
  spawn(): ChildProcess;
  close(): Promise<void>;
}

/** The same name is the same feedback. */
export const idOf = (name: string): string => {
  const hex = createHash('md5').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};

export async function openCorpus(now: string, environment: Record<string, string> = {}): Promise<Corpus> {
  const home = await testDatabase();
  const clock = new VirtualClock(now);
  const database = home.open('rca', 2);
  await publishPolicy(presetPolicy(), { adminUrl: home.url, driver: 'postgres', now: clock.now(), log: () => {} });
  let running: Running;
  const boot = async () => {
    running = await start({
      environment: {
        DATABASE_URL: home.urlOf('rca'),
        HTTP_PORT: '0',
        LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
        ...authEnvironment,
        ...environment,
      },
      clock,
    });
    await eventually('readiness', async () => (await fetch(`${running.url}/readyz`)).ok);
  };
  await boot();

  return {
    clock,
    home,
    database,
    async send(method, path, body) {
      const response = await fetch(`${running.url}${path}`, {
        method,
        headers: {
          ...(await bearer([...everything, 'director'], 'ana')),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    async say(comments) {
      const of = <T>(read: (comment: Comment) => T) => comments.map(read);
      await sql`
        with said as (
          insert into comments (feedback_id, revision, customer_id, kind, channel, product, comment, occurred_at, segment, high_value, triaged_revision)
          select t.id, t.revision, 'c-' || t.id, t.kind, t.channel, t.product, t.comment, t.at, t.segment, false, t.revision
            from unnest(${of((c) => idOf(c.id))}::uuid[], ${of((c) => c.revision ?? 1)}::int[], ${of((c) => c.kind ?? 'survey-response')}::text[],
              ${of((c) => c.channel ?? 'app')}::text[], ${of((c) => c.product ?? null)}::text[], ${of((c) => c.comment)}::text[],
              ${of((c) => c.occurredAt ?? now)}::timestamptz[], ${of((c) => c.segment ?? 'detractor')}::text[])
              as t (id, revision, kind, channel, product, comment, at, segment)
          on conflict (feedback_id) do update set revision = excluded.revision, kind = excluded.kind, channel = excluded.channel,
            product = excluded.product, comment = excluded.comment, occurred_at = excluded.occurred_at, segment = excluded.segment,
            triaged_revision = excluded.triaged_revision
          returning feedback_id)
        insert into pending_comments (feedback_id) select feedback_id from said`.execute(database);
      await sql`select pg_notify('heard.analyst', 'rca')`.execute(database);
    },
    async settle() {
      await eventually(
        'all comments to have their themes',
        async () => {
          const { rows } = await sql`
            select 1 from pending_comments union all select 1 from code_frames where state = 'learning'
            union all select 1 from code_frames f where state = 'serving' and not complete
            union all select 1 from discoveries where state in ('waiting', 'found')
            union all select 1 where not exists (select from code_frames where state = 'serving')`.execute(database);
          return rows.length === 0;
        },
        60,
      );
    },
    async published(type) {
      const { rows } = await sql<{ data: Record<string, unknown> }>`
        select data::json as data from bus.log where topic = 'heard.rca' and attributes::json ->> 'type' = ${type}
         order by partition, seq`.execute(database);
      return rows.map((row) => row.data);
    },
    async restart() {
      await running.close();
      await boot();
    },
    stop: () => running.close(),
    spawn: () =>
      spawn(process.execPath, [fileURLToPath(new URL('../main.ts', import.meta.url))], {
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: home.urlOf('rca'),
          HTTP_PORT: '0',
          LOG_LEVEL: 'silent',
          STARTER_FRAME: 'none',
          ...authEnvironment,
        },
        stdio: 'ignore',
      }),
    async close() {
      await running.close();
      await home.drop();
    },
  };
}
