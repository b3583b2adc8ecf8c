import { seeded } from '@heard/statistics/random';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';

const random = seeded(17);
const followed = ['2026-07', '2026-08', '2026-09'];
const earlier = ['2025-10', '2025-11', '2025-12'];
const query = 'from=2026-01&until=2026-07&months=3&lang=en';

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-11-01T00:00:00Z', {
    ann: ['analyst'],
    sue: ['supervisor'],
    shop: ['system'],
    sam: ['support'],
  });
});
afterAll(() => rca.close());

const bring = (outcomes: object[], currency = 'CNY') =>
  rca.send('shop', 'POST', '/v1/customer-outcomes', { currency, outcomes });
const report = async (name: string, over = query) =>
  (await rca.send('sue', 'GET', `/v1/reports/${name}?${over}`)).body.rows;

interface Group {
  many: number;
  /** Years they have been customers, at most. */
  years: number;
  /** Added to the chance to stay. */
  lift: number;
  state: 'recovered' | 'unreached' | 'never-failed';
}

/** Who has been a customer for longer stays more; whoever stays spends. */
async function plant(prefix: string, { many, years, lift, state }: Group): Promise<void> {
  const people = Array.from({ length: many }, (_, n) => {
    const tenure = 0.2 + years * random.uniform();
    const stays = random.chance(0.3 + 0.08 * tenure + lift);
    const customerSince = new Date(Date.UTC(2026, 0, 1) - tenure * 365.25 * 86_400_000).toISOString();
    return { customerId: `${prefix}${n}`, customerSince, valueMinor: 100_000, stays };
  });
  await rca.know(people.map(({ stays, ...one }) => ({ ...one, churnedAt: stays ? null : '2026-08-10T00:00:00Z' })));
  const outcome = (customerId: string, period: string, revenueMinor: number) => ({
    customerId,
    period,
    revenueMinor,
    orders: 1,
  });
  const outcomes = people.flatMap(({ customerId, stays }) => [
    ...earlier.map((period) => outcome(customerId, period, 5_000)),
    ...(stays ? followed : []).map((period) => outcome(customerId, period, 10_000)),
  ]);
  for (let at = 0; at < outcomes.length; at += 5_000) {
    expect((await bring(outcomes.slice(at, at + 5_000))).status).toBe(200);
  }
  if (state === 'never-failed') return;
  const openedAt = '2026-02-01T00:00:00Z';
  const resolvedAt = '2026-02-05T00:00:00Z';
  await rca.openCases(
    people.map(({ customerId }) => ({
      ...{ customerId, openedAt },
      ...(state === 'recovered' ? { resolvedAt, recovered: true } : { closedAt: '2026-03-01T00:00:00Z' }),
    })),
  );
}
const forget = () => sql`truncate customers, cases, customer_outcomes`.execute(rca.database);

describe('where recovering brought fifteen points more retention', () => {
  beforeAll(async () => {
    await forget();
    await plant('r', { many: 800, years: 4, lift: 0.15, state: 'recovered' });
    await plant('u', { many: 3000, years: 4, lift: 0, state: 'unreached' });
    await plant('n', { many: 3000, years: 4, lift: 0, state: 'never-failed' });
  });

  test('both reports find it against matched controls, and what is saved is that of the matched', async () => {
    const [retained, revenue] = await report('revenue-saved');
    expect(retained).toMatchObject({ finding: 'more', recovered: 800, controls: 3000, controlsOf: 3000, saved: null });
    expect(retained.lower).toBeLessThan(0.15);
    expect(retained.upper).toBeGreaterThan(0.15);
    // Fifteen points more of 300.00 each.
    expect(revenue.finding).toBe('more');
    expect(revenue.lower).toBeLessThan(4_500);
    expect(revenue.upper).toBeGreaterThan(4_500);
    expect(revenue.saved).toBeCloseTo(revenue.difference * revenue.pairs, 3);
    expect(revenue.imbalance).toBeLessThan(0.1);
    const [paradox] = await report('recovery-paradox');
    expect(paradox.finding).toBe('more');
    expect(paradox.text).toMatch(
      /^The recovered have more retention than customers like them who were never failed: \+1\d\.\d pp/,
    );
    const csv = (await rca.send('sue', 'GET', `/v1/reports/revenue-saved.csv?${query}`)).body;
    expect(csv.split('\n')[1]).toMatch(/^retained,more,/);
  });

  test('one who left before both sides are followed is on neither, nor is one who became a customer later', async () => {
    await sql`update customers set churned_at = '2026-06-30T00:00:00Z' where customer_id in ('r0', 'u0')`.execute(
      rca.database,
    );
    await sql`update customers set customer_since = '2026-01-02T00:00:00Z' where customer_id = 'r1'`.execute(
      rca.database,
    );
    const [retained] = await report('revenue-saved');
    expect(retained).toMatchObject({ recovered: 798, controls: 2999 });
    await sql`update cases set contacted_at = '2026-02-02T00:00:00Z' where customer_id = 'u1'`.execute(rca.database);
    expect((await report('revenue-saved'))[0].controls).toBe(2998);
  });
});

test('where selection explains all of it, null is said and null is shown', async () => {
  await forget();
  await plant('r', { many: 500, years: 6, lift: 0, state: 'recovered' });
  await plant('u', { many: 2500, years: 4, lift: 0, state: 'unreached' });
  const [retained, revenue] = await report('revenue-saved');
  expect([retained.finding, revenue.finding]).toEqual(['no-difference-shown', 'no-difference-shown']);
  expect([revenue.saved, revenue.savedLower]).toEqual([null, null]);
  expect(revenue.text).toContain('No difference in revenue per customer is shown');
});

test('too few to compare say nothing', async () => {
  await forget();
  await plant('r', { many: 40, years: 4, lift: 0.6, state: 'recovered' });
  await plant('u', { many: 500, years: 4, lift: 0, state: 'unreached' });
  const [retained] = await report('revenue-saved');
  expect(retained).toMatchObject({ finding: 'too-few-pairs', difference: null, lower: null });
});

test('a month that is brought again is replaced, and counted in its own currency', async () => {
  await forget();
  const outcome = { customerId: 'c', period: '2026-07', revenueMinor: 5, orders: 1 };
  await bring([outcome, { ...outcome, revenueMinor: 7 }]);
  await bring([outcome], 'EUR');
  const { rows } = await sql`select currency, revenue_minor::int as revenue from customer_outcomes order by 1`.execute(
    rca.database,
  );
  expect(rows).toEqual([
    { currency: 'CNY', revenue: 7 },
    { currency: 'EUR', revenue: 5 },
  ]);
});

test('what cannot be compared is refused', async () => {
  const send = (over: string) => rca.send('sue', 'GET', `/v1/reports/revenue-saved?${over}`);
  expect((await send('from=2026-01&until=2026-07&months=6')).body.code).toBe('follow-up-not-over');
  expect((await send('from=2026-07&until=2026-07')).body.code).toBe('window-empty');
  expect((await rca.send('sam', 'GET', `/v1/reports/revenue-saved?${query}`)).status).toBe(403);
  await sql`insert into customers (customer_id, version, customer_since) select 'm' || n, 1, '2020-01-01' from generate_series(1, 20001) as n`.execute(
    rca.database,
  );
  await sql`insert into cases (case_id, customer_id, version, priority, opened_at, resolved_at, recovered)
    select gen_random_uuid(), customer_id, 1, 'P1', '2026-02-01', '2026-02-02', true from customers where customer_id like 'm%'`.execute(
    rca.database,
  );
  expect(await send(query)).toMatchObject({ status: 409, body: { code: 'too-many-customers' } });
});
