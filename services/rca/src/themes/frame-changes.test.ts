import type { CodeFrame } from '@heard/themes/frame';
import { expect, test } from 'vitest';
import { changesBetween } from './frame-changes.ts';

const theme = (id: string, words = [id]) => ({ id, zh: id, en: id, words });
const frame = (themes: CodeFrame['themes'], merges: CodeFrame['merges'] = []): CodeFrame => ({
  name: 'f',
  version: 1,
  themes,
  merges,
});

test('every theme of a first frame is new', () => {
  const { detected, changed } = changesBetween(undefined, frame([theme('a'), theme('b')]));
  expect(detected.map(({ id }) => id)).toEqual(['a', 'b']);
  expect(changed).toEqual([]);
});

test('the same frame changes nothing, in whatever order its words stand', () => {
  const nothing = { detected: [], changed: [] };
  expect(changesBetween(frame([theme('a', ['x', 'y'])]), frame([theme('a', ['y', 'x'])]))).toEqual(nothing);
});

test('a theme with another name and other words was renamed and reworded', () => {
  const { changed } = changesBetween(frame([theme('a')]), frame([{ ...theme('a', ['z']), zh: '乙' }]));
  expect(changed.map(({ change }) => change)).toEqual(['renamed', 'reworded']);
});

test('a chain of merges ends in the theme that is counted, which speaks with more words', () => {
  const themes = [theme('a'), theme('b'), theme('c')];
  const after = frame(themes, [
    { from: 'a', into: 'b' },
    { from: 'b', into: 'c' },
  ]);
  expect(changesBetween(frame(themes), after).changed).toEqual([
    { themeId: 'a', change: 'merged', into: ['c'] },
    { themeId: 'b', change: 'merged', into: ['c'] },
    { themeId: 'c', change: 'reworded', into: ['c'] },
  ]);
});

test('a theme that is left out without a merge is gone, and one that comes back is new', () => {
  const both = frame([theme('a'), theme('b')]);
  const one = frame([theme('b')]);
  expect(changesBetween(both, one).changed).toEqual([{ themeId: 'a', change: 'gone', into: [] }]);
  expect(changesBetween(one, both).detected.map(({ id }) => id)).toEqual(['a']);
});
