import { Rejection } from '@heard/bus/rejection';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Command, decide, depthOf, type Evidence, evolve, type WhyTree } from './why-tree.ts';

const link: Evidence = { kind: 'link', name: 'board minutes', url: 'https://example.com/minutes' };
const empty: WhyTree = { deepest: 5, whys: new Map() };
const ask = (whyId: string, parentId: string | null, over: Partial<Extract<Command, { do: 'ask' }>> = {}): Command => ({
  ...{ do: 'ask', whyId, parentId, statement: whyId, evidence: [link], department: 'logistics' },
  ...over,
});
const root = (whyId: string, isRoot = true): Command => ({ do: 'mark-root', whyId, isRoot });

function play(commands: Command[], from = empty): WhyTree {
  return commands.reduce((tree, command) => {
    const why = decide(command, tree);
    return why ? evolve(tree, why) : tree;
  }, from);
}
const refusal = (commands: Command[]) => {
  try {
    play(commands);
    return null;
  } catch (error) {
    return (error as Rejection).code;
  }
};

test('a chain may stop at the third why, and a why may have several answers', () => {
  const tree = play([ask('a', null), ask('b', 'a'), ask('c', 'b'), ask('d', 'b'), root('c'), root('d')]);
  expect([...tree.whys.values()].filter(({ isRoot }) => isRoot).map(({ whyId }) => depthOf(tree, whyId))).toEqual([
    3, 3,
  ]);
});

test('a why may be written down first, but is no root cause before evidence and department are there', () => {
  const guess = [ask('a', null), ask('b', 'a', { evidence: [] })];
  expect(refusal([...guess, root('b')])).toBe('no-root-without-evidence');
  expect(refusal([...guess, { do: 'correct', whyId: 'b', evidence: [link] }, root('b')])).toBe(null);
  expect(refusal([ask('a', null, { department: null }), root('a')])).toBe('no-root-without-evidence');
});

test('a guess anywhere above the root is a guess', () => {
  const chain = [ask('a', null, { evidence: [] }), ask('b', 'a'), ask('c', 'b')];
  expect(() => play([...chain, root('c')])).toThrow('why 1');
});

test('a correction takes nothing away that a root cause stands on, unless the root is taken back first', () => {
  const proven = [ask('a', null), ask('b', 'a'), root('b')];
  const gone: Command = { do: 'correct', whyId: 'a', evidence: [] };
  expect(refusal([...proven, gone])).toBe('no-root-without-evidence');
  expect(refusal([...proven, root('b', false), gone])).toBe(null);
});

test('no deeper than agreed, and never below a why that is not there', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((id, n, all) => ask(id, all[n - 1] ?? null));
  expect(refusal(five)).toBe(null);
  expect(refusal([...five, ask('f', 'e')])).toBe('too-deep');
  expect(refusal([ask('b', 'a')])).toBe('unknown-why');
});

test('saying the same again is no revision', () => {
  const tree = play([ask('a', null)]);
  expect(decide({ do: 'correct', whyId: 'a', statement: 'a' }, tree)).toBeUndefined();
  expect(decide({ do: 'correct', whyId: 'a', statement: 'b' }, tree)).toMatchObject({ revision: 2, statement: 'b' });
});

test('whatever is written, in whatever order, no root cause hangs on a guess', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const grown = play([ask('a', null), ask('b', 'a'), ask('c', 'b'), ask('d', 'a', { evidence: [] })]);
  const content = {
    statement: fc.constantFrom('x', 'y'),
    evidence: fc.constantFrom<Evidence[]>([], [link]),
    department: fc.constantFrom(null, 'logistics'),
  };
  const command = fc.oneof(
    fc.record({ do: fc.constant('ask' as const), whyId: id, parentId: fc.option(id), ...content }),
    fc.record({ do: fc.constant('correct' as const), whyId: id, ...content }),
    fc.record({ do: fc.constant('mark-root' as const), whyId: id, isRoot: fc.boolean() }),
  );
  let roots = 0;
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let tree = grown;
      for (const one of commands) {
        if (one.do === 'ask' && tree.whys.has(one.whyId)) continue;
        try {
          const why = decide(one, tree);
          if (why) tree = evolve(tree, why);
        } catch (error) {
          if (!(error instanceof Rejection)) throw error;
        }
      }
      for (const why of tree.whys.values()) {
        if (!why.isRoot) continue;
        roots++;
        for (let at = why; ; at = tree.whys.get(at.parentId)!) {
          expect(at.evidence.length > 0 && at.department !== null).toBe(true);
          if (at.parentId === null) break;
        }
      }
    }),
    { seed: 5 },
  );
  expect(roots).toBeGreaterThan(10);
});
