import { expect, test } from 'vitest';
import { agreement } from './agreement.ts';
import { mergeThemes } from './merge.ts';
import { plantedComments } from './planted-comments.ts';
import { termsOf } from './tokens.ts';
import { count } from './vocabulary.ts';

test('halves of a theme are merged before whole themes are', () => {
  const { texts, labels } = plantedComments();
  const counts = count([...texts, ...texts].map(termsOf));
  const halves = Int32Array.from([...labels, ...labels.map((label) => label + 4)]);
  const merged = mergeThemes(counts, halves, 8, 4);
  expect(agreement(merged, [...labels, ...labels]).nmi).toBe(1);
  expect(new Set(mergeThemes(counts, halves, 8, 1)).size).toBe(1);
});
