import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';

interface Shown {
  figure: string;
  name: string;
  label: string;
  low: number;
  estimate: number;
  high: number;
  assumptions: { assumption: string; name: string; source: string; low: number; high: number }[];
}

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-11-01T00:00:00Z', { sue: ['supervisor'], sam: ['support'] });
  await rca.say([
    ...Array.from({ length: 12 }, (_, n) => ({ customerId: `c${n % 10}`, occurredAt: '2026-02-01T00:00:00Z' })),
    { customerId: 'later', occurredAt: '2026-07-01T00:00:00Z' },
    { customerId: 'fine', segment: 'promoter', occurredAt: '2026-02-01T00:00:00Z' },
  ]);
  // Sixty were recovered and stayed; of sixty just like them whom nobody reached thirty left.
  const group = (prefix: string, left: number) =>
    Array.from({ length: 60 }, (_, n) => ({
      ...{
        customerId: `${prefix}${n}`,
        customerSince: new Date(Date.UTC(2025, 0, 1 + n)).toISOString(),
        valueMinor: 1000,
      },
      churnedAt: n < left ? '2026-08-01T00:00:00Z' : null,
    }));
  const [recovered, unreached] = [group('r', 0), group('u', 30)];
  await rca.know([...recovered, ...unreached]);
  const openedAt = '2026-03-01T00:00:00Z';
  const resolved = { resolvedAt: '2026-03-05T00:00:00Z', recovered: true };
  await rca.openCases([
    ...recovered.map(({ customerId }) => ({ customerId, openedAt, ...resolved })),
    ...unreached.map(({ customerId }) => ({ customerId, openedAt })),
  ]);
});
afterAll(() => rca.close());

const roi = (query: string) => rca.send('sue', 'GET', `/v1/roi?${query}`);

test('every figure is labelled an estimate and lists all it rests on, with where each comes from', async () => {
  const entered = 'detractors=100&customers=10000&lessChurn=0.01..0.02..0.03&valueEach=50000&margin=0.4';
  const { body } = await roi(`${entered}&cost=10000000..12000000..20000000&lang=en`);
  const figures = body.figures as Shown[];
  expect(figures.map(({ figure, low, estimate, high }) => [figure, low, estimate, high])).toEqual([
    // 7–10 people each, seed 000.
    ['listeners', 700, 850, 1000],
    ['customers-kept', 100, 200, 300],
    ['revenue-kept', 5_000_000, 10_000_000, 15_000_000],
    // 25–95 % for five points, seed 003.
    ['profit-share', expect.closeTo(0.05, 12), expect.closeTo(0.24, 12), expect.closeTo(0.57, 12)],
    ['return', expect.closeTo(-0.9, 12), expect.closeTo(1 / 3 - 1, 12), expect.closeTo(-0.4, 12)],
  ]);
  for (const { label, name, assumptions } of figures) {
    expect(label).toBe('estimate');
    expect(name).toMatch(/^Estimate: /);
    expect(assumptions.length).toBeGreaterThan(0);
  }
  expect(figures[0]!.assumptions.map(({ name, source }) => `${name}: ${source}`)).toEqual([
    'detractors: entered',
    'people each detractor tells: rule-of-thumb',
  ]);
  expect(figures[4]!.assumptions.map(({ assumption }) => assumption)).toEqual([
    ...['customers', 'less-churn', 'value-each', 'margin', 'cost'],
  ]);
  expect(body.missing).toEqual([]);
});

test('what nobody entered is measured: detractors by customer, churn prevented against matched controls', async () => {
  const { body } = await roi('from=2026-01&until=2026-07&months=3');
  const [listeners, kept, profit] = body.figures as Shown[];
  expect(listeners).toMatchObject({ low: 70, high: 100, name: '估算：听到负面评价的人数' });
  expect(listeners!.assumptions[0]).toMatchObject({ assumption: 'detractors', source: 'measured', low: 10, high: 10 });
  expect(kept).toMatchObject({ figure: 'customers-kept', estimate: 30 });
  expect(kept!.low).toBeLessThan(30);
  expect(kept!.assumptions.map(({ source }) => source)).toEqual(['measured', 'measured']);
  expect(profit!.figure).toBe('profit-share');
});

test('what a figure still needs is named', async () => {
  const { body } = await roi('detractors=100&lang=en');
  expect((body.figures as Shown[]).map(({ figure }) => figure)).toEqual(['listeners']);
  expect(body.missing).toContainEqual({
    figure: 'customers-kept',
    name: 'Estimate: customers kept',
    needs: ['customers', 'less-churn'],
  });
});

test('what is no range, or a cost of nothing, is refused', async () => {
  expect((await roi('detractors=many')).status).toBe(400);
  expect((await roi('lessChurn=0.3..0.2..0.1')).status).toBe(400);
  expect((await roi('cost=0')).body.code).toBe('cost-not-above-0');
  expect((await rca.send('sam', 'GET', '/v1/roi')).status).toBe(403);
});
