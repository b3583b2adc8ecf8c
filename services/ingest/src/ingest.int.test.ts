import type { Database } from '@heard/bus/log';
import type { Running } from '@heard/service/service';
import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { authEnvironment, bearer } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { start } from './start.ts';

let home: TestDatabase;
let database: Database;
let ingest: Running;

beforeAll(async () => {
  home = await testDatabase();
  database = home.open('ingest');
  ingest = await start({
    environment: { DATABASE_URL: home.urlOf('ingest'), HTTP_PORT: '0', LOG_LEVEL: 'silent', ...authEnvironment },
  });
});
afterAll(async () => {
  await ingest.close();
  await home.drop();
});
beforeEach(async () => {
  await sql`truncate inputs, customer_values, rejects, imports`.execute(database);
  await sql`delete from bus.lots`.execute(database);
});

const good = {
  source: 'survey-app',
  externalId: 'r-1',
  customerId: 'c-1',
  score: { scale: 'nps', value: 3 },
  comment: '退款太慢',
  occurredAt: '2026-10-01T08:00:00+08:00',
};

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  const raw = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(`${ingest.url}${path}`, {
    method: 'POST',
    headers: { ...(await bearer(['system'])), ...headers },
    body: raw as string,
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: (await response.json()) as any /* whatever it answers is what is tested */,
  };
}
const published = async () =>
  (
    await sql<{
      type: string;
      data: any;
    }>`select attributes::json ->> 'type' as type, data::json as data from bus.log order by topic, partition, seq`.execute(
      database,
    )
  ).rows;

test('an accepted response is published with the same id however often it comes', async () => {
  const first = await post('/v1/responses', good);
  expect(first.status).toBe(201);
  const again = await Promise.all(Array.from({ length: 10 }, () => post('/v1/responses', good)));
  expect(new Set(again.map((one) => `${one.status} ${one.body.status} ${one.body.feedbackId}`))).toEqual(
    new Set([`200 duplicate ${first.body.feedbackId}`]),
  );
  expect(await published()).toMatchObject([
    {
      type: 'feedback.received',
      data: { feedbackId: first.body.feedbackId, occurredAt: '2026-10-01T00:00:00.000Z', revision: 1 },
    },
  ]);
});

test('ten copies sent at once are one response', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => post('/v1/responses', good)));
  expect(all.filter((one) => one.body.status === 'accepted').length).toBe(1);
  expect((await published()).length).toBe(1);
});

test('a correction comes under a higher revision; what comes too late changes nothing', async () => {
  await post('/v1/responses', good);
  expect((await post('/v1/responses', { ...good, revision: 3, comment: 'x' })).body.status).toBe('accepted');
  expect((await post('/v1/responses', { ...good, revision: 2, comment: 'y' })).body.status).toBe('superseded');
  expect((await published()).map((event) => event.data.revision)).toEqual([1, 3]);
});

test('the newest customer value wins, however late the older one comes', async () => {
  const value = {
    source: 'crm',
    customerId: 'c-1',
    version: 5,
    lifetimeValue: { amount: 100, currency: 'CNY' },
    occurredAt: good.occurredAt,
  };
  const statuses = [];
  for (const version of [5, 4, 5, 6])
    statuses.push((await post('/v1/customer-values', { ...value, version })).body.status);
  expect(statuses).toEqual(['accepted', 'superseded', 'duplicate', 'accepted']);
});

describe('bad input gets one clear error that names the field, and nothing is stored', () => {
  const inADay = new Date(Date.now() + 86_400_000).toISOString();
  test.each<[string, unknown, number, string]>([
    ['a wrong type', { ...good, customerId: 7 }, 400, 'customerId'],
    ['a missing field', { ...good, source: undefined }, 400, 'source'],
    ['an unknown field', { ...good, scroe: 3 }, 400, 'scroe'],
    ['a score above its scale', { ...good, score: { scale: 'nps', value: 11 } }, 400, 'score.value'],
    ['a score below its scale', { ...good, score: { scale: 'csat', value: 0 } }, 400, 'score.value'],
    ['half a score', { ...good, score: { scale: 'nps', value: 6.5 } }, 400, 'score.value'],
    ['a time without a zone', { ...good, occurredAt: '2026-10-01T08:00:00' }, 400, 'occurredAt'],
    ['a time in the future', { ...good, occurredAt: inADay }, 400, 'occurredAt'],
    ['a control character in an id', { ...good, customerId: 'a\nb' }, 400, 'customerId'],
    ['what is not JSON', '{"source":', 400, 'JSON'],
  ])('%s', async (_name, body, status, field) => {
    const answer = await post('/v1/responses', body);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status } });
    expect(JSON.stringify(answer.body)).toContain(field);
    expect((await sql`select 1 from inputs`.execute(database)).rows).toEqual([]);
    expect(await published()).toEqual([]);
  });

  test('the same id with another body', async () => {
    await post('/v1/responses', good);
    const answer = await post('/v1/responses', { ...good, comment: 'something else' });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'same-id-other-content', errors: [{ field: 'externalId' }] },
    });
    expect((await published()).length).toBe(1);
  });
  test('a body of 10 MB', async () => {
    const answer = await post('/v1/responses', { ...good, comment: 'x'.repeat(10_000_000) });
    expect(answer).toMatchObject({ status: 413, body: { status: 413 } });
  });
  test('broken UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('{"source":"a'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(await post('/v1/responses', bytes)).toMatchObject({ status: 400, body: { code: 'not-utf-8' } });
  });
  test('an unknown customer is no error', async () => {
    expect((await post('/v1/responses', { ...good, customerId: 'never-seen' })).status).toBe(201);
  });
});

test('a batch is judged item by item, in order', async () => {
  const { body } = await post('/v1/responses/batch', [
    good,
    { ...good, externalId: 'r-2', score: { scale: 'nps', value: 99 } },
    good,
    'nonsense',
  ]);
  expect(body.results.map((one: { status: string }) => one.status)).toEqual([
    'accepted',
    'rejected',
    'duplicate',
    'rejected',
  ]);
  expect(body.results[1].problem.detail).toContain('score.value');
});

describe('files', () => {
  const header = 'source,externalId,customerId,scale,score,comment,occurredAt';
  const line = (id: string, comment: string, score = '3') =>
    `app,${id},c-${id},nps,${score},${comment},2026-10-01T00:00:00Z`;
  const csv = (...lines: string[]) => [header, ...lines, ''].join('\n');

  test('a CSV line that is wrong is rejected with its number and the rest goes on', async () => {
    const { body } = await post(
      '/v1/imports/responses',
      csv(line('1', 'ok'), line('2', 'ok', '42'), 'a,b', line('3', '=1+1')),
      { 'content-type': 'text/csv' },
    );
    expect(body).toMatchObject({ read: 4, accepted: 2, rejected: 2 });
    expect(body.rejects.map((one: { line: number; field: string }) => [one.line, one.field])).toEqual([
      [3, 'score.value'],
      [4, 'line'],
    ]);
    const kept = await fetch(`${ingest.url}/v1/imports/${body.importId}/rejects`, {
      headers: await bearer(['supervisor']),
    });
    expect(((await kept.json()) as { items: unknown[] }).items).toEqual(body.rejects);
    expect((await published()).map((event) => event.data.comment)).toContain('=1+1');
  });
  test('a byte order mark and GB18030 are read', async () => {
    await post('/v1/imports/responses', Buffer.from(`\uFEFF${csv(line('1', '客服不理人'))}`), {
      'content-type': 'text/csv',
    });
    const [before, after] = csv(line('2', '@')).split('@');
    const gb = Buffer.concat([
      Buffer.from(before!),
      Buffer.from([0xcd, 0xcb, 0xbf, 0xee, 0xc2, 0xfd]),
      Buffer.from(after!),
    ]); // 退款慢
    await post('/v1/imports/responses', gb, { 'content-type': 'text/csv' });
    expect((await published()).map((event) => event.data.comment).sort()).toEqual(['客服不理人', '退款慢']);
  });
  test('an unknown column is one error before anything is taken', async () => {
    const answer = await post('/v1/imports/responses', `${header},mood\n${line('1', 'x')},bad\n`, {
      'content-type': 'text/csv',
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'unreadable-file' } });
    expect(answer.body.detail).toContain('mood');
    expect(await published()).toEqual([]);
  });
  test('JSON lines, sent twice, are duplicates the second time', async () => {
    const lines = ['1', '2', '3'].map((id) => JSON.stringify({ ...good, externalId: id })).join('\n');
    const send = () => post('/v1/imports/responses', lines, { 'content-type': 'application/x-ndjson' });
    expect((await send()).body).toMatchObject({ read: 3, accepted: 3, duplicate: 0 });
    expect((await send()).body).toMatchObject({ read: 3, accepted: 0, duplicate: 3 });
    expect((await published()).length).toBe(3);
  });
  test('another content type is refused', async () => {
    expect((await post('/v1/imports/responses', 'x', { 'content-type': 'application/xml' })).status).toBe(415);
  });
});
