import { expect, test } from 'vitest';
import { assign, guide } from './assign.ts';
import { parseFrame } from './frame.ts';
import { plantedComments } from './planted-comments.ts';
import { readModel, storeModel } from './stored-model.ts';

const { texts } = plantedComments();
const frame = parseFrame(`
name: planted
version: 1
themes:
  - { id: delivery, zh: 配送, en: Delivery, words: [配送, 物流] }
  - { id: app, zh: 应用, en: App, words: [login] }
`);

test('a model that was stored and read again answers as before', () => {
  const { model, assignments } = guide(frame, texts);
  const again = readModel(storeModel(model));
  expect(texts.map((text) => assign(again, text))).toEqual(assignments);
});

test('the same comments give the same bytes', () => {
  const bytes = () => storeModel(guide(frame, texts).model).toString('base64');
  expect(bytes()).toBe(bytes());
});
