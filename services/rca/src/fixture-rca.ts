import { randomUUID } from 'node:crypto';
import type { Database } from '@heard/bus/log';
import { presetPolicy } from '@heard/policy/policy';
import type { AccessRole } from '@heard/service/access';
import { VirtualClock } from '@heard/service/clock';
import { publishPolicy } from '@heard/service/policy-publication';
import { testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { authEnvironment, bearer } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { start } from './start.ts';

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it says what it is
  body: any;
}

export interface FrameTheme {
  id: string;
  zh: string;
  en: string;
  words: string[];
}

/** What is not given: a detractor's survey response of score 3, said now by a customer of its own, by web. */
export interface Said {
  feedbackId?: string;
  customerId?: string;
  kind?: string;
  channel?: string;
  product?: string | null;
  campaign?: string | null;
  reasons?: string[];
  scale?: string | null;
  score?: number | null;
  comment?: string | null;
  occurredAt?: string;
  segment?: string | null;
  highValue?: boolean;
  terms?: string[];
  /** The first is the primary one. Left out: not assigned by the frame at all. */
  themes?: string[];
}

export interface KnownCustomer {
  customerId: string;
  valueMinor?: number | null;
  customerSince?: string | null;
  churnedAt?: string | null;
}

export interface KnownCase {
  customerId: string;
  caseId?: string;
  feedbackIds?: string[];
  priority?: string;
  openedAt?: string;
  rootCause?: string;
  resolvedAt?: string;
  recovered?: boolean;
  closedAt?: string;
  outcome?: 'recovered' | 'lost' | 'invalid' | 'unreached';
}

/** The rca service with a corpus written by hand, spoken to over HTTP. */
export interface Rca {
  clock: VirtualClock;
  database: Database;
  url: string;
  send(who: string, method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
  frame(version: number, themes: FrameTheme[], state?: 'learning' | 'serving' | 'retired'): Promise<void>;
  /** Returns the feedback ids, in order; `frameVersion` is what their themes are counted by. */
  say(said: Said[], frameVersion?: number): Promise<string[]>;
  know(customers: KnownCustomer[]): Promise<void>;
  /** Returns the case ids, in order. */
  openCases(cases: KnownCase[]): Promise<string[]>;
  // biome-ignore lint/suspicious/noExplicitAny: see Answer
  published(type: string): Promise<any[]>;
  close(): Promise<void>;
}

export async function openRca(
  now: string,
  people: Record<string, AccessRole[]>,
  { policy = presetPolicy(), environment = {} }: { policy?: unknown; environment?: Record<string, string> } = {},
): Promise<Rca> {
  const home = await testDatabase();
  const clock = new VirtualClock(now);
  const database = home.open('rca', 2);
  const log = () => {};
  await publishPolicy(policy as never, { adminUrl: home.url, driver: 'postgres', now: clock.now(), log });
  const common = {
    DATABASE_URL: home.urlOf('rca'),
    HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    STARTER_FRAME: 'none', // the test says which frames there are
    ...authEnvironment,
  };
  const running = await start({ environment: { ...common, ...environment }, clock });
  await eventually('readiness', async () => (await fetch(`${running.url}/readyz`)).ok);
  const at = () => clock.now().toISOString();
  const rowsOf = (rows: object[]) => JSON.stringify(rows);

  return {
    clock,
    database,
    url: running.url,
    async send(who, method, path, body, key) {
      const roles = people[who];
      if (!roles) throw new Error(`nobody is called ${who}`);
      const headers: Record<string, string> = { ...(await bearer(roles, who)) };
      const isFile = typeof body === 'string';
      if (body !== undefined) headers['content-type'] = isFile ? 'text/csv' : 'application/json';
      if (key !== undefined) headers['idempotency-key'] = key;
      const response = await fetch(`${running.url}${path}`, {
        method,
        headers,
        body: isFile ? body : JSON.stringify(body),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return { status: response.status, body: isJson ? JSON.parse(text) : text };
    },
    async frame(version, themes, state = 'serving') {
      const document = JSON.stringify({ name: 'test', version, themes, merges: [] });
      if (state === 'serving') {
        await sql`update code_frames set state = 'retired' where state = 'serving'`.execute(database);
      }
      // As one that has learnt all it can, so that nothing finds other themes than the test says.
      await sql`insert into code_frames (version, document, published_at, published_by, state, model, complete, learnt_from)
        values (${version}, ${document}::jsonb, ${at()}, 'tester', ${state}, '', true, 1000000)`.execute(database);
    },
    async say(said, frameVersion = 1) {
      const rows = said.map((one) => ({ ...usual(at()), ...one, feedbackId: one.feedbackId ?? randomUUID() }));
      const comments = rows.map((row) => ({
        feedback_id: row.feedbackId,
        revision: 1,
        customer_id: row.customerId ?? row.feedbackId,
        kind: row.kind,
        channel: row.channel,
        product: row.product,
        campaign: row.campaign,
        reasons: row.reasons,
        scale: row.scale,
        score: row.score,
        comment: row.comment,
        occurred_at: row.occurredAt,
        segment: row.segment,
        high_value: row.highValue,
        triaged_revision: 1,
        terms: row.terms,
      }));
      const themes = rows.flatMap(({ feedbackId, themes }) =>
        themes ? [{ frame: frameVersion, feedbackId, primary: themes[0] ?? null, mentions: themes }] : [],
      );
      await sql`insert into comments (feedback_id, revision, customer_id, kind, channel, product, scale, score, comment, occurred_at, segment, high_value, triaged_revision, terms, campaign, reasons)
        select feedback_id, revision, customer_id, kind, channel, product, scale, score, comment, occurred_at, segment, high_value, triaged_revision, terms, campaign, reasons
          from jsonb_populate_recordset(null::comments, ${rowsOf(comments)}::jsonb)`.execute(database);
      await sql`insert into comment_themes (frame_version, feedback_id, primary_theme, mentions, uncertain)
        select t.frame, t."feedbackId", t."primary", array(select jsonb_array_elements_text(t.mentions)), false
          from jsonb_to_recordset(${rowsOf(themes)}::jsonb) as t (frame int, "feedbackId" uuid, "primary" text, mentions jsonb)`.execute(
        database,
      );
      return rows.map((row) => row.feedbackId);
    },
    async know(customers) {
      await sql`insert into customers (customer_id, version, value_minor, value_currency, customer_since, churned_at)
        select c."customerId", 1, c."valueMinor", case when c."valueMinor" is not null then 'CNY' end, c."customerSince", c."churnedAt"
          from jsonb_to_recordset(${rowsOf(customers)}::jsonb)
            as c ("customerId" text, "valueMinor" bigint, "customerSince" timestamptz, "churnedAt" timestamptz)`.execute(
        database,
      );
    },
    async openCases(cases) {
      const rows = cases.map((one) => ({
        priority: 'P1',
        openedAt: at(),
        feedbackIds: [],
        ...one,
        caseId: one.caseId ?? randomUUID(),
      }));
      await sql`insert into cases (case_id, customer_id, version, priority, opened_at, root_cause, resolved_at, recovered, closed_at, outcome)
        select c."caseId", c."customerId", 1, c.priority, c."openedAt", c."rootCause", c."resolvedAt", c.recovered, c."closedAt", c.outcome
          from jsonb_to_recordset(${rowsOf(rows)}::jsonb)
            as c ("caseId" uuid, "customerId" text, priority text, "openedAt" timestamptz, "rootCause" text, "resolvedAt" timestamptz,
                  recovered boolean, "closedAt" timestamptz, outcome text)`.execute(database);
      const links = rows.flatMap(({ caseId, feedbackIds }) =>
        feedbackIds.map((feedbackId) => ({ caseId, feedbackId })),
      );
      await sql`insert into case_feedback (feedback_id, case_id) select l."feedbackId", l."caseId"
          from jsonb_to_recordset(${rowsOf(links)}::jsonb) as l ("feedbackId" uuid, "caseId" uuid)`.execute(database);
      return rows.map((row) => row.caseId);
    },
    async published(type) {
      const { rows } = await sql<{ data: unknown }>`
        select data::json as data from bus.log where topic = 'heard.rca' and attributes::json ->> 'type' = ${type}
         order by partition, seq`.execute(database);
      return rows.map((row) => row.data);
    },
    async close() {
      await running.close();
      await home.drop();
    },
  };
}

const usual = (occurredAt: string) => ({
  kind: 'survey-response',
  channel: 'web',
  product: null,
  campaign: null,
  reasons: [] as string[],
  scale: 'nps',
  score: 3,
  comment: 'words',
  occurredAt,
  segment: 'detractor',
  highValue: false,
  terms: [] as string[],
});
