import { expect, test } from 'vitest';
import { plantedComments } from './planted-comments.ts';
import { termsOf } from './tokens.ts';
import { count } from './vocabulary.ts';
import { continued } from './warm.ts';

const { texts, labels } = plantedComments();
const copies = Array.from({ length: 3 }, (_, copy) => texts.map((text) => `${text} ${copy}`)).flat();
const truth = Int32Array.from(copies, (_, row) => labels[row % texts.length]!);
const counts = count(copies.map(termsOf));

test('known comments follow to where they are found, but no more than 4 % of them by one run', () => {
  const known = truth.map((label, row) => (row % 8 === 0 ? (label + 1) % 4 : label));
  const themeOf = continued(counts, known, 4, 1);
  const moved = [...themeOf.keys()].filter((row) => themeOf[row] !== known[row]);
  expect(moved).toHaveLength(Math.floor(truth.length * 0.04));
  for (const row of moved) expect(themeOf[row]).toBe(truth[row]);
});

test('new comments are not held by how many may move', () => {
  const known = truth.map((label, row) => (row % 2 === 0 ? label : -1));
  expect([...continued(counts, known, 4, 1)]).toEqual([...truth]);
});

test('what is left of a theme that nothing found carries on goes first', () => {
  const known = truth.slice();
  const left = [0, 1, 2].map((nth) => truth.indexOf(2, nth * 40));
  for (const row of left) known[row] = 4;
  for (let row = 0; row < 24; row++) if (!left.includes(row)) known[row] = (truth[row]! + 1) % 4;
  const themeOf = continued(counts, known, 4, 1);
  expect(themeOf).not.toContain(4);
});
