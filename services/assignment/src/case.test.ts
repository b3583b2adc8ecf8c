import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Case, type Command, decide, evolve, type Fact, noCase } from './case.ts';

const feedbackId = '00000000-0000-8000-8000-000000000001';
const open: Command = { do: 'open', priority: 'P1', feedbackId, receivedAt: '2026-11-01T00:00:00Z', policyVersion: 1 };
const assign: Command = { do: 'assign', owner: 'ann', role: 'csm', rung: 0 };
const contact: Command = { do: 'contact', channel: 'phone', by: 'ann', allowed: ['phone'] };
const resolve: Command = { do: 'resolve', rootCause: 'parcel broken', by: 'ann' };
const park: Command = { do: 'park', reason: 'unreachable', by: 'ann' };
const join = (priority: 'P0' | 'P1' | 'P2' | null, known = false): Command => ({
  do: 'join',
  priority,
  feedbackId,
  known,
});

function given(...commands: Command[]): Case {
  return commands.reduce((state, command) => decide(command, state).reduce(evolve, state), noCase);
}
const when = (state: Case, command: Command) => decide(command, state).map((fact: Fact) => fact.type);
const refusal = (state: Case, command: Command) => {
  try {
    decide(command, state);
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return 'accepted';
};

test('the whole way: opened, assigned, attempted, contacted, resolved, observed, closed', () => {
  const attempt: Command = { do: 'attempt', channel: 'phone', outcome: 'no answer', by: 'ann' };
  const states = [
    open,
    assign,
    attempt,
    contact,
    resolve,
    { do: 'observe', until: '2026-12-01T00:00:00Z' } as const,
  ].map((_, i, all) => given(...all.slice(0, i + 1)).state);
  expect(states).toEqual(['new', 'assigned', 'contacting', 'in-recovery', 'resolved', 'observing']);
  const closed = given(open, assign, contact, resolve, { do: 'close', outcome: 'recovered', by: 'ann' });
  expect(closed).toMatchObject({ state: 'closed', version: 5 });
});

describe('what the rules refuse', () => {
  const attempt: Command = { do: 'attempt', channel: 'phone', outcome: 'busy', by: 'ann' };
  test.each([
    ['an attempt on a case nobody owns', given(open), attempt, 'illegal-move'],
    ['resolving before a live contact', given(open, assign, attempt), resolve, 'illegal-move'],
    [
      'a contact on a channel the priority does not allow',
      given(open, assign),
      { ...contact, channel: 'email' },
      'channel-not-allowed',
    ],
    [
      'a second transfer after the live contact',
      given(open, assign, contact),
      { ...assign, owner: 'bob' },
      'no-second-transfer',
    ],
    [
      'closing as recovered what is not resolved',
      given(open, assign, contact),
      { do: 'close', outcome: 'recovered', by: 'ann' },
      'illegal-move',
    ],
    [
      'closing twice',
      given(open, { do: 'close', outcome: 'lost', by: 'ann' }),
      { do: 'close', outcome: 'lost', by: 'ann' },
      'illegal-move',
    ],
    ['parking a resolved case', given(open, assign, contact, resolve), park, 'illegal-move'],
    ['reopening one that is being worked on', given(open, assign), { do: 'reopen', by: 'ann' }, 'illegal-move'],
    ['opening it again', given(open), open, 'case-exists'],
  ] as [string, Case, Command, string][])('%s', (_name, state, command, code) => {
    expect(refusal(state, command)).toBe(code);
  });
  test('but a transfer before the live contact is free', () => {
    expect(when(given(open, assign), { ...assign, owner: 'bob' })).toEqual(['case.assigned']);
  });
});

describe('more feedback of the same customer', () => {
  test('joins, and raises when it is worse', () => {
    expect(when(given(open, assign), join('P2'))).toEqual(['case.joined']);
    expect(when(given(open, assign), join('P0'))).toEqual(['case.joined', 'case.priority-raised']);
  });
  test('joins once', () => expect(when(given(open, assign), join('P1', true))).toEqual([]));
  test('never lowers', () => expect(given(open, assign, join('P2')).priority).toBe('P1'));
  test('without need of a case changes nothing, except that it brings a parked one back', () => {
    expect(when(given(open, assign), join(null))).toEqual([]);
    expect(when(given(open, assign, contact, resolve), join(null))).toEqual([]);
    expect(when(given(open, assign, park), join(null))).toEqual(['case.reopened']);
  });
  test('brings back a resolved case instead of opening a second one', () => {
    const resolved = given(open, assign, contact, resolve);
    expect(when(resolved, join('P1'))).toEqual(['case.reopened', 'case.joined']);
    expect(given(open, assign, contact, resolve, join('P0'))).toMatchObject({
      state: 'assigned',
      priority: 'P0',
      owner: 'ann',
    });
  });
});

test('whatever is tried, versions count up by one and an owner never changes after the live contact', () => {
  const commands: fc.Arbitrary<Command> = fc.oneof(
    fc.constantFrom<Command>(
      open,
      contact,
      resolve,
      park,
      { do: 'reopen', by: 'x' },
      { do: 'observe', until: '2026-12-01T00:00:00Z' },
    ),
    fc.constantFrom('ann', 'bob').map((owner): Command => ({ do: 'assign', owner, role: 'csm', rung: 0 })),
    fc.constantFrom('P0', 'P1', 'P2', null).map((priority) => join(priority as 'P0')),
    fc
      .constantFrom('recovered', 'lost', 'invalid')
      .map((outcome): Command => ({ do: 'close', outcome: outcome as 'lost', by: 'x' })),
  );
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 40 }), (all) => {
      let state = given(open);
      let ownerAtContact: string | null = null;
      for (const command of all) {
        let facts: Fact[] = [];
        try {
          facts = decide(command, state);
        } catch {
          continue;
        }
        for (const fact of facts) {
          const before = state.version;
          state = evolve(state, fact);
          expect(state.version).toBe(before + 1);
          if (fact.type === 'case.contacted') ownerAtContact ??= state.owner;
        }
        if (ownerAtContact) expect(state.owner).toBe(ownerAtContact);
      }
    }),
  );
});
