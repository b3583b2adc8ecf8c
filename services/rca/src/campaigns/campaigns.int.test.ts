import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca, type Said } from '../fixture-rca.ts';

const slow = '退货体验太差，不敢再买';
let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-07-20T04:00:00Z', { ana: ['analyst'], sys: ['system'], agent: ['support'] });
  await rca.frame(1, [
    { id: 'refund', zh: '退款慢', en: 'slow refunds', words: ['退款'] },
    { id: 'price', zh: '价格', en: 'price', words: ['太贵'] },
  ]);
});
afterAll(() => rca?.close());

const day = (n: number, hour = 4) => `2026-07-${String(n).padStart(2, '0')}T0${hour}:00:00.000Z`;
const campaign = { name: '夏季流失调研', kind: 'exit', startsAt: day(1), endsAt: day(15) };
const invite = (campaignId: string, customers: string[], more: object = {}) =>
  rca.send('sys', 'POST', `/v1/campaigns/${campaignId}/invitations`, {
    invitations: customers.map((customerId) => ({ customerId, at: day(1), ...more })),
  });
const people = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);
const answer = (customerId: string, more: Said = {}): Said => ({
  customerId,
  kind: 'exit-survey',
  occurredAt: day(3),
  segment: null,
  scale: null,
  score: null,
  ...more,
});

test('of 50 customers invited 20 answered, 40 % of them chose one reason, and both are said with intervals', async () => {
  expect((await rca.send('ana', 'PUT', '/v1/campaigns/exit-q3', campaign)).body).toMatchObject({
    version: 1,
    savedBy: 'ana',
  });
  expect((await invite('exit-q3', people('a', 50))).body).toEqual({ customers: 50, known: 0 });
  expect((await invite('exit-q3', people('a', 50))).body).toEqual({ customers: 0, known: 50 });
  await rca.say(
    people('a', 20).map((customer, index) =>
      answer(customer, {
        campaign: 'exit-q3',
        reasons: index < 8 ? [slow] : index < 14 ? ['太贵', '搬家'] : ['搬家'],
        themes: index < 10 ? ['refund'] : index < 12 ? ['price'] : [],
      }),
    ),
  );
  const { status, body } = await rca.send('ana', 'GET', '/v1/campaigns/exit-q3');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    invited: 50,
    leftOut: 0,
    undeliverable: 0,
    answers: 20,
    uninvited: 0,
    frameVersion: 1,
    answered: { n: 20, of: 50, share: 0.4 },
    answeredOfReached: { n: 20, of: 50 },
  });
  // Wilson, 95 %: by hand, (0.4 + z²/100 ± z √(0.0048 + z²/10000)) / (1 + z²/50).
  expect(body.answered.low).toBeCloseTo(0.2761, 4);
  expect(body.answered.high).toBeCloseTo(0.5382, 4);
  expect(body.reasons.map(({ source, reason, n, of }: Record<string, unknown>) => [source, reason, n, of])).toEqual([
    ['chosen', '搬家', 12, 20],
    ['chosen', slow, 8, 20],
    ['chosen', '太贵', 6, 20],
    ['theme', 'refund', 10, 20],
    ['theme', 'none', 8, 20],
    ['theme', 'price', 2, 20],
  ]);
  expect(body.reasons[1]).toMatchObject({ share: 0.4, names: { zh: slow, en: slow } });
  expect(body.words.zh).toContain('邀请 50 位客户，20 位作答，应答率 40.0 %（区间 27.6–53.8 %）。');
  expect(body.words.en).toContain('In their own words most is “slow refunds”: 10 of 20 comments, 50.0 %');
});

test('an answer without the campaign’s id is matched by customer, kind and time, to the latest invitation before it', async () => {
  for (const [id, from, until] of [
    ['first', 1, 10],
    ['second', 8, 18],
  ] as const) {
    await rca.send('ana', 'PUT', `/v1/campaigns/${id}`, {
      ...campaign,
      kind: 'dormant',
      startsAt: day(from),
      endsAt: day(until),
    });
  }
  await invite('first', ['m', 'n', 'o']);
  await invite('second', ['m'], { at: day(8) });
  const dormant = { kind: 'dormant-survey' };
  await rca.say([
    answer('m', { ...dormant, occurredAt: day(9) }),
    answer('n', { ...dormant, occurredAt: day(9) }),
    answer('o', { kind: 'survey-response', occurredAt: day(9) }),
    answer('stranger', { ...dormant, occurredAt: day(9) }),
  ]);
  const { body } = await rca.send('ana', 'GET', '/v1/reports/campaigns?kind=dormant');
  expect(
    body.rows.map((row: Record<string, unknown>) => [row.campaignId, row.invited, row.answered, row.share]),
  ).toEqual([
    ['second', 1, 1, 1],
    ['first', 3, 1, 1 / 3],
  ]);
});

test('answers too early, too late, once more or of nobody invited stand apart; each counts in one place only', async () => {
  await rca.send('ana', 'PUT', '/v1/campaigns/apart', { ...campaign, startsAt: day(2), endsAt: day(10) });
  await invite('apart', people('p', 4), { at: day(2) });
  const of = { campaign: 'apart', themes: ['refund'] };
  await rca.say([
    answer('p-0', { ...of, occurredAt: day(3), reasons: ['old'] }),
    answer('p-0', { ...of, occurredAt: day(4), reasons: ['new'], themes: ['price'] }),
    answer('p-1', { ...of, occurredAt: day(1) }),
    answer('p-2', { ...of, occurredAt: day(10) }),
    answer('guest', { ...of, occurredAt: day(5) }),
  ]);
  const { body } = await rca.send('ana', 'GET', '/v1/campaigns/apart');
  expect(body).toMatchObject({ early: 1, late: 1, again: 1, uninvited: 1, answers: 2, answered: { n: 1, of: 4 } });
  expect(body.reasons.filter(({ source }: { source: string }) => source === 'chosen')).toMatchObject([
    { reason: 'new', n: 1, of: 1 },
  ]);
  const { groups } = (await rca.send('ana', 'GET', '/v1/themes?filter=all&campaigns=apart&by=day')).body;
  expect(groups.map(({ group, of }: { group: string; of: number }) => [group, of])).toEqual([
    ['2026-07-04', 1],
    ['2026-07-05', 1],
  ]);
  const comments = (await rca.send('ana', 'GET', '/v1/themes/refund/comments?filter=all&campaigns=apart')).body;
  expect(comments.items).toHaveLength(1);
});

test('whoever was left out was not invited, and what never arrived reached nobody', async () => {
  await rca.send('ana', 'PUT', '/v1/campaigns/stopped', campaign);
  await invite('stopped', people('s', 10));
  await invite('stopped', ['listed', 's-0'], { outcome: 'left-out', at: day(2) });
  await invite('stopped', ['s-1', 's-2'], { outcome: 'undeliverable', at: day(2) });
  await rca.say([answer('s-2', { campaign: 'stopped' }), answer('s-3', { campaign: 'stopped' })]);
  expect((await rca.send('ana', 'GET', '/v1/campaigns/stopped')).body).toMatchObject({
    invited: 10,
    leftOut: 1,
    undeliverable: 2,
    answered: { n: 2, of: 10 },
    answeredOfReached: { n: 2, of: 9 },
  });
});

test('campaigns stand beside each other, and so do their reasons, as rows and as files', async () => {
  const query = '?campaigns=exit-q3,apart';
  const { rows } = (await rca.send('ana', 'GET', `/v1/reports/campaign-reasons${query}`)).body;
  const refund = rows.filter(({ reason }: { reason: string }) => reason === 'refund');
  expect(refund.map((row: Record<string, unknown>) => [row.campaignId, row.zh, row.n, row.of])).toEqual([
    ['apart', '退款慢', 1, 2],
    ['exit-q3', '退款慢', 10, 20],
  ]);
  const file = (await rca.send('ana', 'GET', `/v1/reports/campaigns.csv${query}`)).body as string;
  expect(file.split('\n')[0]).toBe(
    'campaignId,name,kind,startsAt,endsAt,invited,leftOut,undeliverable,uninvited,early,late,again,reached,answered,share,low,high,answers',
  );
  expect(file).toContain(
    'exit-q3,夏季流失调研,exit,2026-07-01T04:00:00.000Z,2026-07-15T04:00:00.000Z,50,0,0,0,0,0,0,50,20,0.4,',
  );
});

test('a campaign before anybody was invited says so instead of a share', async () => {
  await rca.send('ana', 'PUT', '/v1/campaigns/empty', campaign);
  const { body } = await rca.send('ana', 'GET', '/v1/campaigns/empty');
  expect(body.answered).toEqual({ n: 0, of: 0, share: null, low: null, high: null });
  expect(body.words.zh).toBe('没有邀请名单，应答率未知。');
});

test('a list may come as a file; a wrong line is named and costs nobody else', async () => {
  await rca.send('ana', 'PUT', '/v1/campaigns/file', campaign);
  const post = (body: string) => rca.send('ana', 'POST', '/v1/campaigns/file/invitation-lists', body);
  const list = `customerId,at,outcome\nf-0,${day(1)},\n,${day(1)},\nf-1,${day(2)},undeliverable\nf-2,yesterday,\nf-3,,left-out\n`;
  const { status, body } = await post(list);
  expect([status, body.customers, body.read, body.rejected]).toEqual([200, 3, 5, 2]);
  expect(body.rejects.map(({ line, field }: Record<string, unknown>) => [line, field])).toEqual([
    [3, 'customerId'],
    [5, 'at'],
  ]);
  expect((await post(list)).body.customers).toBe(0);
  const invited = (await rca.send('ana', 'GET', '/v1/campaigns/file')).body;
  expect(invited).toMatchObject({ invited: 2, undeliverable: 1, leftOut: 1 });
  expect((await post('customerId,phone\nf-9,138\n')).body.code).toBe('unreadable-file');
  expect((await post('')).body.code).toBe('unreadable-file');
  const nowhere = await rca.send('ana', 'POST', '/v1/campaigns/nowhere/invitation-lists', list);
  expect(nowhere.status).toBe(404);
});

test('what makes no sense is refused', async () => {
  const put = (body: object, id = 'wrong') => rca.send('ana', 'PUT', `/v1/campaigns/${id}`, body);
  expect((await put({ ...campaign, endsAt: day(1) })).body.code).toBe('over-before-it-starts');
  expect((await put(campaign, 'a,b')).status).toBe(400);
  expect((await invite('nowhere', ['x'])).status).toBe(404);
  expect((await invite('exit-q3', ['x'], { at: day(16) })).body.code).toBe('campaign-over');
  expect((await invite('exit-q3', ['x'], { at: '2026-08-01T00:00:00Z' })).body.code).toBe('in-the-future');
  expect((await rca.send('agent', 'GET', '/v1/campaigns')).status).toBe(403);
  expect((await rca.send('agent', 'PUT', '/v1/campaigns/x', campaign)).status).toBe(403);
});
