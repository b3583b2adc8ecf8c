import { expect, test } from 'vitest';
import { judge } from './hypothesis.ts';

const belief = { hypothesisId: 'h1', themeId: 'price', threshold: 0.05, minN: 100, confidence: 0.95 };

test('price is rejected where every channel names it in fewer than 5 %', () => {
  const { verdict, channels } = judge(belief, { chat: { hits: 30, of: 1500 }, social: { hits: 45, of: 1500 } });
  expect(verdict).toBe('rejected');
  expect(channels.map(({ channel, finding }) => [channel, finding])).toEqual([
    ['chat', 'below'],
    ['social', 'below'],
  ]);
  expect(channels[0]!.share.estimate).toBe(0.02);
});

test('one channel that may name it in 5 % keeps it open', () => {
  const { verdict, channels } = judge(belief, { chat: { hits: 30, of: 1500 }, social: { hits: 66, of: 1500 } });
  expect(verdict).toBe('open');
  expect(channels[1]!.finding).toBe('open');
});

test('one channel that names it in more supports it', () => {
  expect(judge(belief, { chat: { hits: 30, of: 1500 }, survey: { hits: 300, of: 1500 } }).verdict).toBe('supported');
});

test('the more channels are looked at, the clearer one must be', () => {
  const survey = { hits: 96, of: 1500 };
  expect(judge(belief, { survey }).verdict).toBe('supported');
  const quiet = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`channel ${n}`, { hits: 10, of: 1500 }]));
  expect(judge(belief, { survey, ...quiet }).verdict).toBe('open');
});

test('a channel with too few comments is shown and does not count', () => {
  const { verdict, channels } = judge(belief, {
    chat: { hits: 30, of: 1500 },
    shop: { hits: 9, of: 20 },
    mail: { hits: 0, of: 0 },
  });
  expect(verdict).toBe('rejected');
  expect(channels.map(({ finding }) => finding)).toEqual(['below', 'too-few']);
  expect(judge(belief, { shop: { hits: 0, of: 20 } }).verdict).toBe('open');
});
