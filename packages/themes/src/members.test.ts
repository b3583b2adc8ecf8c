import { expect, test } from 'vitest';
import { agreement } from './agreement.ts';
import { memberThemes } from './member.ts';
import { membersOf } from './members.ts';
import { plantedComments } from './planted-comments.ts';
import { termsOf } from './tokens.ts';
import { count } from './vocabulary.ts';

test('two threads find what one finds', () => {
  const { texts } = plantedComments();
  const copies = Array.from({ length: 60 }, (_, copy) => texts.map((text) => `${text} ${copy}`)).flat();
  const task = { counts: count(copies.map(termsOf)), themes: 40 };
  const members = membersOf(task, [1, 2, 3, 4]);
  expect(task.counts.columns.length * task.themes).toBeGreaterThan(1_000_000);
  expect(members.map((member) => [...member])).toEqual([1, 2, 3, 4].map((seed) => [...memberThemes(task, seed)]));
  expect(agreement(members[0]!, members[1]!).nmi).toBeLessThan(1);
});
