import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Corpus, idOf, openCorpus } from './fixture-corpus.ts';
import { planted } from './fixture-planted.ts';

let corpus: Corpus;
beforeAll(async () => {
  corpus = await openCorpus('2026-03-31T04:00:00Z');
});
afterAll(() => corpus?.close());

const name = 'customer-service-1';
const themes = async () => (await corpus.send('GET', `/v1/comments/${idOf(name)}/themes`)).body;
const label = (body: object) => corpus.send('POST', `/v1/comments/${idOf(name)}/labels`, body);

test('a label holds against the model in the next version of the frame and when the comment changes', async () => {
  const comments = planted(400, () => '2026-03-01T00:00:00Z');
  await corpus.say(comments);
  await corpus.settle();
  const before = await themes();
  expect(before).toMatchObject({ frameVersion: 1, primary: 'customer-service' });
  await label({ themeId: 'customer-service', remove: true });
  expect((await label({ themeId: 'packaging-damage' })).body.primary).toBe('packaging-damage');

  const { document } = (await corpus.send('GET', '/v1/frames/1')).body;
  const { version: _, ...next } = document;
  expect((await corpus.send('POST', '/v1/frames', { ...next, name: 'next' })).status).toBe(202);
  await corpus.settle();
  expect(await themes()).toMatchObject({
    frameVersion: 2,
    primary: 'packaging-damage',
    mentions: ['packaging-damage'],
  });

  const { comment } = comments.find(({ id }) => id === name)!;
  await corpus.say([{ id: name, comment: `${comment}!`, revision: 2 }]);
  await corpus.settle();
  expect(await themes()).toMatchObject({ comment: `${comment}!`, primary: 'packaging-damage' });
  const others = (await corpus.send('GET', `/v1/comments/${idOf('customer-service-5')}/themes`)).body;
  expect(others.primary).toBe('customer-service');
});
