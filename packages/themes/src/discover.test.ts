import { fold } from '@heard/text/fold';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agreement } from './agreement.ts';
import { discover } from './discover.ts';
import { nameThemes } from './names.ts';
import { plantedComments } from './planted-comments.ts';

const { texts, labels } = plantedComments();

test('planted themes are found, in both languages at once', () => {
  const { themeOf } = discover(texts, { themes: 4 });
  expect(agreement(themeOf, labels).nmi).toBeGreaterThan(0.9);
});

test('without a number the data choose one, within the bounds', () => {
  expect(discover(texts).themes).toBeGreaterThanOrEqual(4);
  expect(discover(texts, { most: 3 }).themes).toBeLessThanOrEqual(3);
});

test('the same comments twice give the same bytes', () => {
  const result = () => {
    const { themeOf, outlier, themes, terms } = discover(texts, { themes: 4 });
    return JSON.stringify([...themeOf, ...outlier, nameThemes(texts, themeOf, themes, { terms })]);
  };
  expect(result()).toBe(result());
});

test('neither the order of the comments nor how often one is repeated moves any of them', () => {
  const themeByText = new Map(texts.map((text, row) => [text, discovered.themeOf[row]]));
  const again = fc.shuffledSubarray([...texts, ...texts.slice(0, 50)], { minLength: texts.length + 50 });
  fc.assert(
    fc.property(again, (comments) => {
      const { themeOf } = discover(comments, { themes: 4 });
      expect([...themeOf]).toEqual(comments.map((text) => themeByText.get(text)));
    }),
    { numRuns: 5 },
  );
});
const discovered = discover(texts, { themes: 4 });

test('the same text has the same theme, however it is written', () => {
  const { themeOf } = discover([...texts, ` ${texts[60]!.toUpperCase()} `], { themes: 4 });
  expect(themeOf.at(-1)).toBe(themeOf[60]);
});

test('themes found before go on: known comments keep theirs, new ones join them', () => {
  const half = texts.filter((_, row) => row % 2 === 0);
  const before = discover(half, { themes: 4 });
  const start = new Map(half.map((text, row) => [fold(text).trim(), before.themeOf[row]!]));
  const after = discover(texts, { themes: 4, seed: 2, start });
  expect(agreement(after.themeOf, labels).nmi).toBeGreaterThan(0.9);
  const themes = half.map((text) => after.themeOf[texts.indexOf(text)]!);
  expect(agreement(themes, before.themeOf).nmi).toBe(1);
});

test('a theme nobody knew comes up among themes that go on', () => {
  const known = texts.filter((_, row) => labels[row] !== 1);
  const before = discover(known, { themes: 3 });
  const start = new Map(known.map((text, row) => [fold(text).trim(), before.themeOf[row]!]));
  const { themeOf } = discover(texts, { themes: 4, start });
  expect(agreement(themeOf, labels).nmi).toBeGreaterThan(0.9);
});

test('what says nothing is kept apart', () => {
  const { themeOf, outlier } = discover([...texts, '！！！', 'zzyzx', ''], { themes: 4 });
  expect([...themeOf.slice(-3)]).toEqual([-1, -1, -1]);
  expect([...outlier.slice(-3)]).toEqual([1, 1, 1]);
});

test.each([[[]], [['']], [['refund']], [['refund', 'refund']]])('few comments are no trouble: %j', (comments) => {
  expect(discover(comments).themeOf).toHaveLength(comments.length);
});

test('a theme is named by what tells it apart, in the words people wrote', () => {
  const { themeOf, themes } = discovered;
  const names = nameThemes(texts, themeOf, themes);
  const ofRefunds = names[themeOf[labels.indexOf(1)]!]!;
  const ofPrices = names[themeOf[labels.indexOf(3)]!]!;
  expect(ofRefunds.words).toContain('退款');
  expect(ofPrices.words.join(' ')).toMatch(/price|plan|expensive/);
  expect(ofRefunds.verbatims).toHaveLength(3);
  for (const verbatim of ofRefunds.verbatims) expect(labels[texts.indexOf(verbatim)]).toBe(1);
});
