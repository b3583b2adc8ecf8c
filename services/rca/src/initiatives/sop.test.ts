import { expect, test } from 'vitest';
import { groundOf, nextVersion } from './sop.ts';

const proven = { state: 'proven', confirmedBy: 'v' } as const;
const fixed = { state: 'fixed', confirmedBy: null } as const;
const code = (work: () => unknown) => {
  try {
    return work();
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each([
  ['a proven initiative', proven, undefined, { validationId: 'v', decision: null }],
  ['one that is not', fixed, undefined, 'not-proven'],
  ['nothing', undefined, undefined, 'not-proven'],
  ['a decision about one that is not', fixed, 'the law', { validationId: null, decision: 'the law' }],
  ['a decision about none', undefined, 'the law', { validationId: null, decision: 'the law' }],
  ['a decision about what is proven', proven, 'the law', 'proven-already'],
])('on %s', (_name, initiative, decision, ground) => {
  expect(code(() => groundOf(initiative, decision))).toEqual(ground);
});

test.each([
  [{}, 2, '2026-12-01', 3],
  [{}, 2, '2026-11-01', 3],
  [{}, 2, '2026-10-31', 'before-the-last'],
  [{}, 1, '2026-12-01', 'version-mismatch'],
  [{ isRetired: true }, 2, '2026-12-01', 'retired'],
])('the next version of %j, who read %i, from %s: %s', (set, expected, validFrom, answer) => {
  const sop = { version: 2, validFrom: '2026-11-01', isRetired: false, ...set };
  expect(code(() => nextVersion(sop, expected, validFrom))).toBe(answer);
});
