import { VirtualClock } from '@heard/service/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startVillage, type Village } from './village.ts';

const clock = new VirtualClock('2026-03-02T01:00:00Z');
let village: Village;
beforeAll(async () => {
  village = await startVillage({ clock, bus: 'postgres' });
});
afterAll(() => village?.close());

const reason = '退货体验太差，不敢再买';
const customers = Array.from({ length: 60 }, (_, index) => `d-${index}`);
const listed = 'd-59';

test('customers who bought nothing for long are asked why, whoever is on the stop list is not, and 40 % say what they say', async () => {
  const said = { source: 'survey-app', channel: 'email', occurredAt: clock.now().toISOString() };
  const angry = {
    ...said,
    externalId: 'nps-1',
    customerId: listed,
    score: { scale: 'nps', value: 1 },
    comment: '物流太慢',
  };
  await village.send('ingest', 'POST', '/v1/responses', angry);
  const refused = await eventually('the stop list to know', async () => {
    const { body } = await village.send('suppression-list', 'POST', '/v1/can-send', {
      class: 'survey',
      customerIds: customers,
    });
    return body.refused.includes(listed) && (body.refused as string[]);
  });
  expect(refused).toEqual([listed]);

  const campaign = {
    name: '沉睡客户流失调研',
    kind: 'dormant',
    startsAt: '2026-03-01T00:00:00Z',
    endsAt: '2026-04-01T00:00:00Z',
  };
  expect((await village.send('rca', 'PUT', '/v1/campaigns/dormant-2026', campaign)).status).toBe(200);
  const invitations = customers.map((customerId) => ({
    customerId,
    outcome: refused.includes(customerId) ? 'left-out' : 'sent',
  }));
  expect((await village.send('rca', 'POST', '/v1/campaigns/dormant-2026/invitations', { invitations })).body).toEqual({
    customers: 60,
    known: 0,
  });

  const answers = customers.slice(0, 30).map((customerId, index) => ({
    ...said,
    externalId: `exit-${index}`,
    customerId,
    kind: 'dormant-survey',
    // Some platforms send the id of the campaign along, others only say who answered.
    ...(index % 2 === 0 && { campaign: 'dormant-2026' }),
    reasons: [index < 12 ? reason : index < 20 ? '别家更便宜' : '不再需要'],
    comment: index < 12 ? '退款慢，退货找不到入口' : '尺码偏小，太大不合身',
  }));
  const { body } = await village.send('ingest', 'POST', '/v1/responses/batch', answers);
  expect(body.results.every(({ status }: { status: string }) => status === 'accepted')).toBe(true);

  const report = await eventually(
    'every answer to be counted',
    async () => {
      const { body } = await village.send('rca', 'GET', '/v1/campaigns/dormant-2026');
      const counted = body.reasons.find(({ source }: { source: string }) => source === 'theme');
      return body.answers === 30 && counted?.of === 30 && body;
    },
    120,
  );
  expect(report).toMatchObject({ invited: 59, leftOut: 1, uninvited: 0, answered: { n: 30, of: 59 } });
  expect(report.reasons[0]).toMatchObject({ source: 'chosen', reason, n: 12, of: 30, share: 0.4 });
  expect(report.words.zh).toContain(`选择最多的原因是“${reason}”：30 份回答中 12 份，占 40.0 %`);
  const themes = (await village.send('rca', 'GET', '/v1/themes?filter=all&campaigns=dormant-2026')).body.groups[0];
  expect(themes.of).toBe(30);
  expect(themes.themes.find(({ names }: { names: { zh: string } }) => names.zh.includes('退'))?.mention.share).toBe(
    0.4,
  );
});
