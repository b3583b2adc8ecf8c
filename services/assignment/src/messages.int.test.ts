import { openStub } from '@heard/notifications/fixture-stub';
import { eventually } from '@heard/testing/eventually';
import { bearer } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Desk, openDesk } from './fixture-desk.ts';

let desk: Desk;
let gateway: Awaited<ReturnType<typeof openStub>>;

const comment = '退款拖了三个星期，客服一直不理人';
const good = `王总您好，感谢您告诉我们。非常抱歉，退款这么慢是我们的错。您说“退款拖了三个星期”，换作是我也会着急。今天18点前我给您回电说明处理结果。`;

beforeAll(async () => {
  gateway = await openStub(() => ({}));
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const sms = { kind: 'sms', url: gateway.url, secret, allowPrivate: true };
  desk = await openDesk(
    '2026-10-10T01:00:00Z',
    { ann: ['senior-support'], dan: ['director'] },
    { NOTIFICATION_TARGETS: JSON.stringify({ gateway: sms }) },
  );
});
afterAll(async () => {
  await desk.close();
  await gateway.close();
});

async function openCase(customerId: string, over: { phone?: string | null; optOuts?: string; hits?: object[] } = {}) {
  const { phone = '13800000000', optOuts = '{}', hits = [] } = over;
  await sql`insert into customers (customer_id, version, name, honorific, phone, opt_outs)
    values (${customerId}, 1, '王', '总', ${phone}, ${optOuts})`.execute(desk.database);
  const caseId = await desk.openCase({ customerId, owner: 'ann', priority: 'P1' });
  await sql`insert into case_items (feedback_id, case_id, comment, hits, joined_at)
    values (gen_random_uuid(), ${caseId}, ${comment}, ${JSON.stringify(hits)}, now())`.execute(desk.database);
  return caseId;
}
const write = (who: string, caseId: string, text: string, channel = 'sms') =>
  desk.send(who, 'POST', `/v1/cases/${caseId}/messages`, { channel, text });

test('a message the linter passes is sent once, counts as an attempt, and is there to compare the next with', async () => {
  const caseId = await openCase('wang');
  expect((await write('ann', caseId, good)).body).toMatchObject({ state: 'in-recovery', version: 4 });
  await eventually('the message to arrive', () => gateway.received.length === 1);
  expect(JSON.stringify(gateway.received[0]!.body)).toContain('退款拖了三个星期');
  const other = await openCase('li');
  expect((await write('ann', other, good)).body).toMatchObject({ code: 'draft-refused' });
  expect((await write('ann', other, good)).body.detail).toContain('near-copy');
});

test('an excuse is not sent, and nothing of the case changes', async () => {
  const caseId = await openCase('zhao');
  const { body } = await write('ann', caseId, `${good}很抱歉，但这是规定。`);
  expect(body).toMatchObject({ status: 409, code: 'draft-refused' });
  expect(body.detail).toContain('forbidden-excuse');
  expect((await desk.send('ann', 'GET', `/v1/cases/${caseId}`)).body.version).toBe(3);
});

describe('a message is refused', () => {
  test.each([
    ['where no number is known', { phone: null }, 'no-address'],
    ['where the customer wants none', { optOuts: '{sms}' }, 'opted-out'],
  ])('%s', async (name, over, code) => {
    expect((await write('ann', await openCase(name, over), good)).body.code).toBe(code);
  });
  test('where nothing sends it', async () => {
    const caseId = await openCase('mail');
    await sql`update customers set email = 'a@b.example' where customer_id = 'mail'`.execute(desk.database);
    expect((await write('ann', caseId, good, 'email')).body.code).toBe('no-target');
  });
  test('at night', async () => {
    const caseId = await openCase('night');
    desk.clock.advance(13 * 3_600_000);
    expect((await write('ann', caseId, good)).body.code).toBe('quiet-hours');
    desk.clock.advance(11 * 3_600_000);
  });
});

test('what admits fault where a legal red line was crossed is sent by the crisis team or a director alone', async () => {
  const hits = [{ list: 'redLine', category: 'legal', term: '律师', start: 0, end: 2 }];
  const caseId = await openCase('legal', { hits });
  const admission = `${good}这是我们的责任，我们承担全部责任。`;
  const as = async (role: 'support' | 'crisis-team') => {
    const response = await fetch(`${desk.url}/v1/cases/${caseId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await bearer([role], 'ann')) },
      body: JSON.stringify({ channel: 'sms', text: admission }),
    });
    return (await response.json()) as { code?: string; detail?: string };
  };
  expect((await as('support')).detail).toContain('admission');
  expect((await as('crisis-team')).detail ?? '').not.toContain('admission');
});
