import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ReplayOptions, replay } from './replay.ts';
import { describe as describeSummary, replayCommand } from './replay-command.ts';
import { messageOf } from './replay-kafka.ts';

interface Sent {
  customerId: string;
  externalId?: string;
  score?: { value: number };
}

let folder: string;
let server: Server;
let url: string;
/** What arrived, by path, batch by batch. */
let batches: { path: string; items: Sent[] }[];
/** Answers given instead of taking a batch, first come first served. */
let refusals: number[];
let maxItems: number;
const summary = { feedback: 0 };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heard-replay-'));
  batches = [];
  refusals = [];
  maxItems = 1000;
  summary.feedback = 0;
  const seen = new Set<string>();
  server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'GET') return answer(200, { feedback: summary.feedback, cases: summary.feedback });
    const refusal = refusals.shift();
    if (refusal) return answer(refusal, { detail: 'try again' });
    const items = JSON.parse(body) as Sent[];
    if (items.length > maxItems) return answer(413, { detail: 'too large' });
    batches.push({ path: request.url!, items });
    const results = items.map(({ externalId, score }) => {
      if (score && score.value > 10) {
        return { status: 'rejected', problem: { code: 'invalid', detail: 'score.value: must be at most 10' } };
      }
      if (externalId && seen.has(externalId)) return { status: 'duplicate' };
      if (externalId) seen.add(externalId);
      return { status: 'accepted' };
    });
    if (request.url!.includes('responses')) {
      summary.feedback += results.filter(({ status }) => status === 'accepted').length;
    }
    answer(200, { results });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const responses = (count: number, customers: number) =>
  `source,externalId,customerId,scale,score,occurredAt\n${Array.from(
    { length: count },
    (_, i) => `shop,r-${i},c-${i % customers},nps,${i % 11},2026-10-01T10:00:00Z\n`,
  ).join('')}`;

function run(files: string[], options: Partial<ReplayOptions> = {}) {
  return replay({
    files,
    kind: 'auto',
    via: 'http',
    url,
    brokers: [],
    batch: 500,
    rate: 0,
    wait: false,
    environment: {},
    ...options,
  });
}

const arrived = () => batches.flatMap(({ items }) => items);

describe('over HTTP', () => {
  test('every line is accounted for, rejects with file, line and field', async () => {
    const path = file(
      'responses.csv',
      `${responses(1200, 300)}shop,x-1,c-1,nps,77,2026-10-01T10:00:00Z\nshop,x-2,c-1,nps,bad,2026-10-01T10:00:00Z\n`,
    );
    const first = await run([path]);
    expect(first).toMatchObject({ read: 1202, accepted: 1200, duplicate: 0, superseded: 0, rejected: 2 });
    expect(first.rejects).toEqual(
      expect.arrayContaining([
        { file: path, line: 1202, field: 'score.value', message: 'must be at most 10' },
        { file: path, line: 1203, field: 'score', message: 'must be a whole number' },
      ]),
    );
    expect(await run([path])).toMatchObject({ read: 1202, accepted: 0, duplicate: 1200, rejected: 2 });
    expect(Math.max(...batches.map(({ items }) => items.length))).toBeLessThanOrEqual(500);
  });

  test('the items of one customer keep the order of the file', async () => {
    await run([file('responses.csv', responses(3000, 7))], { batch: 50 });
    expect(arrived()).toHaveLength(3000);
    const last = new Map<string, number>();
    for (const { customerId, externalId } of arrived()) {
      const number = Number(externalId!.slice(2));
      expect(number).toBeGreaterThan(last.get(customerId) ?? -1);
      last.set(customerId, number);
    }
  });

  test('values and responses mixed in one file keep the order of each customer', async () => {
    const value = (n: number) => ({
      type: 'customer-value.published',
      data: { source: 'crm', customerId: 'c-1', version: n },
    });
    const response = (n: number) => ({
      type: 'survey-response.submitted',
      data: { source: 'shop', externalId: `r-${n}`, customerId: 'c-1' },
    });
    const text = [value(1), response(1), response(2), value(2), response(3)];
    await run([file('mixed.jsonl', text.map((one) => JSON.stringify(one)).join('\n'))]);
    expect(batches.map(({ path, items }) => [path, items.length])).toEqual([
      ['/v1/customer-values/batch', 1],
      ['/v1/responses/batch', 2],
      ['/v1/customer-values/batch', 1],
      ['/v1/responses/batch', 1],
    ]);
  });

  test('what may pass is tried again, and an answer that stays away is one clear error', async () => {
    const path = file('responses.csv', responses(10, 1));
    refusals = [503, 429];
    expect(await run([path])).toMatchObject({ read: 10, accepted: 10 });
    refusals = Array(100).fill(503);
    await expect(run([path], { patienceMs: 300 })).rejects.toThrow(
      `${url} took nothing for 0 s (503 try again); is Heard running?`,
    );
  });

  test('any other refusal ends it at once', async () => {
    refusals = [401];
    await expect(run([file('responses.csv', responses(10, 1))])).rejects.toThrow(
      `${url} refused a batch of responses: 401 try again`,
    );
  });

  test('a batch that is too large is sent in halves', async () => {
    maxItems = 3;
    expect(await run([file('responses.csv', responses(10, 1))])).toMatchObject({ read: 10, accepted: 10 });
  });

  test('the rate is kept', async () => {
    const { seconds } = await run([file('responses.csv', responses(60, 5))], { rate: 200 });
    expect(seconds).toBeGreaterThan(0.2);
    expect(batches.length).toBeGreaterThan(2);
  });

  test('a file that is not there, or has an unknown column, is an error that names it', async () => {
    await expect(run([join(folder, 'none.csv')])).rejects.toThrow('none.csv: there is no such file');
    const path = file('odd.csv', 'externalId,mood\nr-1,glad\n');
    await expect(run([path])).rejects.toThrow(`${path}: unknown column "mood"`);
    expect(await run([path], { map: { mood: 'attributes.mood' } })).toMatchObject({ accepted: 1 });
  });

  test('it waits until the services have settled and tells what came of it', async () => {
    const services = ['TRIAGE', 'ASSIGNMENT', 'SLA_TIMER', 'SUPPRESSION_LIST'];
    const environment = Object.fromEntries([
      ...services.map((name) => [`HEARD_URL_${name}`, url]),
      ['HEARD_URL_RCA', 'http://127.0.0.1:1'],
    ]);
    const settling = { everyMs: 10, boundMs: 2_000 };
    const path = file('responses.csv', responses(20, 4));
    const done = await run([path], { wait: true, environment, settling });
    expect(done.outcome).toMatchObject({
      settled: true,
      cases: 20,
      silent: ['rca'],
      difference: { triage: { feedback: 20 } },
    });
    const text = describeSummary(done);
    expect(text).toContain('read               20');
    expect(text).toMatch(/assignment cases +0 +20 +\+20/);
    expect(text).toContain('no answer from rca');
  });
});

describe('over Kafka an item becomes a CloudEvent', () => {
  const item = (value: object) => ({ file: 'f', line: 2, customerId: 'c-1', value, json: JSON.stringify(value) });
  const common = { source: 'shop', customerId: 'c-1', occurredAt: '2026-10-01T10:00:00Z' };

  test('in binary mode, with the customer as its key', () => {
    const value = { ...common, externalId: 'r-1' };
    expect(messageOf('responses', { ...item(value), kind: 'responses' })).toEqual({
      message: {
        key: 'c-1',
        value: JSON.stringify(value),
        headers: {
          'content-type': 'application/json',
          ce_specversion: '1.0',
          ce_id: 'shop:r-1:1',
          ce_type: 'survey-response.submitted',
          ce_source: '/shop',
          ce_time: '2026-10-01T10:00:00Z',
          ce_subject: 'c-1',
        },
      },
    });
    expect(messageOf('customer-values', { ...item(common), kind: 'customer-values' })).toMatchObject({
      message: { headers: { ce_id: 'shop:c-1:1790848800000', ce_type: 'customer-value.published' } },
    });
  });

  test('unless its schema refuses it', () => {
    const value = { ...common, externalId: 'r-1', score: { scale: 'nps', value: 11 } };
    expect(messageOf('responses', { ...item(value), kind: 'responses' })).toEqual({
      status: 'rejected',
      reject: { field: 'score.value', message: 'must be a whole number from 0 to 10 on the nps scale' },
    });
  });
});

test.each([
  [['--batch', '0'], 'It must be a whole number from 1 to 1000.'],
  [['--map', 'column'], 'Write it as name=value.'],
  [['--url', 'ingest:7401'], 'It must be an http or https URL.'],
  [['--kind', 'tickets'], 'Allowed choices are responses, customer-values, auto.'],
])('the command refuses %s', async (flags, message) => {
  const told: string[] = [];
  const command = replayCommand()
    .exitOverride()
    .configureOutput({ writeErr: (text) => void told.push(text) });
  await expect(command.parseAsync(['file.csv', ...flags], { from: 'user' })).rejects.toThrow();
  expect(told.join('')).toContain(message);
});
