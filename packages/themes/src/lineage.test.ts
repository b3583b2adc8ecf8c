import fc from 'fast-check';
import { expect, test } from 'vitest';
import { traceThemes } from './lineage.ts';

/** Comments as one character of their old theme and one digit of their new one; "-" for none. */
function trace(comments: string) {
  const pairs = comments
    .split(' ')
    .map((pair, row) => ({ key: `comment ${row}`, old: pair[0]!, theme: Number(pair[1]) }));
  const before = new Map(pairs.filter(({ old }) => old !== '-').map(({ key, old }) => [key, old]));
  return traceThemes(
    before,
    pairs.filter(({ theme }) => !Number.isNaN(theme)),
    (theme) => `new ${theme}`,
  );
}

test('themes that hold most of what they held keep their ids, whatever their numbers', () => {
  expect(trace('a1 a1 a1 b0 b0 b1 -0 -1')).toEqual({
    idOf: ['b', 'a'],
    changes: [
      { kind: 'kept', from: ['b'], into: ['b'] },
      { kind: 'kept', from: ['a'], into: ['a'] },
    ],
  });
});

test('the larger part of a theme that splits keeps the id', () => {
  expect(trace('a0 a0 a0 a1 a1')).toEqual({
    idOf: ['a', 'new 1'],
    changes: [{ kind: 'split', from: ['a'], into: ['a', 'new 1'] }],
  });
});

test('themes that merge live on under the id of the largest', () => {
  expect(trace('a0 a0 b0 b0 b0 c0')).toEqual({
    idOf: ['b'],
    changes: [{ kind: 'merged', from: ['b', 'a', 'c'], into: ['b'] }],
  });
});

test('a theme can lose a part and take in another theme at once', () => {
  expect(trace('a0 a0 a0 a0 a1 a1 a1 b0 b0').changes).toEqual([
    { kind: 'split', from: ['a'], into: ['a', 'new 1'] },
    { kind: 'merged', from: ['b'], into: ['a'] },
  ]);
});

test('a theme of comments nobody knew is new, though some stray known ones are in it', () => {
  expect(trace('a0 a0 a0 a0 a0 a0 a0 a0 -1 -1 -1 -1 -1 -1 -1 a1').changes).toEqual([
    { kind: 'kept', from: ['a'], into: ['a'] },
    { kind: 'new', from: [], into: ['new 1'] },
  ]);
});

test('a theme whose comments are scattered or no longer there is gone', () => {
  expect(trace('a0 a0 a0 b1 b1 b1 c0 c1 d_').changes.slice(2)).toEqual([
    { kind: 'gone', from: ['c'], into: [] },
    { kind: 'gone', from: ['d'], into: [] },
  ]);
});

test('an id that another theme has is refused', () => {
  expect(() => traceThemes(new Map([['x', 'a']]), [{ key: 'y', theme: 0 }], () => 'a')).toThrow('another theme has');
});

test('every old id is accounted for once, every theme has an id of its own, and the order of the comments changes nothing', () => {
  const comment = fc.record({
    old: fc.constantFrom('a', 'b', 'c', 'd', undefined),
    theme: fc.integer({ min: -1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(comment, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (comments, draws) => {
      const rows = comments.map((one, row) => ({ ...one, key: String(row) }));
      const lineageOf = (from: typeof rows) =>
        traceThemes(
          new Map(from.flatMap(({ key, old }) => (old ? [[key, old]] : []))),
          from,
          (theme) => `new ${theme}`,
        );
      const lineage = lineageOf(rows);
      const oldIds = new Set(rows.flatMap(({ old }) => old ?? []));
      const from = lineage.changes.flatMap((change) => change.from);
      const into = new Set(lineage.changes.flatMap((change) => change.into));
      expect([...from].sort()).toEqual([...oldIds].sort());
      expect(new Set(lineage.idOf).size).toBe(lineage.idOf.length);
      expect([...into].sort()).toEqual([...lineage.idOf].sort());
      const order = rows.map((row) => ({ row, place: draws.next().value })).sort((a, b) => a.place - b.place);
      expect(JSON.stringify(lineageOf(order.map(({ row }) => row)))).toBe(JSON.stringify(lineage));
    }),
  );
});
