import { seeded } from '@heard/statistics/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca, type Said } from '../fixture-rca.ts';

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'], sam: ['support'] });
  await rca.frame(1, [
    { id: 'refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] },
    { id: 'queue', zh: '排队', en: 'Queues', words: ['排队'] },
    { id: 'unheard-of', zh: '无', en: 'Unheard of', words: ['无'] },
  ]);
});
afterAll(() => rca.close());

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const look = async (query: string) => (await rca.send('ann', 'GET', `/v1/associations?${query}`)).body;

/** Short tenure and the app bring both the theme and leaving; the theme itself multiplies the odds by three. */
async function plant(): Promise<void> {
  const random = seeded(7);
  const said: Said[] = [];
  const known = [];
  for (let n = 0; n < 1500; n++) {
    const customerId = `planted-${n}`;
    const years = random.uniform() * 6;
    const channel = random.chance(0.4) ? 'app' : 'web';
    const lean = 0.9 - 0.3 * years + (channel === 'app' ? 0.7 : 0);
    const refund = random.chance(logistic(lean - 1.6));
    const churned = random.chance(logistic(lean - 1.8 + (refund ? Math.log(3) : 0)));
    const themes = [...(refund ? ['refund'] : []), ...(random.chance(0.2) ? ['queue'] : [])];
    said.push({ customerId, channel, themes, product: 'planted', occurredAt: '2026-08-01T00:00:00Z' });
    known.push({
      customerId,
      valueMinor: Math.round(Math.exp(9 + random.normal())),
      customerSince: new Date(Date.parse('2026-08-01T00:00:00Z') - years * 365.25 * 86_400_000).toISOString(),
      churnedAt: churned ? '2026-09-01T00:00:00Z' : null,
    });
  }
  await rca.say(said);
  await rca.know(known);
}

test('a planted odds ratio of three comes out of the tables inside its interval, adjusted for what brings both', async () => {
  await plant();
  const body = await look('products=planted&lang=en');
  expect(body).toMatchObject({ frameVersion: 1, customers: 1500, filter: { segments: ['detractor'] } });
  expect(body.leftOut).toEqual({ onlyAfterLeaving: 0, tenureUnknown: 0, valueUnknown: 0 });
  const [refund, queue] = body.associations;
  expect(refund).toMatchObject({ themeId: 'refund', wording: 'leavers-name-it-more', adjusted: { outcome: 'fitted' } });
  expect(refund.adjusted).toMatchObject({ of: 1500, for: ['tenure', 'value', 'channel app'] });
  expect(refund.adjusted.oddsRatio.lower).toBeLessThan(3);
  expect(refund.adjusted.oddsRatio.upper).toBeGreaterThan(3);
  // What tenure and the app bring is still in the plain one.
  expect(refund.oddsRatio.estimate).toBeGreaterThan(refund.adjusted.oddsRatio.estimate);
  expect(refund.phi.lower).toBeGreaterThan(0);
  expect(refund.text).toMatch(/times the odds of leaving .* This is an association, not proof of a cause\.$/);
  expect(queue).toMatchObject({ themeId: 'queue', wording: 'no-association-shown' });
  expect(body.associations).toHaveLength(2);
  expect((await look('products=planted')).associations[1].text).toMatch(
    /^未显示“排队”与流失有关联.*这是关联，不代表因果。$/,
  );
});

test('an exit survey and a lost case are leaving too, and what is said from then on explains nothing', async () => {
  const product = 'exits';
  const at = (day: number) => new Date(Date.UTC(2026, 8, day)).toISOString();
  await rca.say([
    { product, customerId: 'asked', themes: ['refund'], occurredAt: at(1) },
    { product, customerId: 'asked', themes: ['queue'], kind: 'exit-survey', occurredAt: at(5) },
    { product, customerId: 'lost', themes: ['refund'], occurredAt: at(2) },
    { product, customerId: 'lost', themes: ['queue'], occurredAt: at(9) },
    { product, customerId: 'late', themes: ['refund'], kind: 'exit-survey', occurredAt: at(3) },
    { product, customerId: 'stays', themes: ['queue'], channel: 'app', segment: 'passive', occurredAt: at(3) },
    { product, customerId: 'leaves-next-year', themes: [], occurredAt: at(4) },
  ]);
  await rca.openCases([{ customerId: 'lost', outcome: 'lost', closedAt: at(8) }]);
  await rca.know([
    { customerId: 'lost', valueMinor: 100, customerSince: at(1) },
    { customerId: 'leaves-next-year', valueMinor: 100, churnedAt: '2027-01-01T00:00:00Z' },
  ]);
  const body = await look(`products=${product}&segments=detractor,passive`);
  expect(body).toMatchObject({ customers: 4, churned: 2 });
  expect(body.leftOut).toEqual({ onlyAfterLeaving: 1, tenureUnknown: 3, valueUnknown: 2 });
  const tables = Object.fromEntries(body.associations.map((one: any) => [one.themeId, one.table]));
  expect(tables).toEqual({ refund: { a: 2, b: 0, c: 0, d: 2 }, queue: { a: 0, b: 1, c: 2, d: 1 } });
  expect((await look(`products=${product}&filter=all&channels=app`)).customers).toBe(1);
});

test('only whoever reads insight sees it, and a filter must be one', async () => {
  expect((await rca.send('sam', 'GET', '/v1/associations')).status).toBe(403);
  expect((await rca.send('ann', 'GET', '/v1/associations?segments=angry')).status).toBe(400);
});
