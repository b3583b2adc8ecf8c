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

test('a small theme that is like no other stays while a large one is put together', () => {
  const { texts, labels } = plantedComments();
  const large = [...texts.keys()].filter((row) => labels[row] === 0);
  const rows = [...texts.keys(), ...large, ...large, ...large].filter((row) => labels[row] !== 1 || row % 5 === 0);
  const counts = count(rows.map((row) => termsOf(texts[row]!)));
  const parts = Int32Array.from(rows, (row, at) => (labels[row] === 0 ? 4 + (at % 3) : labels[row]!));
  const merged = mergeThemes(counts, parts, 7, 4);
  const truth = rows.map((row) => labels[row]!);
  expect(agreement(merged, truth).nmi).toBeCloseTo(1, 9);
});
