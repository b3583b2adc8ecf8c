import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FrameTheme, openRca, type Rca } from '../fixture-rca.ts';

let rca: Rca;
const price: FrameTheme = { id: 'price-promotion', zh: '价格', en: 'Price', words: ['太贵'] };
const queue: FrameTheme = { id: 'queue', zh: '排队', en: 'Queues', words: ['排队'] };
const promises: FrameTheme = { id: 'promises', zh: '承诺', en: 'Promises', words: ['承诺'] };

beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'], dan: ['director'] });
  await rca.frame(1, [price, queue, promises]);
  for (const [channel, priced] of Object.entries({ chat: 3, app: 2, survey: 0 })) {
    await comments(channel, 200, priced, 'price-promotion');
  }
  await comments('shop', 20, 10, 'price-promotion');
});
afterAll(() => rca.close());

const comments = (channel: string, of: number, hits: number, theme: string, frameVersion = 1) =>
  rca.say(
    Array.from({ length: of }, (_, n) => ({ channel, themes: n < hits ? [theme] : n < 2 * hits ? ['queue'] : [] })),
    frameVersion,
  );
const state = (body: object, who = 'ann') =>
  rca.send(who, 'POST', '/v1/hypotheses?lang=en', { statement: 'It is the price', believedBy: 'sales', ...body });
const read = async (id: string) => (await rca.send('dan', 'GET', `/v1/hypotheses/${id}?lang=en`)).body;

test('"it is the price" is rejected where under 5 % name it in every channel that has enough comments', async () => {
  const { status, body } = await state({ themeIds: ['price-promotion'] });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    verdict: 'rejected',
    threshold: 0.05,
    frameVersion: 1,
    filter: { segments: ['detractor'] },
  });
  expect(body.channels.map((one: any) => [one.channel, one.count.hits, one.count.of, one.finding])).toEqual([
    ['app', 2, 200, 'below'],
    ['chat', 3, 200, 'below'],
    ['shop', 10, 20, 'too-few'],
    ['survey', 0, 200, 'below'],
  ]);
});

test('the judgement of an open one follows the comments; closing keeps it with its frame version', async () => {
  const { hypothesisId } = (await state({ themeIds: ['price-promotion'], filter: { channels: ['app', 'mail'] } })).body;
  expect(await read(hypothesisId)).toMatchObject({ verdict: 'rejected', closedAt: null });
  await comments('mail', 200, 40, 'price-promotion');
  expect((await read(hypothesisId)).verdict).toBe('supported');
  const closed = await rca.send('ann', 'POST', `/v1/hypotheses/${hypothesisId}/close`);
  expect(closed.body).toMatchObject({ verdict: 'supported', closedBy: 'ann', frameVersion: 1 });
  await comments('mail', 9000, 0, 'price-promotion');
  await rca.frame(2, [price, queue]);
  const later = await read(hypothesisId);
  expect(later).toMatchObject({ verdict: 'supported', frameVersion: 1, closedAt: '2026-10-10T01:00:00.000Z' });
  expect(later.channels).toEqual(closed.body.channels);
  expect((await rca.send('ann', 'POST', `/v1/hypotheses/${hypothesisId}/close`)).body.code).toBe('closed-already');
});

test('a theme that is not counted, or no longer, is said and not taken for silence', async () => {
  expect((await state({ themeIds: ['weather'] })).body.code).toBe('unknown-theme');
  await rca.frame(3, [price, queue, promises]);
  const { hypothesisId } = (await state({ themeIds: ['promises', 'queue'] })).body;
  await rca.frame(4, [price, queue]);
  expect(await read(hypothesisId)).toMatchObject({ status: 409, code: 'theme-gone' });
  const board = (await rca.send('dan', 'GET', '/v1/hypotheses?theme=queue')).body.items;
  expect(board).toMatchObject([{ hypothesisId, statement: 'It is the price', believedBy: 'sales', verdict: null }]);
});

test('several themes count a comment that names both once', async () => {
  await rca.frame(5, [price, queue]);
  await rca.say(
    Array.from({ length: 100 }, (_, n) => ({ channel: 'letter', themes: n < 50 ? ['queue', 'price-promotion'] : [] })),
    5,
  );
  const { body } = await state({ themeIds: ['queue', 'price-promotion'], filter: { channels: ['letter'] } });
  expect(body.channels).toMatchObject([{ count: { hits: 50, of: 100 }, finding: 'above' }]);
});

test('directors read the board and do not write on it; the board pages', async () => {
  expect((await state({ themeIds: ['queue'] }, 'dan')).status).toBe(403);
  const first = (await rca.send('dan', 'GET', '/v1/hypotheses?limit=2')).body;
  const rest = (await rca.send('dan', 'GET', `/v1/hypotheses?limit=3&cursor=${first.next}`)).body;
  const ids = [...first.items, ...rest.items].map((one: any) => one.hypothesisId);
  expect([ids.length, new Set(ids).size, rest.next]).toEqual([4, 4, null]);
});
