import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Corpus, idOf, openCorpus } from './fixture-corpus.ts';
import { planted } from './fixture-planted.ts';

const day = 86_400_000;
let corpus: Corpus;
beforeAll(async () => {
  corpus = await openCorpus('2026-03-31T04:00:00Z');
});
afterAll(() => corpus?.close());

const start = Date.parse('2026-01-01T00:00:00Z');
const comments = planted(400, (index) => new Date(start + (index % 80) * day + 3_600_000 * (index % 24)).toISOString());
const sharesOf = async (query = '') => (await corpus.send('GET', `/v1/themes${query}`)).body;

test('whoever starts Heard has themes at once: the starter frame', async () => {
  await corpus.settle();
  const { body } = await corpus.send('GET', '/v1/frames');
  expect(body.items).toMatchObject([{ version: 1, name: 'retail', state: 'serving', publishedBy: 'heard' }]);
  const detected = await corpus.published('theme.detected');
  expect(detected.length).toBe(body.items[0].themes);
  expect((await corpus.send('GET', '/v1/frames/1')).body.document.themes).toHaveLength(detected.length);
  expect((await corpus.send('GET', '/v1/frames/2')).status).toBe(404);
});

test('planted shares of 30, 25 and 20 % lie inside their intervals, and the primary ones sum to 1', async () => {
  await corpus.say(comments);
  await corpus.settle();
  const { groups, frameVersion, waiting } = await sharesOf();
  expect({ frameVersion, waiting }).toEqual({ frameVersion: 1, waiting: 0 });
  const [all] = groups;
  expect(all.of).toBe(400);
  for (const [themeId, share] of Object.entries({
    'packaging-damage': 0.3,
    'app-website': 0.25,
    'customer-service': 0.2,
  })) {
    const theme = all.themes.find((one: { themeId: string }) => one.themeId === themeId);
    expect(theme.primary.low, themeId).toBeLessThanOrEqual(share);
    expect(theme.primary.high, themeId).toBeGreaterThanOrEqual(share);
    expect(theme.mention.n, themeId).toBeGreaterThanOrEqual(theme.primary.n);
  }
  const sum = [...all.themes, all.none].reduce((total, { primary }) => total + primary.n, 0);
  expect(sum).toBe(400);
  expect((await sharesOf('?top=3')).groups[0].themes).toHaveLength(3);
});

/** The counts by the slow and simple way. */
async function byHand(where = sql`true`): Promise<Record<string, [number, number]>> {
  const { rows } = await sql<{ theme: string; n: number; main: number }>`
    select theme, count(*)::int as n, count(*) filter (where t.primary_theme = theme)::int as main
      from comment_themes t join comments c using (feedback_id) cross join lateral unnest(array_append(t.mentions, '')) as theme
     where t.frame_version = 1 and ${where} group by 1`.execute(corpus.database);
  return Object.fromEntries(rows.map(({ theme, n, main }) => [theme, [n, main]]));
}
const counted = (group: {
  of: number;
  themes: { themeId: string; mention: { n: number }; primary: { n: number } }[];
}) =>
  Object.fromEntries([
    ...(group.of > 0 ? [['', [group.of, 0]]] : []),
    ...group.themes.filter(({ mention }) => mention.n > 0).map((one) => [one.themeId, [one.mention.n, one.primary.n]]),
  ]);

test.each([
  ['2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z'],
  ['2026-01-15T05:30:00Z', '2026-03-10T11:00:00Z'],
  ['2026-01-14T16:00:00Z', '2026-02-14T16:00:00Z'],
  ['2026-01-31T16:00:00Z', '2026-02-28T16:00:00Z'],
  ['2026-02-03T01:00:00Z', '2026-02-03T09:00:00Z'],
  ['2026-02-03T01:00:00Z', '2026-02-04T09:00:00Z'],
])('from %s until %s: sums of months and days with cut days from rows equal a plain count', async (from, until) => {
  const { groups } = await sharesOf(`?from=${from}&until=${until}`);
  expect(counted(groups[0])).toEqual(
    await byHand(sql`c.occurred_at >= ${from}::timestamptz and c.occurred_at < ${until}::timestamptz`),
  );
});

test.each(['channel', 'segment', 'product', 'kind', 'day', 'week', 'month'])(
  'by %s the groups add up to all',
  async (by) => {
    const { groups } = await sharesOf(`?by=${by}`);
    const sum = groups.reduce((total: number, { of }: { of: number }) => total + of, 0);
    expect(sum).toBe(400);
    if (by === 'month')
      expect(groups.map(({ group }: { group: string }) => group)).toEqual(['2026-01-01', '2026-02-01', '2026-03-01']);
  },
);

test('a day is the company’s: what was said late in UTC counts on the next', async () => {
  await corpus.say([{ id: 'late', comment: '包装破损', occurredAt: '2026-04-05T16:30:00Z' }]);
  await corpus.settle();
  const { groups } = await sharesOf('?by=day&from=2026-04-01T00:00:00Z');
  expect(groups.map(({ group }: { group: string }) => group)).toEqual(['2026-04-06']);
});

test('a corrected, re-graded or emptied comment is counted as it is now, once', async () => {
  const before = await byHand();
  const first = { id: 'moves', comment: '包装破损', occurredAt: '2026-02-01T00:00:00Z' };
  await corpus.say([first]);
  await corpus.settle();
  await corpus.say([
    { ...first, revision: 2, comment: '客服态度敷衍', channel: 'email', occurredAt: '2026-01-02T00:00:00Z' },
  ]);
  await corpus.say([{ ...first, revision: 3, comment: '客服态度敷衍', channel: 'email', segment: 'promoter' }]);
  await corpus.settle();
  const promoters = await sharesOf('?segments=promoter');
  expect(counted(promoters.groups[0])).toEqual({ '': [1, 0], 'customer-service': [1, 1] });
  expect(promoters.filter).toMatchObject({ filterId: 'default', filterVersion: 1, segments: ['promoter'] });
  await corpus.say([{ ...first, revision: 4, comment: '', segment: 'promoter' }]);
  await corpus.settle();
  expect(counted((await sharesOf('?segments=promoter')).groups[0])).toEqual({});
  expect(await byHand()).toEqual(before);
  expect(counted((await sharesOf('?filter=all')).groups[0])).toEqual(before);
});

test('the comments behind a number are exactly as many, and tell nobody’s number', async () => {
  await corpus.say([{ id: 'phone', comment: '尺码不对，打我电话 13812345678', occurredAt: '2026-03-30T00:00:00Z' }]);
  await corpus.settle();
  const { groups } = await sharesOf();
  for (const { themeId, mention } of [...groups[0].themes, groups[0].none]) {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await corpus.send(
        'GET',
        `/v1/themes/${themeId}/comments?limit=40${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...body.items.map((one: { feedbackId: string }) => one.feedbackId));
      if (body.next === null) break;
      cursor = body.next;
    }
    expect([themeId, new Set(seen).size, seen.length]).toEqual([themeId, mention.n, mention.n]);
  }
  const { body } = await corpus.send('GET', '/v1/themes/size-fit/comments');
  expect(body.items).toMatchObject([
    { feedbackId: idOf('phone'), comment: '尺码不对，打我电话 [phone]', isPrimary: true },
  ]);
});

test('the words that tell detractors from the others, as people and the frame write them, each with its share', async () => {
  const glad = Array.from({ length: 60 }, (_, index) => `非常满意，物流很快，会推荐朋友 ${index}`);
  await corpus.say(glad.map((comment, index) => ({ id: `glad-${index}`, comment, segment: 'promoter' })));
  await corpus.say(
    Array.from({ length: 80 }, (_, index) => ({ id: `slow-${index}`, comment: `退款慢，第${index}天了` })),
  );
  await corpus.settle();
  const { body } = await corpus.send('GET', '/v1/keywords?top=20');
  expect(body).toMatchObject({ comparedWith: 60, filter: { filterId: 'default', segments: ['detractor'] } });
  const words = body.keywords.map(({ word }: { word: string }) => word);
  expect(words).toEqual(expect.arrayContaining(['退款慢']));
  expect(words).not.toContain('满意');
  for (const { n, share, low, high } of body.keywords) {
    expect([share === n / body.of, low <= share, share <= high]).toEqual([true, true, true]);
  }
  expect(body.keywords.find(({ word }: { word: string }) => word === '退款慢').n).toBe(80);
});

test('a saved filter is named with its version in every answer', async () => {
  expect((await corpus.send('GET', '/v1/filters/apps')).status).toBe(404);
  expect((await corpus.send('PUT', '/v1/filters/all', {})).status).toBe(400);
  await corpus.send('PUT', '/v1/filters/apps', { channels: ['app'] });
  const { body } = await corpus.send('PUT', '/v1/filters/apps', { channels: ['app'], until: '2026-02-01T00:00:00Z' });
  expect(body).toMatchObject({ version: 2, savedBy: 'ana' });
  const { filter } = await sharesOf('?filter=apps');
  expect(filter).toEqual({ filterId: 'apps', filterVersion: 2, channels: ['app'], until: '2026-02-01T00:00:00Z' });
  expect((await sharesOf('?filter=nobody')).status).toBe(404);
});
