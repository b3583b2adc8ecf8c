import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Assignment, goesOnIn, type Label, labelled } from './labels.ts';

const themes = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
const same = goesOnIn({ themes, merges: [] });
const model: Assignment = { primary: 'a', mentions: ['a', 'b'], uncertain: false };
const is = (themeId: string): Label => ({ themeId, isRemoved: false });
const isNot = (themeId: string): Label => ({ themeId, isRemoved: true });

test('a theme that is added is named besides the others; one that is taken away is not', () => {
  expect(labelled(model, [is('c')], same)).toEqual({ primary: 'a', mentions: ['a', 'b', 'c'], uncertain: false });
  expect(labelled(model, [isNot('b')], same)).toEqual({ primary: 'a', mentions: ['a'], uncertain: false });
  expect(labelled(model, [], same)).toBe(model);
});

test('a primary theme taken away gives way to what the analyst named, else to what the model still names', () => {
  expect(labelled(model, [isNot('a'), is('c')], same).primary).toBe('c');
  expect(labelled(model, [is('c'), isNot('a')], same).primary).toBe('c');
  expect(labelled(model, [isNot('a')], same).primary).toBe('b');
  expect(labelled(model, [isNot('a'), isNot('b')], same)).toEqual({ primary: null, mentions: [], uncertain: true });
});

test('a comment of no theme gets the one it is given', () => {
  const none: Assignment = { primary: null, mentions: [], uncertain: true };
  expect(labelled(none, [is('d')], same)).toEqual({ primary: 'd', mentions: ['d'], uncertain: false });
  expect(labelled(none, [isNot('d')], same)).toEqual(none);
});

test('the newest label of a theme holds', () => {
  expect(labelled(model, [isNot('a'), is('a')], same).mentions).toContain('a');
  expect(labelled(model, [is('a'), isNot('a')], same).mentions).toEqual(['b']);
});

test('a label of a merged theme speaks for its survivor, and one of a theme that is gone for none', () => {
  const merged = goesOnIn({
    themes,
    merges: [
      { from: 'c', into: 'd' },
      { from: 'd', into: 'b' },
    ],
  });
  expect(labelled(model, [isNot('c')], merged).mentions).toEqual(['a']);
  expect(labelled(model, [isNot('b'), is('d')], merged).mentions).toEqual(['a', 'b']);
  expect(labelled(model, [is('weather')], merged)).toBe(model);
});

test('whatever is labelled: every newest label is obeyed, the primary theme is a mention, and twice is as once', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const label = fc.record({ themeId: id, isRemoved: fc.boolean() });
  fc.assert(
    fc.property(fc.uniqueArray(id), fc.array(label), (mentions, labels) => {
      const given: Assignment = { primary: mentions[0] ?? null, mentions, uncertain: mentions.length === 0 };
      const after = labelled(given, labels, same);
      for (const theme of ['a', 'b', 'c', 'd'] as const) {
        const newest = labels.findLast(({ themeId }) => themeId === theme);
        expect(after.mentions.includes(theme)).toBe(newest ? !newest.isRemoved : mentions.includes(theme));
      }
      expect(after.primary === null).toBe(after.mentions.length === 0);
      if (after.primary !== null) expect(after.mentions).toContain(after.primary);
      expect(new Set(after.mentions).size).toBe(after.mentions.length);
      const again = labelled(after, labels, same);
      expect([again.primary, [...again.mentions].sort()]).toEqual([after.primary, [...after.mentions].sort()]);
    }),
    { seed: 3 },
  );
});
