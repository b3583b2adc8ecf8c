import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accuracy } from './agreement.ts';
import { assign, guide } from './assign.ts';
import { parseFrame } from './frame.ts';
import { plantedComments } from './planted-comments.ts';

const { texts, labels } = plantedComments();
const frame = parseFrame(`
name: planted
version: 1
themes:
  - { id: delivery, zh: 配送, en: Delivery, words: [配送, 物流] }
  - { id: refunds, zh: 退款, en: Refunds, words: [到账, 退货] }
  - { id: app, zh: 应用, en: App, words: [login] }
  - { id: price, zh: 价格, en: Price, words: [price, expensive] }
`);
const { model, assignments } = guide(frame, texts);

test('comments that hold no key word learn their theme from those that do', () => {
  const unnamed = texts.filter((text) => /快递太慢|退款流程|cheaper plan|password reset/.test(text));
  expect(unnamed.length).toBe(16);
  expect(
    accuracy(
      assignments.map(({ primary }) => primary),
      labels,
    ).accuracy,
  ).toBeGreaterThan(0.95);
});

test('one comment may be about several themes, and is counted once for each', () => {
  const { primary, mentions } = assign(model, '快递太慢，快递配送超时，退款没有到账，退款被拒绝');
  expect(mentions).toEqual([0, 1]);
  expect(mentions).toContain(primary);
});

test('a comment of nothing known has no theme', () => {
  expect(assign(model, '！！！')).toEqual({ primary: -1, mentions: [], uncertain: true });
});

test('a key word settles what the other words leave open', () => {
  expect(assign(model, 'zzyzx login')).toMatchObject({ primary: 2, uncertain: false });
});

test('the order of the comments a frame learns from changes nothing', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(texts, { minLength: texts.length }), (shuffled) => {
      const other = guide(frame, shuffled).model;
      expect(texts.map((text) => assign(other, text))).toEqual(assignments);
    }),
    { numRuns: 3 },
  );
});
