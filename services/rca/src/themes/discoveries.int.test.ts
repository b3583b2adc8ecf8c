import { eventually } from '@heard/testing/eventually';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Comment, type Corpus, idOf, openCorpus } from './fixture-corpus.ts';

const day = 86_400_000;
let corpus: Corpus;
beforeAll(async () => {
  corpus = await openCorpus('2026-03-31T04:00:00Z');
  await corpus.settle();
});
afterAll(() => corpus?.close());

/** What no starter frame knows, said in many ways. */
const subjects = {
  pets: ['猫粮', '狗粮', '宠物零食', '猫砂'],
  garden: ['花盆', '园艺土', '多肉植物', '种子'],
  music: ['钢琴', '吉他琴弦', '乐谱', '音箱'],
};
const complaints = {
  pets: ['猫咪吃了拉稀', '狗狗完全不爱闻', '宠物医生不推荐'],
  garden: ['植物全部枯萎发霉', '发芽太少叶子黄', '阳台根系腐烂'],
  music: ['音色刺耳跑调', '演奏琴键松动', '老师听见皱眉头'],
};
function about(subject: keyof typeof subjects, count: number, prefix: string): Comment[] {
  return Array.from({ length: count }, (_, index) => {
    const things = subjects[subject];
    const faults = complaints[subject];
    const thing = things[index % things.length]!;
    const other = things[(index + 1 + (index % 2)) % things.length]!;
    const comment = `${thing}和${other}，${faults[index % faults.length]}，${faults[(index >> 2) % faults.length]}${index}`;
    return { id: `${prefix}-${subject}-${index}`, comment };
  });
}
const proposals = async () => (await corpus.send('GET', '/v1/proposals')).body.discovery;
const discover = async (body: object = {}) => {
  const { number } = (await corpus.send('POST', '/v1/discoveries', body)).body;
  await corpus.settle();
  return (await corpus.send('GET', `/v1/discoveries/${number}`)).body;
};
const subjectOf = (theme: { quotes: { comment: string }[] }) =>
  Object.keys(subjects).find((name) =>
    subjects[name as keyof typeof subjects].some((word) => theme.quotes[0]!.comment.includes(word)),
  );

test('of too few comments nothing is proposed', async () => {
  await corpus.say(about('pets', 20, 'few'));
  expect(await discover()).toMatchObject({ state: 'too-few', comments: 20, themes: [] });
  expect(await proposals()).toBeNull();
});

test('when its time has come the frame’s leftovers are looked through, and the themes announced', async () => {
  await corpus.say([...about('pets', 150, 'a'), ...about('garden', 120, 'a'), ...about('music', 90, 'a')]);
  await corpus.say(Array.from({ length: 40 }, (_, index) => ({ id: `named-${index}`, comment: `包装破损 ${index}` })));
  await corpus.settle();
  corpus.clock.advance(7 * day);
  await expect.poll(async () => (await proposals())?.state, { timeout: 30_000 }).toBe('serving');
  const found = await proposals();
  expect(found).toMatchObject({ number: 2, requestedBy: 'heard', scope: 'unexplained', frameVersion: 1 });
  expect(found.comments).toBe(380);
  expect(new Set(found.themes.map(subjectOf))).toEqual(new Set(['pets', 'garden', 'music']));
  const told = (await corpus.published('theme.detected')).filter(({ tier }) => tier === 'discovery');
  expect(told.map(({ themeId, comments }) => [themeId, comments]).sort()).toEqual(
    found.themes.map((one: { themeId: string; comments: number }) => [one.themeId, one.comments]).sort(),
  );
  expect(found.lineage.every(({ kind }: { kind: string }) => kind === 'new')).toBe(true);
});

test('a theme keeps its id when more comments come, and a new one is told from the old', async () => {
  const before = await proposals();
  await corpus.say(about('pets', 200, 'b'));
  const found = await discover();
  const pets = (of: typeof before) =>
    of.themes
      .filter((one: { quotes: { comment: string }[] }) => subjectOf(one) === 'pets')
      .map((one: { themeId: string }) => one.themeId);
  expect(pets(found).some((id: string) => pets(before).includes(id))).toBe(true);
  expect((await corpus.send('GET', `/v1/discoveries/${before.number}`)).body.state).toBe('retired');
  const named = found.lineage.flatMap(({ from }: { from: string[] }) => from);
  for (const { themeId } of before.themes) expect(named).toContain(themeId);
});

test('the starter frame, learnt from nothing, was learnt again when there was enough to learn from, and says the same themes', async () => {
  const { items } = (await corpus.send('GET', '/v1/frames')).body;
  expect(items).toMatchObject([
    { version: 2, state: 'serving', publishedBy: 'heard', learntFrom: 620 },
    { version: 1, state: 'retired', publishedBy: 'heard', learntFrom: 0 },
  ]);
  expect(
    (await corpus.published('theme.detected')).filter(({ tier, version }) => tier === 'frame' && version === 2),
  ).toEqual([]);
});

test('the same comments discovered again are the same themes, all kept, and nothing is announced', async () => {
  const before = await proposals();
  const told = (await corpus.published('theme.detected')).length + (await corpus.published('theme.changed')).length;
  const again = await discover();
  expect(again.number).toBeGreaterThan(before.number);
  expect(again.themes.map(({ lineage, ...theme }: { lineage: unknown }) => theme)).toEqual(
    before.themes.map(({ lineage, ...theme }: { lineage: unknown }) => theme),
  );
  expect(again.lineage.every(({ kind }: { kind: string }) => kind === 'kept')).toBe(true);
  expect((await corpus.published('theme.detected')).length + (await corpus.published('theme.changed')).length).toBe(
    told,
  );
});

test('quotes tell nobody’s number', async () => {
  const { rows } = await sql<{
    id: string;
  }>`select unnest(quotes) as id from discovered_themes join discoveries using (number) where state = 'serving' limit 1`.execute(
    corpus.database,
  );
  await sql`update comments set comment = comment || ' 13812345678' where feedback_id = ${rows[0]!.id}`.execute(
    corpus.database,
  );
  const text = JSON.stringify(await proposals());
  expect(text).toContain('[phone]');
  expect(text).not.toContain('13812345678');
});

test('a discovery that was cut short serves nothing of itself; it is begun anew', async () => {
  const before = await proposals();
  await corpus.stop();
  await sql`
    insert into discoveries (state, scope, filter, least, most, min_comments, requested_at, requested_by)
    select 'waiting', scope, filter, least, most, min_comments, now(), 'ana' from discoveries where state = 'serving'`.execute(
    corpus.database,
  );
  await sql`insert into discovered_comments (number, feedback_id, theme_id) select max(number), ${idOf('stray')}, 'stray' from discoveries`.execute(
    corpus.database,
  );
  await sql`insert into discovered_themes (number, theme_id, words, quotes, comments) select max(number), 'stray', '{}', '{}', 1 from discoveries`.execute(
    corpus.database,
  );
  await corpus.restart();
  await corpus.settle();
  const after = await proposals();
  expect(after.number).toBeGreaterThan(before.number);
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from discovered_comments where number = ${after.number}`.execute(corpus.database);
  expect(rows[0]!.n).toBe(after.comments);
  expect(after.themes.map(({ themeId }: { themeId: string }) => themeId)).not.toContain('stray');
  const traced = after.lineage.flatMap(({ from }: { from: string[] }) => from);
  expect(traced).toEqual(expect.arrayContaining(before.themes.map(({ themeId }: { themeId: string }) => themeId)));
});

test('a proposal is taken into the frame once, under a name, and its comments are counted there', async () => {
  const pets = (await proposals()).themes.find((one: { quotes: { comment: string }[] }) => subjectOf(one) === 'pets');
  const take = (body: object) => corpus.send('POST', `/v1/proposals/${pets.themeId}/take`, body);
  const named = { id: 'pet-food', zh: '宠物用品', en: 'Pet supplies', words: subjects.pets };
  expect((await take({ ...named, id: 'size-fit' })).body.code).toBe('invalid-frame');
  expect((await take(named)).status).toBe(202);
  await corpus.settle();
  const { groups, frameVersion } = (await corpus.send('GET', '/v1/themes')).body;
  expect(frameVersion).toBeGreaterThan(1);
  const taken = groups[0].themes.find((one: { themeId: string }) => one.themeId === 'pet-food');
  expect(taken.mention.n).toBeGreaterThanOrEqual(350);
  expect((await take(named)).body.code).toBe('taken-already');
  expect((await proposals()).themes.find((one: { themeId: string }) => one.themeId === pets.themeId).takenAs).toBe(
    'pet-food',
  );
});

test('killed again and again while it looks for themes, the old ones serve until the new ones are whole', async () => {
  const before = await proposals();
  const number = before.number + 1;
  await corpus.stop();
  await corpus.say(about('garden', 200, 'c'));
  await sql`insert into discoveries (state, scope, filter, least, most, min_comments, requested_at, requested_by)
    select 'waiting', scope, filter, least, most, min_comments, now(), 'ana' from discoveries where number = ${before.number}`.execute(
    corpus.database,
  );
  const stateOf = async (one: number) =>
    (await sql<{ state: string }>`select state from discoveries where number = ${one}`.execute(corpus.database)).rows[0]
      ?.state;
  const moments = {
    begun: sql`select 1 from pg_stat_activity where datname = current_database() and query ilike '%discover%' and pid <> pg_backend_pid()`,
    written: sql`select 1 from discovered_comments where number = ${number}`,
  };
  for (const moment of [moments.begun, moments.written, moments.begun]) {
    const child = corpus.spawn();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await eventually('it to be at work', async () => (await moment.execute(corpus.database)).rows.length > 0);
    child.kill('SIGKILL');
    await ended;
    const states = [await stateOf(before.number), await stateOf(number)];
    expect([
      ['serving', 'waiting'],
      ['serving', 'found'],
      ['retired', 'serving'],
    ]).toContainEqual(states);
  }
  await corpus.restart();
  await corpus.settle();
  const after = await proposals();
  expect(after).toMatchObject({ number, state: 'serving' });
  const { rows } = await sql<{ comments: number; once: number }>`
    select count(*)::int as comments, count(distinct feedback_id)::int as once from discovered_comments where number = ${number}`.execute(
    corpus.database,
  );
  expect(rows[0]).toEqual({ comments: after.comments, once: after.comments });
});
