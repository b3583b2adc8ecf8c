import { randomUUID } from 'node:crypto';
import { newEvent } from '@heard/events/event';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveCustomers } from '../corpus/corpus.ts';
import { openRca, type Rca, type Said } from '../fixture-rca.ts';
import type { PackData } from './pack.ts';

let rca: Rca;
let initiativeId: string;
let feedback: string[];

const planted = [
  '13812345678',
  'li.lei@example.com',
  '李雷',
  '张小凡',
  'CUST-4711',
  '11010519491231002X',
  '20261001778899',
];

beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', {
    ann: ['analyst'],
    sue: ['supervisor'],
    bob: ['support'],
    ada: ['admin'],
  });
  await rca.frame(1, [
    { id: 'slow-refund', zh: '退款慢', en: 'Slow refunds', words: ['退款', 'refund'] },
    { id: 'packaging', zh: '包装', en: 'Packaging', words: ['包装'] },
  ]);
  await sql`update code_frames set time_zone = 'Asia/Shanghai'`.execute(rca.database);
  await rca.know([{ customerId: 'CUST-4711' }]);
  const value = { customerId: 'CUST-4711', version: 2, name: '李雷', occurredAt: '2026-10-01T00:00:00Z' };
  const event = newEvent('customer.value-changed', 'CUST-4711', value as never, rca.clock.now());
  await rca.database.transaction().execute((tx) => saveCustomers(tx, [event]));
  feedback = await rca.say([
    {
      customerId: 'CUST-4711',
      comment: '退款三周没到，我李雷打了五次电话，13812345678，li.lei@example.com，编号CUST-4711',
      occurredAt: '2026-10-02T00:00:00Z',
      themes: ['slow-refund'],
      channel: 'app',
    },
    {
      customerId: 'b',
      comment: '我叫张小凡，身份证11010519491231002X，订单20261001778899包装破损，退款也慢',
      occurredAt: '2026-09-30T15:59:59Z', // still September in Shanghai
      themes: ['packaging', 'slow-refund'],
    },
    {
      customerId: 'c',
      comment: '=HYPERLINK("http://x") <b>退款</b> | [x](http://y)',
      occurredAt: '2026-09-30T16:00:00Z', // October there
      themes: ['slow-refund'],
    },
    ...many(7, { themes: ['packaging'], comment: '包装破损' }),
    ...many(4, { themes: ['slow-refund'], segment: 'promoter', scale: 'ces', score: 6, comment: 'refund was easy' }),
    ...many(2, { themes: ['slow-refund'], scale: 'ces', score: 2, comment: 'refund was hard', channel: 'app' }),
  ]);
  await rca.openCases([
    { customerId: 'CUST-4711', feedbackIds: [feedback[0]!], outcome: 'recovered' },
    { customerId: 'b', feedbackIds: [feedback[1]!, feedback[3]!] },
    { customerId: 'd', feedbackIds: [feedback[4]!] },
  ]);
  const body = {
    ...{ themeId: 'slow-refund', title: 'Refunds in a day', ownerId: 'vp', department: 'finance' },
    ...{ fixDueAt: '2026-12-01T00:00:00Z', reviewDueAt: '2027-03-01T00:00:00Z' },
  };
  initiativeId = (await rca.send('ann', 'POST', '/v1/initiatives', body)).body.initiativeId;
});
afterAll(() => rca.close());

function many(n: number, said: Said): Said[] {
  return Array.from({ length: n }, (_, i) => ({ occurredAt: `2026-09-0${i + 1}T00:00:00Z`, ...said }));
}
const file = (kind: string) => rca.send('ann', 'GET', `/v1/initiatives/${initiativeId}/pack.${kind}`);
const pack = async () => (await file('json')).body as PackData;

test('its counts are those of the tables', async () => {
  const { rows } = await sql<Record<string, number>>`
    with said as (select c.*, t.primary_theme, t.mentions from comments c join comment_themes t using (feedback_id)
                   where t.frame_version = 1 and c.segment = 'detractor' and c.comment <> ''),
         named as (select * from said where 'slow-refund' = any (mentions))
    select (select count(*)::int from said) as comments, (select count(*)::int from named) as mentions,
           (select count(*)::int from said where primary_theme = 'slow-refund') as primary,
           (select count(distinct customer_id)::int from named) as customers,
           (select count(distinct case_id)::int from named join case_feedback using (feedback_id)) as cases`.execute(
    rca.database,
  );
  const { counts } = await pack();
  expect(counts).toMatchObject(rows[0]!);
  expect(counts).toMatchObject({ comments: 12, mentions: 5, primary: 4, customers: 5, cases: 2 });
  expect(counts.mentionShare).toMatchObject({ estimate: 5 / 12 });
});

test('months are the company’s, and months and channels add up to the whole', async () => {
  const { months, channels, counts } = await pack();
  expect(months.map(({ month, comments, mentions }) => [month, comments, mentions])).toEqual([
    ['2026-09', 10, 3],
    ['2026-10', 2, 2],
  ]);
  expect(channels.map(({ channel, comments, mentions, primary }) => [channel, comments, mentions, primary])).toEqual([
    ['app', 3, 3, 3],
    ['web', 9, 2, 1],
  ]);
  for (const parts of [months, channels]) {
    expect(parts.reduce((sum, one) => sum + one.mentions, 0)).toBe(counts.mentions);
    expect(parts.reduce((sum, one) => sum + one.comments, 0)).toBe(counts.comments);
  }
});

test('customer effort is that of all who named the theme, content or not', async () => {
  expect((await pack()).ces).toMatchObject({ n: 6, mean: (4 * 6 + 2 * 2) / 6, low: 2, lowShare: { estimate: 1 / 3 } });
});

test('the first verbatims are about the theme above all, and one per customer', async () => {
  const { verbatims } = await pack();
  expect(verbatims.map(({ feedbackId }) => feedbackId)).toHaveLength(5);
  expect(verbatims[0]!.feedbackId).toBe(feedback[0]);
  expect(verbatims.at(-1)!.feedbackId).toBe(feedback[1]); // packaging first
  expect(verbatims[0]!.text).toBe('退款三周没到，我[name]打了五次电话，[phone]，[email]，编号[id]');
});

test.each(['md', 'csv', 'json', 'md?lang=en'])('no personal data is in %s', async (kind) => {
  const { status, body } = await file(kind);
  expect(status).toBe(200);
  const written = typeof body === 'string' ? body : JSON.stringify(body);
  for (const secret of planted) expect(written, secret).not.toContain(secret);
  expect(written).toContain('退款三周没到');
});

test('what customers write is neither a formula nor mark-up', async () => {
  const { body: md } = await file('md');
  expect(md).not.toContain('<b>');
  expect(md).not.toMatch(/[^\\]\]\(http/);
  const { body: csv } = await file('csv');
  expect(csv).toContain(`'=HYPERLINK`);
  const lines = csv.trim().split('\n');
  expect(lines[0]).toMatch(/^\uFEFF?section,item,comments,mentions/);
  expect(lines[1]).toMatch(/^total,slow-refund,12,5,/);
});

test('the words are Chinese unless English is asked for', async () => {
  expect((await file('md')).body).toContain('涉及客户 5 位，工单 2 张');
  expect((await file('md?lang=en')).body).toContain('Customers: 5; cases: 2');
});

test('a filter of its own narrows the pack', async () => {
  const { filter: _, ...said } = (await rca.send('ann', 'GET', `/v1/initiatives/${initiativeId}`)).body;
  const { themeId, title, ownerId, department, fixDueAt, reviewDueAt } = said;
  const filter = { channels: ['app'], from: '2026-10-01T00:00:00Z' };
  const body = { themeId, title, ownerId, department, fixDueAt, reviewDueAt, filter };
  const { body: own } = await rca.send('ann', 'POST', '/v1/initiatives', body);
  const { body: narrow } = await rca.send('ann', 'GET', `/v1/initiatives/${own.initiativeId}/pack.json`);
  expect(narrow.counts).toMatchObject({ comments: 1, mentions: 1 });
  expect(narrow.months).toMatchObject([{ month: '2026-10', comments: 1 }]);
});

test('a theme that was merged is counted under the one it went into', async () => {
  await rca.frame(2, [
    { id: 'slow-refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] },
    { id: 'money-back', zh: '退钱', en: 'Money back', words: ['退钱'] },
  ]);
  await sql`update code_frames set document = jsonb_set(document, '{merges}', '[{"from":"slow-refund","into":"money-back"}]')
    where version = 2`.execute(rca.database);
  await rca.say([{ themes: ['money-back'], comment: '退款慢' }, { themes: [] }], 2);
  const { themeId, names, frameVersion, counts } = await pack();
  expect({ themeId, names, frameVersion }).toEqual({
    ...{ themeId: 'money-back', names: { zh: '退钱', en: 'Money back' }, frameVersion: 2 },
  });
  expect(counts).toMatchObject({ comments: 2, mentions: 1 });
});

test('the unmasked words are read for a reason by who may, and that stays on record', async () => {
  const reveal = (who: string, body: object, id = feedback[1]!) =>
    rca.send(who, 'POST', `/v1/comments/${id}/reveal`, body);
  expect((await reveal('bob', { reason: 'curious' })).status).toBe(403);
  expect((await reveal('sue', {})).status).toBe(400);
  const { body } = await reveal('sue', { reason: 'the supplier asks for the order' });
  expect(body.comment).toContain('张小凡');
  expect((await reveal('sue', { reason: 'x' }, randomUUID())).status).toBe(404);
  const { rows } = await sql`select person_id, reason from reveals`.execute(rca.database);
  expect(rows).toEqual([{ person_id: 'sue', reason: 'the supplier asks for the order' }]);
  const { body: log } = await rca.send('ada', 'GET', `/v1/audit-log?record=${feedback[1]}`);
  expect(log.items).toMatchObject([{ personId: 'sue', route: '/v1/comments/:feedbackId/reveal' }]);
});
