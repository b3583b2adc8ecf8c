import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';
import { countThemes } from './theme-counts.ts';

let rca: Rca;
const refund = { id: 'refund', zh: '退款慢', en: 'Slow refunds', words: ['退款', 'refund'] };
const queue = { id: 'queue', zh: '排队', en: 'Queues', words: ['排队', 'queue'] };
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'], bob: ['analyst'], dan: ['director'] });
  await rca.frame(1, [refund, queue]);
});
afterAll(() => rca.close());

const label = (feedbackId: string, body: object, who = 'ann') =>
  rca.send(who, 'POST', `/v1/comments/${feedbackId}/labels`, body);
const themes = async (feedbackId: string) => (await rca.send('dan', 'GET', `/v1/comments/${feedbackId}/themes`)).body;
const audit = async (size = 100) => (await rca.send('dan', 'GET', `/v1/frames/1/audit-sample?size=${size}`)).body;

test('the words that name a theme come with a comment, where they stand although a phone number is masked', async () => {
  const comment = '我的电话13812345678，退款太慢，排队也久';
  const [id] = await rca.say([{ comment, themes: ['refund', 'queue'] }]);
  const body = await themes(id!);
  expect(body).toMatchObject({ frameVersion: 1, primary: 'refund', mentions: ['refund', 'queue'], labels: [] });
  expect(body.comment).toHaveLength(comment.length);
  expect(body.comment).not.toContain('13812345678');
  expect(body.spans.map((one: any) => [one.themeId, body.comment.slice(one.start, one.end)])).toEqual([
    ['refund', '退款'],
    ['queue', '排队'],
  ]);
});

test('a corrected theme counts at once, and who said what when is kept', async () => {
  const channel = 'corrected';
  const [id] = await rca.say([{ channel, comment: 'The queue, refund pending', themes: ['queue'] }]);
  expect((await label(id!, { themeId: 'queue', remove: true })).body).toMatchObject({ primary: null, uncertain: true });
  rca.clock.advance(60_000);
  const { status, body } = await label(id!, { themeId: 'refund', span: { start: 11, end: 17 } }, 'bob');
  expect([status, body.primary, body.mentions, body.uncertain]).toEqual([201, 'refund', ['refund'], false]);
  const counts = await countThemes(rca.database, 1, { channels: [channel] });
  expect(Object.fromEntries(counts.themes)).toEqual({ refund: { primary: 1, mentions: 1 } });
  await label(id!, { themeId: 'refund', remove: true });
  await label(id!, { themeId: 'queue' });
  const said = await themes(id!);
  expect(said.mentions).toEqual(['queue']);
  expect(said.labels.map((one: any) => [one.themeId, one.remove, one.by, one.at.slice(11, 16)])).toEqual([
    ['queue', false, 'ann', '01:01'],
    ['refund', true, 'ann', '01:01'],
    ['refund', false, 'bob', '01:01'],
    ['queue', true, 'ann', '01:00'],
  ]);
  expect(said.labels[2].span).toEqual({ start: 11, end: 17 });
});

test('what cannot be labelled is refused', async () => {
  const [id, silent] = await rca.say([{ comment: 'short', themes: [] }, { comment: null }]);
  expect((await label(id!, { themeId: 'weather' })).body.code).toBe('unknown-theme');
  expect((await label(id!, { themeId: 'queue', span: { start: 2, end: 6 } })).body.code).toBe('span-outside');
  expect((await label(id!, { themeId: 'queue', span: { start: 2, end: 2 } })).status).toBe(400);
  expect((await label(silent!, { themeId: 'queue' })).status).toBe(404);
  expect((await label(randomUUID(), { themeId: 'queue' })).status).toBe(404);
  expect((await label(id!, { themeId: 'queue' }, 'dan')).status).toBe(403);
});

test('labels tell how right the model is, each comment and theme once, against what it had named by itself', async () => {
  const before = await audit();
  const ids = await rca.say(Array.from({ length: 10 }, (_, n) => ({ themes: n < 8 ? ['refund'] : [] })));
  for (const [n, id] of ids.entries()) {
    if (n < 6) await label(id, { themeId: 'refund' });
    else if (n < 8) await label(id, { themeId: 'refund', remove: true });
    else await label(id, { themeId: 'queue' });
  }
  await label(ids[0]!, { themeId: 'refund', remove: true });
  await label(ids[0]!, { themeId: 'refund' });
  const { labelled, sample, themes, items } = await audit();
  expect([labelled.pairs - before.labelled.pairs, labelled.agreed - before.labelled.agreed]).toEqual([10, 6]);
  expect(sample).toEqual(labelled);
  expect(sample.accuracy.lower).toBeLessThan(sample.agreed / sample.pairs);
  expect(themes.find((one: any) => one.themeId === 'refund')).toMatchObject({ confirmed: 6, wrong: 2 });
  expect(items.filter((one: any) => ids.includes(one.feedbackId)).every((one: any) => one.isLabelled)).toBe(true);
  const few = (await audit(4)).items.map((one: any) => one.feedbackId);
  expect(few).toEqual(items.slice(0, 4).map((one: any) => one.feedbackId));
});
