import { eventually } from '@heard/testing/eventually';
import { longestTurn } from '@heard/testing/longest-turn';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Corpus, openCorpus } from './fixture-corpus.ts';
import { planted } from './fixture-planted.ts';

let corpus: Corpus;
beforeAll(async () => {
  corpus = await openCorpus('2026-03-31T04:00:00Z', { STARTER_FRAME: 'none' });
});
afterAll(() => corpus?.close());

const theme = (id: string, words: string[]) => ({ id, zh: `${id} 主题`, en: `theme ${id}`, words });
const document = {
  name: 'ours',
  themes: [
    theme('packaging', ['包装', '压坏']),
    theme('app', ['app', '小程序', '网站', 'website']),
    theme('service', ['客服', 'customer service']),
    theme('delivery', ['物流', '没收到', 'delivery']),
  ],
};
const comments = planted(10_000, (index) =>
  new Date(Date.parse('2026-01-01T00:00:00Z') + index * 600_000).toISOString(),
).map((one, index) => ({ ...one, comment: `${one.comment}，订单${index}` }));
const themesBy = async (version: number) => {
  const { rows } = await sql<{ digest: string; n: number }>`
    select md5(string_agg(feedback_id || coalesce(primary_theme, '-') || mentions::text || uncertain, ',' order by feedback_id)) as digest,
           count(*)::int as n from comment_themes where frame_version = ${version}`.execute(corpus.database);
  return rows[0]!;
};
const publish = (body: unknown) => corpus.send('POST', '/v1/frames', body);
const states = async () =>
  Object.fromEntries(
    (await corpus.send('GET', '/v1/frames')).body.items.map((one: { version: number; state: string }) => [
      one.version,
      one.state,
    ]),
  );

test('before the first frame is learnt there are no shares, and it says so', async () => {
  expect((await corpus.send('GET', '/v1/themes')).status).toBe(404);
});

test('ten thousand comments are learnt from and assigned, and the thread that serves is never held up by it', async () => {
  await corpus.say(comments);
  const longest = await longestTurn(async () => {
    expect((await publish(document)).body).toEqual({ version: 1, state: 'learning' });
    await corpus.settle();
  });
  expect(await themesBy(1)).toMatchObject({ n: 10_000 });
  expect(longest).toBeLessThan(50);
});

test('the same corpus learnt again is the same to the byte, and nothing has changed but the version', async () => {
  const before = await themesBy(1);
  await publish({ ...document, version: 1 });
  await corpus.settle();
  expect(await states()).toEqual({ 1: 'retired', 2: 'serving' });
  expect(await themesBy(2)).toEqual(before);
  const { rows } = await sql<{ same: boolean }>`
    select (select model from code_frames where version = 1) = (select model from code_frames where version = 2) as same`.execute(
    corpus.database,
  );
  expect(rows[0]!.same).toBe(true);
  expect((await corpus.published('theme.detected')).filter(({ version }) => version === 2)).toEqual([]);
  expect(await corpus.published('theme.changed')).toEqual([]);
});

test('the same text has the same themes, whenever it comes and whoever says it', async () => {
  const text = comments[17]!.comment;
  await corpus.say([
    { id: 'echo-1', comment: text, segment: 'promoter', channel: 'chat' },
    { id: 'echo-2', comment: text, product: 'p' },
  ]);
  await corpus.settle();
  const { rows } = await sql`
    select distinct primary_theme, mentions, uncertain from comment_themes join comments using (feedback_id)
     where frame_version = 2 and comment = ${text}`.execute(corpus.database);
  expect(rows).toHaveLength(1);
});

test.each([
  ['made from a version that is not there', { ...document, version: 7 }, 409, 'version-changed'],
  ['two themes of one id', { ...document, themes: [theme('a', ['x']), theme('a', ['y'])] }, 400, 'invalid-frame'],
  ['a merge into nothing', { ...document, merges: [{ from: 'app', into: 'nowhere' }] }, 400, 'invalid-frame'],
  ['the reserved id', { ...document, themes: [theme('none', ['x'])] }, 400, 'invalid-frame'],
  ['no words', { ...document, themes: [theme('a', [])] }, 400, 'invalid'],
])('%s is refused, and nothing is published', async (_, body, status, code) => {
  const answer = await publish(body);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(Object.keys(await states())).toEqual(['1', '2']);
});

test('a version that is held keeps its themes up while another serves; released, they are forgotten', async () => {
  await sql`insert into held_frames (frame_version, holder) values (2, 'proof 7')`.execute(corpus.database);
  await publish({
    ...document,
    themes: document.themes.map((one) => (one.id === 'app' ? { ...one, zh: '应用' } : one)),
    merges: [{ from: 'delivery', into: 'packaging' }],
  });
  await corpus.settle();
  await corpus.say([{ id: 'later', comment: '物流慢', segment: 'detractor' }]);
  await corpus.settle();
  const { rows } = await sql`
    select frame_version, primary_theme from comment_themes t join comments c using (feedback_id) where c.comment = '物流慢' order by 1`.execute(
    corpus.database,
  );
  expect(rows).toEqual([
    { frame_version: 2, primary_theme: 'delivery' },
    { frame_version: 3, primary_theme: 'packaging' },
  ]);
  expect((await publish({ ...document, version: 2 })).body.code).toBe('version-changed');
  expect((await corpus.send('GET', '/v1/themes?frame=2')).body.groups[0].themes).toHaveLength(4);
  const told = (await corpus.published('theme.changed')).map(({ themeId, change, into }) => [themeId, change, into]);
  expect(told.sort()).toEqual([
    ['app', 'renamed', ['app']],
    ['delivery', 'merged', ['packaging']],
    ['packaging', 'reworded', ['packaging']],
  ]);
  await sql`delete from held_frames`.execute(corpus.database);
  await corpus.say([{ id: 'later still', comment: '包装' }]);
  await eventually('version 2 to be forgotten', async () => (await themesBy(2)).n === 0);
  await sql`insert into held_frames (frame_version, holder) values (2, 'proof 8')`.execute(corpus.database);
  await corpus.say([{ id: 'last', comment: '包装' }]);
  const { rows: all } = await sql<{ n: number }>`select count(*)::int as n from comments where comment <> ''`.execute(
    corpus.database,
  );
  await eventually('version 2 to know every comment again', async () => (await themesBy(2)).n === all[0]!.n);
  await sql`delete from held_frames`.execute(corpus.database);
});

test('killed again and again while a version is learnt, it loses nothing: the old one serves until the new one is whole', async () => {
  const old = await themesBy(3);
  await corpus.say([{ id: 'a last one', comment: '客服不理人' }]);
  await corpus.settle();
  await corpus.stop();
  await sql`
    insert into code_frames (version, document, published_at, published_by, state)
    select 4, jsonb_set(document, '{version}', '4'), now(), 'ana', 'learning' from code_frames where version = 3`.execute(
    corpus.database,
  );
  const reached: (string | null)[] = [];
  const progress = async () =>
    (
      await sql<{ model: boolean; to: string | null; complete: boolean; state: string }>`
        select model is not null as model, assigned_to as to, complete, state from code_frames where version = 4`.execute(
        corpus.database,
      )
    ).rows[0]!;
  for (const goal of ['learnt', 'begun', 'further'] as const) {
    const child = corpus.spawn();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const before = await progress();
    await eventually(`the new version to be ${goal}`, async () => {
      const { model, to } = await progress();
      return goal === 'learnt' ? model : to !== before.to;
    });
    child.kill('SIGKILL');
    await ended;
    const { to, state } = await progress();
    reached.push(to);
    if (state === 'learning') expect((await themesBy(3)).n).toBe(old.n + 1);
  }
  await corpus.restart();
  await corpus.settle();
  expect(await states()).toMatchObject({ 3: 'retired', 4: 'serving' });
  const { rows } = await sql`
    select feedback_id from comments left join comment_themes t using (feedback_id)
     where comment <> '' group by 1 having count(*) filter (where t.frame_version = 4) <> 1`.execute(corpus.database);
  expect(rows).toEqual([]);
  const { groups } = (await corpus.send('GET', '/v1/themes?filter=all')).body;
  expect(groups[0].of).toBe((await themesBy(4)).n);
  expect(reached.some((to) => to !== null)).toBe(true);
});
