import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { dan: ['director'], sam: ['support'] });
  await rca.frame(1, [
    { id: 'refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] },
    { id: 'staff', zh: '店员', en: 'Staff', words: ['店员'] },
  ]);
});
afterAll(() => rca.close());

const impact = async (query: string) => (await rca.send('dan', 'GET', `/v1/themes/impact?${query}`)).body;
const at = (day: number) => new Date(Date.UTC(2026, 8, day)).toISOString();

test('NPS is that of all answers, and without a theme that of the answers not mentioning it', async () => {
  const product = 'nps';
  await rca.say([
    ...[10, 9, 9, 8].map((score) => ({ product, score, segment: 'promoter', comment: null })),
    { product, score: 10, segment: 'promoter', themes: ['staff'] },
    ...[0, 3].map((score) => ({ product, score, themes: ['refund'] })),
    { product, score: 6, themes: ['refund', 'staff'] },
    { product, score: 2, themes: [] },
    { product, scale: 'csat', score: 1, themes: ['refund'] },
  ]);
  const { nps, themes, frameVersion } = await impact(`products=${product}`);
  expect([frameVersion, nps]).toEqual([1, { of: 9, promoters: 4, detractors: 4, value: 0 }]);
  const byId = Object.fromEntries(themes.map((one: any) => [one.themeId, one.nps]));
  expect(byId.refund.mentions).toBe(3);
  expect(byId.refund.without.of).toBe(6);
  expect(byId.refund.without.value).toBeCloseTo((100 * (4 - 1)) / 6, 10);
  expect(byId.refund.difference).toBeCloseTo(-50, 10);
  expect(byId.staff.without.value).toBeCloseTo((100 * (3 - 3)) / 7, 10);
  expect(themes[0].themeId).toBe('refund');
});

test('health is that of customers, each without the theme scored on what else they said', async () => {
  const product = 'health';
  const [first] = await rca.say([
    { product, customerId: 'ill', score: 2, occurredAt: at(9), themes: ['refund'], terms: ['redLine/legal/律师'] },
    { product, customerId: 'ill', score: 9, occurredAt: at(2), themes: [], comment: null },
    {
      product,
      customerId: 'gone',
      score: 0,
      occurredAt: at(3),
      themes: ['refund'],
      terms: ['highRisk/churn/退款', 'highRisk/churn/解约'],
    },
    { product, customerId: 'well', score: 10, occurredAt: at(4), themes: ['staff'] },
    { product, customerId: 'well', score: 0, occurredAt: '2025-01-01T00:00:00Z', themes: ['refund'] },
  ]);
  await rca.openCases([
    { customerId: 'ill', feedbackIds: [first!], openedAt: at(9), resolvedAt: at(10) },
    { customerId: 'ill', openedAt: at(11) },
  ]);
  const months = 180 / (365.25 / 12);
  const frequency = (contacts: number) => (100 * contacts) / months / 4;
  const ill = 0.35 * 20 + 0.2 * frequency(2) + 0.3 * 50 + 0.15 * 80;
  const gone = (0.35 * 0 + 0.2 * frequency(1) + 0.15 * 60) / 0.7;
  const well = (0.35 * 100 + 0.2 * frequency(1) + 0.15 * 100) / 0.7;
  const illWithout = 0.35 * 90 + 0.2 * frequency(1) + 0.3 * 50 + 0.15 * 100;
  const { health, themes } = await impact(`products=${product}`);
  expect(health.value).toBeCloseTo((ill + gone + well) / 3, 8);
  expect(health).toMatchObject({ customers: 3, missing: { nps: 0, frequency: 0, resolution: 2, negative: 0 } });
  expect(health.colours).toEqual({ green: 1, yellow: 0, red: 2 });
  const refund = themes.find((one: any) => one.themeId === 'refund').health;
  expect([refund.mentions, refund.without.customers]).toEqual([2, 2]);
  expect(refund.without.value).toBeCloseTo((illWithout + well) / 2, 8);
  expect(refund.difference).toBeCloseTo((ill + gone + well) / 3 - (illWithout + well) / 2, 8);
});

test('a filter nobody matches has no value, and what is measured is no filter', async () => {
  const { nps, health, themes } = await impact('products=nothing');
  expect([nps.value, health.value, themes[0].nps.difference]).toEqual([null, null, null]);
  expect((await impact('products=nps&segments=promoter')).nps.of).toBe(9);
  expect((await rca.send('sam', 'GET', '/v1/themes/impact')).status).toBe(403);
});
