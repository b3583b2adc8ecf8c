import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { countedThemes, parseFrame } from './frame.ts';

const frame = (merges: string) => `
name: test
version: 2
themes:
  - { id: late, zh: 晚到, en: Late, words: [慢, late] }
  - { id: lost, zh: 丢件, en: Lost, words: [丢了, lost] }
  - { id: delivery, zh: 配送, en: Delivery, words: [配送, late] }
merges: ${merges}
`;

test.each(['retail', 'saas', 'telecom'])(
  'the starter frame for %s speaks Chinese and English in every theme',
  (name) => {
    const { themes } = parseFrame(readFileSync(new URL(`../frames/${name}.yaml`, import.meta.url), 'utf8'));
    expect(themes.length).toBeGreaterThanOrEqual(10);
    for (const { id, words } of themes) {
      expect(
        words.some((word) => /[\u3400-\u9fff]/.test(word)),
        id,
      ).toBe(true);
      expect(
        words.some((word) => /^[a-z0-9' -]+$/.test(word)),
        id,
      ).toBe(true);
      expect(new Set(words).size, id).toBe(words.length);
    }
  },
);

test('a merged theme is counted under its survivor, words and all', () => {
  const themes = countedThemes(parseFrame(frame('[{ from: late, into: lost }, { from: lost, into: delivery }]')));
  expect(themes.map(({ id, words }) => [id, words])).toEqual([['delivery', ['慢', 'late', '丢了', 'lost', '配送']]]);
});

test.each([
  ['[{ from: late, into: lost }, { from: lost, into: late }]', 'the merges of late lead back to itself'],
  ['[{ from: late, into: lost }, { from: late, into: delivery }]', 'late is merged twice'],
  ['[{ from: late, into: price }]', 'a merge names the unknown theme price'],
])('refused: %s', (merges, message) => {
  expect(() => parseFrame(frame(merges))).toThrow(message);
});

test('two themes cannot share an id', () => {
  expect(() => parseFrame(frame('[]').replace('id: lost', 'id: late'))).toThrow('two themes have the id late');
});
