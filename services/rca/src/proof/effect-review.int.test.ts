import { seeded } from '@heard/statistics/random';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';
import { dispersionOf } from './effect-review-figures.ts';

const DAY = 86_400_000;
const random = seeded(4);
const daysOf = (from: string, until: string) =>
  Array.from({ length: (Date.parse(until) - Date.parse(from)) / DAY }, (_, n) =>
    new Date(Date.parse(from) + n * DAY).toISOString().slice(0, 10),
  );
const [was, is] = [daysOf('2026-01-01', '2027-01-01'), daysOf('2027-01-01', '2027-07-01')];
const events = (mean: number) => random.binomial(10_000, mean / 10_000);

let rca: Rca;
let initiativeId: string;
beforeAll(async () => {
  rca = await openRca('2027-07-10T01:00:00Z', {
    ann: ['analyst'],
    sue: ['supervisor'],
    desk: ['system'],
    sam: ['support'],
  });
  await rca.frame(1, [{ id: 'refund', zh: '退款', en: 'Refunds', words: ['refund'] }]);
  const project = { themeId: 'refund', title: 'Faster refunds', ownerId: 'sue', department: 'finance' };
  const due = { fixDueAt: '2027-08-01T00:00:00Z', reviewDueAt: '2027-09-01T00:00:00Z' };
  initiativeId = (await rca.send('ann', 'POST', '/v1/initiatives', { ...project, ...due })).body.initiativeId;
});
afterAll(() => rca.close());

const bring = (source: string, measures: object[]) => rca.send('desk', 'POST', '/v1/measures', { source, measures });
const count = (metric: string, level: string, before: number, change: number) => [
  ...was.map((day) => ({ metric, level, day, count: events(before) })),
  ...is.map((day) => ({ metric, level, day, count: events(before * (1 + change)) })),
];
const share = (metric: string, of: number, before: number, change: number) => [
  ...was.map((day) => ({ metric, level: 'business', day, of, hits: random.binomial(of, before) })),
  ...is.map((day) => ({ metric, level: 'business', day, of, hits: random.binomial(of, before * (1 + change)) })),
];
const open = async (measures: object[], over: object = {}) => {
  const body = { initiativeId, fixedOn: '2027-01-01', measures, ...over };
  return rca.send('ann', 'POST', '/v1/effect-reviews', body);
};
const read = async (answer: { body: { reviewId: string } }, lang = 'en') =>
  (await rca.send('sue', 'GET', `/v1/effect-reviews/${answer.body.reviewId}?lang=${lang}`)).body;

describe('the review of seed 004', () => {
  const planted = { refund: -0.7, enquiries: -0.6, repurchase: 0.18, churn: -0.15 };
  type Metric = keyof typeof planted;
  interface Found {
    metric: Metric;
    months: number;
    comparator: string;
    finding: string;
    change: { estimate: number; lower: number; upper: number };
  }

  beforeAll(async () => {
    // Negative mentions in social channels are counted by rca itself.
    const mentions = [...was.map((day) => [day, 22] as const), ...is.map((day) => [day, 22 * 0.3] as const)];
    await rca.say(
      mentions.flatMap(([day, mean]) =>
        Array.from({ length: events(mean) }, () => ({
          ...{ kind: 'social-mention', channel: 'weibo', themes: ['refund'], scale: null, score: null },
          occurredAt: `${day}T04:00:00Z`,
        })),
      ),
    );
    expect((await bring('desk', count('enquiries', 'operations', 49, planted.enquiries))).status).toBe(200);
    await bring('shop', [
      ...share('repurchase', 110, 0.3, planted.repurchase),
      ...share('churn', 220, 0.12, planted.churn),
    ]);
  });

  test('−70, −60, +18 and −15 % lie in their intervals, each with what it is compared with', async () => {
    const comparators = ['prev_period', 'baseline', 'same_period_last_year'];
    const answer = await open(
      [
        { themeId: 'refund', filter: { kinds: ['social-mention'] }, better: 'less', comparators },
        { source: 'desk', metric: 'enquiries', better: 'less', comparators },
        { source: 'shop', metric: 'repurchase', better: 'more', comparators },
        { source: 'shop', metric: 'churn', better: 'less', comparators },
      ],
      { baseline: { from: '2026-03-01', until: '2026-09-01' } },
    );
    expect(answer.status).toBe(201);
    const { lines, missing, frameVersion } = await read(answer);
    expect([lines.length, missing, frameVersion]).toEqual([36, [], 1]);
    const inside = (lines as Found[]).filter(
      ({ metric, change: { lower, upper } }) => lower <= planted[metric] && planted[metric] <= upper,
    );
    // At 95 % about two of 36 lie outside by chance.
    expect(inside.length).toBeGreaterThanOrEqual(33);
    for (const metric of Object.keys(planted) as Metric[]) {
      const [half] = (lines as Found[]).filter((line) => line.metric === metric && line.months === 6);
      expect(half!.comparator).toBe('prev_period');
      expect(half!.finding).toBe('better');
      expect(half!.change.lower).toBeLessThan(planted[metric]);
      expect(half!.change.upper).toBeGreaterThan(planted[metric]);
    }
    expect(lines[2]).toMatchObject({
      ...{ level: 'voc', source: 'rca', months: 6, window: { from: '2027-01-01', until: '2027-07-01' } },
      compared: { from: '2026-07-01', until: '2027-01-01' },
    });
    expect(lines[2].text).toMatch(
      /^refund: over 6 months -\d\d\.\d % against the period before \(95 % CI .*\): better\.$/,
    );
  });

  test('a level nothing was brought of is named, in either language', async () => {
    const look = { source: 'shop', metric: 'refunds in the books', better: 'less', comparators: ['prev_period'] };
    const { lines, missing } = await read(await open([look], { months: [1] }), 'zh');
    expect(missing).toEqual(['voc', 'operations', 'business']);
    expect(lines).toMatchObject([{ level: null, finding: 'not-measured', change: null }]);
    expect(lines[0].text).toContain('没有足够的数据');
  });

  test('a window that is not over says nothing', async () => {
    const look = { source: 'desk', metric: 'enquiries', better: 'less', comparators: ['prev_period'] };
    const { lines, missing } = await read(await open([look], { months: [6, 7] }));
    expect(lines.map((line: Found) => line.finding)).toEqual(['better', 'not-over']);
    expect(missing).toEqual(['voc', 'business']);
  });
});

test('the same day again replaces its figure; a day without one is not a day without events', async () => {
  const days = [...daysOf('2026-12-01', '2027-01-01'), ...daysOf('2027-01-01', '2027-02-01')];
  const figure = (day: string, n: number) => ({ metric: 'calls', level: 'operations', day, count: n });
  const look = { source: 'pbx', metric: 'calls', better: 'less', comparators: ['prev_period'] };
  const answer = await open([look], { months: [1] });
  await bring(
    'pbx',
    days.slice(1).map((day) => figure(day, 100)),
  );
  expect((await read(answer)).lines).toMatchObject([{ finding: 'not-measured', missingDays: 1 }]);
  await bring('pbx', [figure(days[0]!, 7)]);
  const { body } = await bring('pbx', [figure(days[0]!, 100)]);
  expect(body).toEqual({ days: 1 });
  expect((await read(answer)).lines).toMatchObject([{ before: { hits: 3100, of: null }, finding: 'no-evidence' }]);
});

test('what makes no sense is refused', async () => {
  const look = { source: 's', metric: 'm', better: 'less', comparators: ['baseline'] };
  expect(await open([look])).toMatchObject({ status: 409, body: { code: 'baseline-missing' } });
  const figure = { metric: 'm', level: 'voc', day: '2027-01-01', count: 3 };
  await bring('s', [figure]);
  expect(await bring('s', [{ ...figure, level: 'business' }])).toMatchObject({ body: { code: 'metric-differs' } });
  const { count: _, ...day } = figure;
  expect((await bring('s', [{ ...day, hits: 4, of: 3 }])).status).toBe(400);
  expect((await rca.send('sam', 'POST', '/v1/measures', { source: 's', measures: [figure] })).status).toBe(403);
});

test('events that bring others widen the interval', () => {
  // Σ (x − 5)² / 5 = 20 over 4 − 1 days; in the second window all days are alike.
  expect(dispersionOf([{ counts: [0, 10, 0, 10], days: 4 }])).toBeCloseTo(20 / 3, 12);
  expect(dispersionOf([{ counts: [10, 10], days: 4 }])).toBeCloseTo(20 / 3, 12);
  expect(
    dispersionOf([
      { counts: [0, 10, 0, 10], days: 4 },
      { counts: [7, 7], days: 2 },
    ]),
  ).toBeCloseTo(5, 12);
  expect(dispersionOf([{ counts: [3, 3, 3], days: 3 }])).toBe(1);
});
