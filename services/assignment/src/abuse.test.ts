import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { describe, expect, test } from 'vitest';
import { type Command, decide, type Evidence, evolve, type Flag, findings, noFlag } from './abuse.ts';

const policy = parsePolicy(presetPolicy()).abuse!;
const proof: Evidence = { claims: 4, ratio: 0.5, excessive: 0.5, customers: 20 };
const flagged: Flag = { state: 'flagged', flaggedBy: 'ann', confirmedBy: 'bob' };
const proposed: Flag = { state: 'proposed', flaggedBy: 'ann', confirmedBy: null };
const types = (command: Command, flag: Flag) => decide(command, flag, policy).map((fact) => fact.type);

describe('evidence: four claims and a ratio at the 95th percentile, both', () => {
  test.each<[string, Partial<Evidence>, boolean]>([
    ['both', {}, true],
    ['three claims', { claims: 3 }, false],
    ['just below the percentile', { ratio: 0.4999 }, false],
    ['value not known', { ratio: null }, false],
    ['too few customers to compare with', { customers: 19 }, false],
    ['nobody to compare with', { excessive: null, customers: 0 }, false],
    ['many claims alone', { claims: 40, ratio: 0 }, false],
    ['a high ratio alone', { claims: 1, ratio: 9 }, false],
  ])('%s: %o', (_name, change, holds) => {
    const evidence = { ...proof, ...change };
    expect(findings(evidence, policy).length === 2).toBe(holds);
    expect(types({ do: 'suspect', evidence }, noFlag)).toEqual(holds ? ['customer.abuse-suspected'] : []);
    const propose = () => types({ do: 'propose', by: 'ann', evidence }, noFlag);
    if (holds) expect(propose()).toEqual(['abuse.proposed']);
    else expect(propose).toThrow(expect.objectContaining({ code: 'no-evidence' }));
  });
});

describe('the moves', () => {
  test.each<[string, Command, Flag, string[] | string]>([
    ['a suspicion is raised once', { do: 'suspect', evidence: proof }, { ...noFlag, state: 'suspected' }, []],
    ['a second person confirms', { do: 'confirm', by: 'bob', evidence: proof }, proposed, ['customer.abuse-flagged']],
    ['not the first one', { do: 'confirm', by: 'ann', evidence: proof }, proposed, 'second-person'],
    [
      'not when the evidence is gone',
      { do: 'confirm', by: 'bob', evidence: { ...proof, claims: 3 } },
      proposed,
      'no-evidence',
    ],
    [
      'not without a first',
      { do: 'confirm', by: 'bob', evidence: proof },
      { ...noFlag, state: 'suspected' },
      'illegal-move',
    ],
    ['confirmed again it stays', { do: 'confirm', by: 'bob', evidence: proof }, flagged, []],
    ['flagged again it stays', { do: 'propose', by: 'ann', evidence: proof }, proposed, []],
    [
      'an appeal clears',
      { do: 'appeal', by: 'cid', outcome: 'clear', reason: 'r' },
      flagged,
      ['customer.abuse-cleared'],
    ],
    ['or keeps', { do: 'appeal', by: 'cid', outcome: 'keep', reason: 'r' }, flagged, ['abuse.appeal-refused']],
    ['not by who flagged', { do: 'appeal', by: 'ann', outcome: 'clear', reason: 'r' }, flagged, 'involved'],
    ['not by who confirmed', { do: 'appeal', by: 'bob', outcome: 'keep', reason: 'r' }, flagged, 'involved'],
    ['one of the two withdraws', { do: 'withdraw', by: 'bob' }, flagged, ['customer.abuse-cleared']],
    ['nobody else', { do: 'withdraw', by: 'cid' }, flagged, 'not-involved'],
    [
      'anybody a suspicion',
      { do: 'withdraw', by: 'cid' },
      { ...noFlag, state: 'suspected' },
      ['customer.abuse-cleared'],
    ],
    ['it expires', { do: 'expire' }, flagged, ['customer.abuse-cleared']],
    ['but not twice', { do: 'expire' }, { ...flagged, state: 'cleared' }, []],
    ['a victim is cleared', { do: 'excuse', claimsLeft: 3 }, flagged, ['customer.abuse-cleared']],
    ['enough other claims are left', { do: 'excuse', claimsLeft: 4 }, flagged, []],
  ])('%s', (_name, command, flag, expected) => {
    if (typeof expected === 'string') {
      expect(() => types(command, flag)).toThrow(expect.objectContaining({ code: expected }));
    } else {
      expect(types(command, flag)).toEqual(expected);
    }
  });

  test('a kept flag stays, a cleared one is over', () => {
    const after = (command: Command) => decide(command, flagged, policy).reduce(evolve, flagged).state;
    expect(after({ do: 'appeal', by: 'cid', outcome: 'keep', reason: 'r' })).toBe('flagged');
    expect(after({ do: 'appeal', by: 'cid', outcome: 'clear', reason: 'r' })).toBe('cleared');
  });
});
