import { VirtualClock } from '@heard/service/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { startVillage, type Village } from './village.ts';

const clock = new VirtualClock('2026-10-02T00:00:00Z');
let village: Village;
beforeAll(async () => {
  village = await startVillage({ clock, bus: 'postgres' });
});
afterAll(() => village.close());

const response = (externalId: string, customerId: string, nps: number, over: object = {}) => ({
  source: 'receipts',
  externalId,
  customerId,
  score: { scale: 'nps', value: nps },
  occurredAt: '2026-10-01T00:00:00Z',
  ...over,
});
async function say(...items: object[]): Promise<string[]> {
  const { body } = await village.send('ingest', 'POST', '/v1/responses/batch', items);
  await village.settle();
  return body.results.map((one: { feedbackId: string }) => one.feedbackId);
}
const receipt = async (feedbackId: string) => (await village.send('triage', 'GET', `/v1/receipts/${feedbackId}`)).body;

test('high value is the top fifth of the customers known, and the receipt names the threshold', async () => {
  const values = Array.from({ length: 30 }, (_, i) => ({
    source: 'crm',
    customerId: `rank-${i + 1}`,
    lifetimeValue: { amount: (i + 1) * 100, currency: 'CNY' },
    occurredAt: '2026-10-01T00:00:00Z',
  }));
  await village.send('ingest', 'POST', '/v1/customer-values/batch', values);
  await village.settle();
  // percentile_disc(0.8) of 1..30 is 24; the threshold is read again every few seconds.
  const probe = async (n: number) => {
    const [id] = await say(response(`probe-${n}`, 'rank-1', 5));
    return (await receipt(id!)).inputs.customer.ltvThreshold;
  };
  let n = 0;
  await eventually('the threshold to be taken', async () => (await probe(n++)) === 2400, 20);
  const [at, below] = await say(response('at', 'rank-24', 6), response('below', 'rank-23', 6));
  expect((await receipt(at!)).priority).toBe('P1');
  expect((await receipt(below!)).priority).toBe('P2');
  expect((await receipt(below!)).decision.nearestMiss).toEqual({
    priority: 'P1',
    rule: 'high-value-detractor',
    needs: 'lifetime value >= 2400',
  });
});

test('a receipt alone gives the decision again', async () => {
  const ids = await say(
    response('r1', 'rank-30', 1, { comment: '我要起诉你们' }),
    response('r2', 'rank-2', 3, { comment: '没有欺诈，就是慢' }),
    response('r3', 'stranger', 9, { comment: 'love it' }),
  );
  for (const id of ids) {
    const { priority, segment, rule, policyVersion, decision, inputs } = await receipt(id);
    expect(decision).toMatchObject({ priority, segment, rule });
    expect(policyVersion).toBe(1);
    expect(inputs.customer).toHaveProperty('known');
  }
  expect((await receipt(ids[0]!)).priority).toBe('P0');
  expect((await receipt(ids[0]!)).inputs.hits[0]).toMatchObject({
    list: 'redLine',
    category: 'legal',
    term: '起诉',
    start: 2,
    end: 4,
  });
  expect((await receipt(ids[1]!)).inputs.hits.filter((hit: { list: string }) => hit.list === 'redLine')).toEqual([]);
  expect((await receipt(ids[2]!)).inputs.customer.known).toBe(false);
});

test('an amount in a currency without a rate counts as not known', async () => {
  const value = {
    source: 'crm',
    customerId: 'dollar',
    lifetimeValue: { amount: 9_900_000, currency: 'USD' },
    occurredAt: '2026-10-01T00:00:00Z',
  };
  await village.send('ingest', 'POST', '/v1/customer-values', value);
  await village.settle();
  const [id] = await say(response('dollar', 'dollar', 5));
  expect(await receipt(id!)).toMatchObject({ priority: 'P2' });
});

test('six months of history are counted and move nothing', async () => {
  const look = async () =>
    Promise.all(
      (['assignment', 'sla-timer', 'suppression-list'] as const).map(
        async (service) => (await village.send(service, 'GET', '/v1/summary')).body,
      ),
    );
  const before = await look();
  const rcaBefore = (await village.send('rca', 'GET', '/v1/summary')).body.comments;
  const days = Array.from({ length: 180 }, (_, i) =>
    response(`history-${i}`, `old-${i}`, i % 11, {
      backfill: true,
      comment: '起火了，我要退款',
      occurredAt: new Date(Date.parse('2026-04-01T00:00:00Z') + i * 86_400_000).toISOString(),
    }),
  );
  await say(...days);
  expect(await look()).toEqual(before);
  expect((await village.send('rca', 'GET', '/v1/summary')).body.comments).toBe(rcaBefore + 180);
  const counts = (
    await village.send(
      'rca',
      'GET',
      '/v1/counts?by=term&period=month&from=2026-04-01T00:00:00Z&to=2026-05-01T00:00:00Z',
    )
  ).body.items;
  expect(counts).toContainEqual({ period: '2026-04-01', value: 'redLine/safety/起火', comments: 30 });
});

test('who refuses contact has no case, no promotion, and a red line still pages', async () => {
  await village.send('assignment', 'PUT', '/v1/people/carl', { name: 'Carl', roles: ['crisis-team'] });
  const [id] = await say(response('refused', 'private', 0, { followUp: 'refused', comment: '漏电伤到人了' }));
  expect((await village.send('assignment', 'GET', '/v1/cases?customerId=private')).body.items).toEqual([]);
  const { body } = await village.send('assignment', 'GET', '/v1/alerts?level=page&person=carl');
  expect(body.items).toMatchObject([{ feedbackId: id, caseId: null }]);
  await eventually(
    'the guard',
    async () =>
      !(await village.send('suppression-list', 'GET', '/v1/can-send?customerId=private&class=promo')).body.allowed,
    3,
  );
});

test('metrics carry the prefix, the lag and the policy version, and no customer', async () => {
  const text = await (await fetch(`${village.urls.triage}/metrics`)).text();
  for (const name of [
    'heard_bus_consumed_events_total',
    'heard_policy_version 1',
    'heard_bus_unpublished_age_seconds 0',
    'heard_http_request_seconds',
  ]) {
    expect(text).toContain(name);
  }
  expect(text).not.toMatch(/rank-|probe-|起诉/);
  expect(text.split('\n').filter((line) => line && !line.startsWith('#') && !line.startsWith('heard_'))).toEqual([]);
});
