import { randomUUID } from 'node:crypto';
import { seeded } from '@heard/statistics/random';
import { eventually } from '@heard/testing/eventually';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca, type Said } from '../fixture-rca.ts';

let rca: Rca;
const hour = 3_600_000;
// 10 October, half past noon in Shanghai, whose days these are.
const start = '2026-10-10T04:30:00Z';
const noon = (day: number) => new Date(Date.parse('2026-10-10T04:00:00Z') + day * 24 * hour).toISOString();

beforeAll(async () => {
  rca = await openRca(start, { dan: ['director'], sam: ['support'] });
  await rca.frame(1, [
    { id: 'refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] },
    { id: 'queue', zh: '排队', en: 'Queues', words: ['排队'] },
  ]);
  const random = seeded(3);
  const said: Said[] = [];
  for (let day = -60; day <= 1; day++) {
    for (const channel of ['app', 'shop']) {
      for (const theme of ['refund', 'queue']) {
        for (let n = random.binomial(20, 0.2); n > 0; n--)
          said.push({ channel, themes: [theme], occurredAt: noon(day) });
      }
    }
  }
  await rca.say(said);
});
afterAll(() => rca.close());

const burst = (day: number, times = 30) =>
  rca.say(Array.from({ length: times }, () => ({ channel: 'app', themes: ['refund'], occurredAt: noon(day) })));
const alarms = async (query = '') => (await rca.send('dan', 'GET', `/v1/alarms?lang=en&${query}`)).body.items;
const looked = async () => {
  const { rows } = await sql<{ due: Date }>`select due_at as due from timers where kind = 'alarms'`.execute(
    rca.database,
  );
  return rows[0]!.due;
};
/** A day goes by, and the alarms are looked for in the night. */
async function night(): Promise<void> {
  const before = await looked();
  rca.clock.advance(24 * hour);
  await eventually('the day to be looked at', async () => (await looked()) > before);
}

test('a burst is told of in the night after it, in its channel and over all, and once as long as it goes on', async () => {
  expect((await looked()).toISOString()).toBe('2026-10-10T17:00:00.000Z');
  await night();
  expect(await alarms()).toEqual([]);
  await burst(1);
  await night();
  const found = await alarms();
  expect(found.map((one: any) => [one.themeId, one.channel, one.day]).sort()).toEqual([
    ['refund', null, '2026-10-11'],
    ['refund', 'app', '2026-10-11'],
  ]);
  const app = found.find((one: any) => one.channel === 'app');
  expect(app.observed).toBeGreaterThanOrEqual(30);
  expect(app.p).toBeLessThan(app.level);
  expect(app.text).toMatch(/^“Slow refunds” was named 3\d times in app; about \d\.\d are usual\.$/);
  expect(await rca.published('theme.alarmed')).toHaveLength(2);

  await burst(2, 60);
  await night();
  expect(await rca.published('theme.alarmed')).toHaveLength(2);
  expect((await alarms()).map((one: any) => one.lastDay)).toEqual(['2026-10-12', '2026-10-12']);
  await night();
  await night();
  await burst(5, 200);
  await night();
  const told = (await rca.published('theme.alarmed')).filter((one: any) => one.channel === null);
  expect(told).toMatchObject([
    { themeId: 'refund', tier: 'frame', version: 1, kind: 'burst', day: '2026-10-11' },
    { themeId: 'refund', kind: 'burst', day: '2026-10-15' },
  ]);
  expect((await alarms('limit=1')).map((one: any) => one.day)).toEqual(['2026-10-15']);
});

test('a theme that discovery found in nothing that was there before is told of once it is large enough', async () => {
  const discovery = (number: number, state: string, lineage: object[], themes: [string, string, number][]) =>
    rca.database.transaction().execute(async (tx) => {
      await sql`update discoveries set state = 'retired'`.execute(tx);
      await sql`insert into discoveries (number, state, scope, filter, least, most, min_comments, requested_at, requested_by, lineage)
        overriding system value values (${number}, ${state}, 'all', '{}', 3, 9, 10, ${start}, 'heard', ${JSON.stringify(lineage)}::jsonb)`.execute(
        tx,
      );
      for (const [id, word, comments] of themes) {
        await sql`insert into discovered_themes (number, theme_id, words, quotes, comments)
          values (${number}, ${id}, ${[word]}::text[], '{}', ${comments})`.execute(tx);
      }
    });
  const [old, large, small] = [randomUUID(), randomUUID(), randomUUID()];
  const isNew = (...ids: string[]) => ids.map((id) => ({ kind: 'new', from: [], into: [id] }));
  await discovery(101, 'serving', isNew(old), [[old, '发票', 50]]);
  await night();
  expect(await alarms('kind=new')).toEqual([]);
  await discovery(
    102,
    'serving',
    [{ kind: 'kept', from: [old], into: [old] }, ...isNew(large, small)],
    [
      ...([
        [old, '发票', 60],
        [large, '漏水', 12],
        [small, '噪音', 3],
      ] as [string, string, number][]),
    ],
  );
  await night();
  await night();
  expect(await alarms('kind=new')).toMatchObject([
    {
      themeId: large,
      tier: 'discovery',
      version: 102,
      observed: 12,
      text: 'A new theme, “漏水”, is named by 12 comments.',
    },
  ]);
  await discovery(103, 'serving', [{ kind: 'kept', from: [small], into: [small] }], [[small, '噪音', 8]]);
  await night();
  expect((await alarms('kind=new')).map((one: any) => one.themeId).sort()).toEqual([large, small].sort());
});

test('after a long stop the last days are looked at, and only those', async () => {
  const before = await looked();
  rca.clock.advance(40 * 24 * hour);
  await eventually('all days to be looked at', async () => (await looked()) > rca.clock.now());
  expect((await looked()).getTime() - rca.clock.now().getTime()).toBeLessThan(24 * hour);
  expect((await looked()).getTime() - before.getTime()).toBe(40 * 24 * hour);
  expect((await rca.send('sam', 'GET', '/v1/alarms')).status).toBe(403);
});
