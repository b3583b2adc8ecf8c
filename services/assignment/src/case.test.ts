import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Command, decide } from './case.ts';
import { type Case, evolve, type Fact, noCase, type State } from './case-state.ts';
import type { CallRules } from './unreachable.ts';

const feedbackId = '00000000-0000-8000-8000-000000000001';
const [one, two] = ['00000000-0000-8000-8000-00000000000a', '00000000-0000-8000-8000-00000000000b'];
const at = '2026-11-02T02:00:00.000Z';
const later = '2026-11-03T02:00:00.000Z';
const rules: CallRules = {
  ...{ at, window: '2026-11-02/0', late: false, attempts: 3, withinMs: 48 * 3_600_000 },
  ...{ parkUntil: '2026-12-02T02:00:00.000Z', textBy: 'sms' },
};
const call = (window: string | null, over: Partial<CallRules> = {}, outcome = 'no-answer'): Command => ({
  do: 'attempt',
  ...{ channel: 'phone', outcome, by: 'ann' },
  rules: { ...rules, window, ...over },
});
const open: Command = { do: 'open', priority: 'P1', feedbackId, receivedAt: at, policyVersion: 1 };
const assign: Command = { do: 'assign', owner: 'ann', role: 'csm', rung: 0, reason: 'routed' };
const contact: Command = {
  do: 'contact',
  ...{ channel: 'phone', direction: 'outbound', by: 'ann', at, allowed: ['phone'] },
  promises: [{ promiseId: one, what: 'a new parcel', dueAt: later }],
};
const resolve: Command = { do: 'resolve', rootCause: 'parcel broken', by: 'ann', wow: { dueAt: later } };
const park: Command = { do: 'park', reason: 'on holiday', by: 'ann' };
const observe: Command = { do: 'observe', until: later };
const transfer = (owner: string, override = false): Command => ({
  do: 'transfer',
  ...{ owner, role: 'csm', rung: 0, by: 'eve', why: 'speaks the dialect', override, max: 0 },
});
const close = (outcome: 'recovered' | 'lost' | 'invalid' | 'unreached', rootCause?: string): Command => ({
  do: 'close',
  ...{ outcome, rootCause, by: 'ann' },
});
const join = (priority: 'P0' | 'P1' | 'P2' | null, over: object = {}): Command => ({
  do: 'join',
  ...{ priority, feedbackId, known: false, recovered: null },
  ...over,
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

const inState: Record<State, Case> = {
  none: noCase,
  new: given(open),
  assigned: given(open, assign),
  contacting: given(open, assign, call('2026-11-02/0')),
  'in-recovery': given(open, assign, contact),
  parked: given(open, assign, park),
  resolved: given(open, assign, contact, resolve),
  observing: given(open, assign, contact, resolve, observe),
  closed: given(open, assign, contact, resolve, observe, close('recovered')),
  lost: given(open, assign, close('lost', 'price')),
};
const states = Object.keys(inState) as State[];

test('every state is reached by the rules alone', () => {
  for (const state of states) expect(inState[state].state).toBe(state);
});

/** Which moves are legal from where: the columns are the states in the order of their life. */
const legal: [string, Command, string][] = [
  //                                                          none new asg ctg rec prk res obs clo los
  ['acknowledge', { do: 'acknowledge', by: 'ann' }, '          .    .   x   x   x   .   .   .   .   .'],
  ['attempt', call('2026-11-02/1'), '                          .    .   x   x   x   .   .   .   .   .'],
  ['contact', contact, '                                       .    .   x   x   x   .   .   .   .   .'],
  ['reply', { do: 'reply', channel: 'email', by: 'ann' }, '    .    x   x   x   x   x   x   x   .   .'],
  [
    'promise',
    { do: 'promise', promise: { promiseId: two, what: 'x', dueAt: later }, by: 'ann', at },
    '                                                          .    .   .   .   x   .   x   x   .   .',
  ],
  ['pause', { do: 'pause', reason: 'waiting-for-customer', by: 'ann' }, '. . x x x . . . . .'],
  ['add a collaborator', { do: 'add-collaborator', personId: 'bob', by: 'ann' }, '. x x x x x x x . .'],
  [
    'ask for help',
    { do: 'request-help', requestId: two, role: 'technical', what: 'x', by: 'ann' },
    '. . x x x . . . . .',
  ],
  [
    'take a callback',
    { do: 'request-callback', requestId: two, from: later, until: '2026-11-03T04:00:00.000Z', by: 'ann', at },
    '                                                          .    x   x   x   x   x   .   .   .   .',
  ],
  ['a step of HEARD', { do: 'hear', step: 'hear', by: 'ann' }, '.   .   x   x   x   .   .   .   .   .'],
  ['diagnose', { do: 'diagnose', rootCause: 'courier', by: 'ann' }, '. x x x x x x x . .'],
  ['transfer with override', transfer('bob', true), '          .    x   x   x   x   .   .   .   .   .'],
  ['park', park, '                                             .    .   x   x   x   .   .   .   .   .'],
  ['resolve', resolve, '                                       .    .   .   .   x   .   .   .   .   .'],
  ['reopen', { do: 'reopen', by: 'ann' }, '                    .    .   .   .   .   x   x   x   .   .'],
  ['close as recovered', close('recovered', 'r'), '            .    .   .   .   .   .   x   x   .   .'],
  ['close as lost', close('lost', 'r'), '                      .    x   x   x   x   x   x   x   .   .'],
  ['close as invalid', close('invalid', 'r'), '                .    x   x   x   x   x   x   x   .   .'],
  ['close as unreached', close('unreached', 'r'), '            .    .   .   .   .   x   .   .   .   .'],
];
describe('a move is legal in these states and refused in all others', () => {
  test.each(legal)('%s', (_name, command, row) => {
    const expected = row.trim().split(/\s+/);
    const actual = states.map((state) => (refusal(inState[state], command) === 'accepted' ? 'x' : '.'));
    expect(Object.fromEntries(states.map((state, i) => [state, actual[i]]))).toEqual(
      Object.fromEntries(states.map((state, i) => [state, expected[i]])),
    );
  });
});

describe('ownership', () => {
  test('a transfer before the first live contact is free', () => {
    expect(decide(transfer('bob'), inState.assigned)).toMatchObject([{ owner: 'bob', reason: 'transferred' }]);
  });
  test('after it there is none, whoever asks', () => {
    expect(refusal(inState['in-recovery'], transfer('bob'))).toBe('no-second-transfer');
    expect(refusal(inState['in-recovery'], { ...assign, owner: 'bob' } as Command)).toBe('no-second-transfer');
  });
  test('unless a supervisor overrides it, which is counted', () => {
    const state = given(open, assign, contact, transfer('bob', true));
    expect(state).toMatchObject({ owner: 'bob', work: { transfers: 1, overrides: 1 } });
    expect(decide(transfer('bob', true), inState['in-recovery'])).toMatchObject([{ reason: 'overridden' }]);
  });
  test('one that the policy allows is no override', () => {
    const state = given(open, assign, contact, { ...transfer('bob', true), max: 1 } as Command);
    expect(state).toMatchObject({ owner: 'bob', work: { transfers: 1, overrides: 0 } });
    expect(refusal(state, { ...transfer('eve'), max: 1 } as Command)).toBe('no-second-transfer');
  });
  test('a collaborator helps, and is none any more once they own it', () => {
    const helped = given(open, assign, { do: 'add-collaborator', personId: 'bob', by: 'ann' });
    expect(helped).toMatchObject({ owner: 'ann', work: { collaborators: ['bob'] } });
    expect(when(helped, { do: 'add-collaborator', personId: 'bob', by: 'ann' })).toEqual([]);
    expect([transfer('bob')].flatMap((one) => decide(one, helped)).reduce(evolve, helped)).toMatchObject({
      owner: 'bob',
      work: { collaborators: [] },
    });
  });
  test('an owner who does not take it up loses it, and is not asked again', () => {
    const taken: Command = { do: 'take-back', from: 'ann', owner: 'bob', role: 'csm', rung: 0 };
    expect(given(open, assign, taken)).toMatchObject({
      owner: 'bob',
      acknowledged: false,
      work: { passedBy: ['ann'] },
    });
    const acknowledge: Command = { do: 'acknowledge', by: 'ann' };
    expect(when(given(open, assign, acknowledge), taken)).toEqual([]);
    expect(when(given(open, assign, call('w')), taken)).toEqual([]);
    expect(when(given(open, assign, contact), taken)).toEqual([]);
  });
  test('only the owner takes it up', () => {
    expect(refusal(inState.assigned, { do: 'acknowledge', by: 'bob' })).toBe('not-owner');
  });
});

describe('the live contact', () => {
  test('is on a channel the priority allows, or the customer called', () => {
    expect(refusal(inState.assigned, { ...contact, channel: 'email' } as Command)).toBe('channel-not-allowed');
    expect(refusal(inState.assigned, { ...contact, channel: 'chat', direction: 'inbound' } as Command)).toBe(
      'accepted',
    );
  });
  test('gives a solution and a timetable', () => {
    expect(refusal(inState.assigned, { ...contact, promises: [] } as Command)).toBe('promise-missing');
    const late = { ...contact, promises: [{ promiseId: one, what: 'x', dueAt: at }] } as Command;
    expect(refusal(inState.assigned, late)).toBe('promise-in-the-past');
  });
  test('a later one may give none', () => {
    expect(when(inState['in-recovery'], { ...contact, promises: [] } as Command)).toEqual(['case.contacted']);
  });
});

describe('a promise', () => {
  const keep: Command = { do: 'keep-promise', promiseId: one, by: 'ann' };
  const withdraw: Command = { do: 'withdraw-promise', promiseId: one, reason: 'agreed', by: 'ann' };
  test('is kept or withdrawn once', () => {
    const contacted = [open, assign, contact];
    expect(when(given(...contacted), keep)).toEqual(['case.promise-kept']);
    expect(refusal(given(...contacted, keep), keep)).toBe('promise-settled');
    expect(refusal(given(...contacted, withdraw), keep)).toBe('promise-settled');
    expect(refusal(given(...contacted), { ...keep, promiseId: two } as Command)).toBe('no-such-promise');
  });
  test('may be kept after the resolution', () => expect(refusal(inState.resolved, keep)).toBe('accepted'));
});

describe('nothing ends without a root cause', () => {
  test.each(['new', 'assigned', 'contacting', 'in-recovery', 'parked'] as const)('from %s', (state) => {
    expect(refusal(inState[state], close('lost'))).toBe('root-cause-missing');
    expect(refusal(inState[state], close('invalid'))).toBe('root-cause-missing');
  });
  test('nor is it resolved', () => {
    const bare: Command = { do: 'resolve', by: 'ann', wow: { dueAt: later } };
    expect(refusal(inState['in-recovery'], bare)).toBe('root-cause-missing');
    const diagnosed = given(open, assign, contact, { do: 'diagnose', rootCause: 'courier', by: 'ann' });
    expect(when(diagnosed, bare)).toEqual(['case.resolved', 'case.wow-planned']);
  });
});

describe('the customer who does not answer', () => {
  const first = call('2026-11-02/0');
  const second = call('2026-11-02/1', { at: '2026-11-02T06:00:00.000Z' });
  const third = call('2026-11-02/2', { at: '2026-11-02T10:00:00.000Z' });
  const round = [first, second, third];
  test('three calls in three parts of the day, one message, then rest', () => {
    expect(when(given(open, assign, first, second), third)).toEqual([
      'case.contact-attempted',
      'case.message-sent',
      'case.parked',
    ]);
    const parked = given(open, assign, ...round);
    expect(parked).toMatchObject({ state: 'parked', work: { texted: true, rounds: 1 } });
    expect(refusal(parked, call('2026-11-03/0'))).toBe('illegal-move');
  });
  test.each([
    ['not twice in one part of the day', first, first, 'same-window'],
    ['not at night', first, call(null), 'quiet-hours'],
  ])('%s', (_name, before, command, code) => expect(refusal(given(open, assign, before), command)).toBe(code));
  test('at night only for a P0, whose owner decides', () => {
    expect(refusal(given({ ...open, priority: 'P0' } as Command, assign), call(null))).toBe('accepted');
  });
  test('never a second message, in no later round', () => {
    const again = given(open, assign, ...round, { do: 'end-park' });
    expect(again.state).toBe('assigned');
    const next = [call('2026-12-02/0'), call('2026-12-02/1')].reduce(
      (state, command) => decide(command, state).reduce(evolve, state),
      again,
    );
    expect(when(next, call('2026-12-02/2', { parkUntil: null }))).toEqual(['case.contact-attempted', 'case.parked']);
  });
  test('no message to whom has no number or wants none', () => {
    const quiet = call('2026-11-02/2', { textBy: null });
    expect(when(given(open, assign, first, second), quiet)).toEqual(['case.contact-attempted', 'case.parked']);
  });
  test('who refuses is left in peace at once', () => {
    expect(when(inState.assigned, call('2026-11-02/0', {}, 'refused'))).toEqual([
      'case.contact-attempted',
      'case.parked',
    ]);
    expect(decide(call('2026-11-02/0', {}, 'refused'), inState.assigned)[1]).toMatchObject({ cause: 'refused' });
  });
  const last = (over: Partial<CallRules>, firstOver: Partial<CallRules> = {}) => {
    const state = given(open, assign, call('2026-11-02/0', firstOver), second);
    return decide(call('2026-11-04/2', over), state).at(-1) as { timely?: boolean };
  };
  test.each([
    ['the protocol done in 48 hours is in time', last({ at: '2026-11-04T02:00:00.000Z' }).timely, true],
    ['a second later it is not', last({ at: '2026-11-04T02:00:01.000Z' }).timely, false],
    ['nor when the first call came late', last({ at: '2026-11-02T12:00:00.000Z' }, { late: true }).timely, false],
  ])('%s', (_name, timely, expected) => expect(timely).toBe(expected));
  test('whoever is heard of is counted from nothing', () => {
    const heard = given(open, assign, first, second, { do: 'reply', channel: 'email', by: 'ann' });
    expect(when(heard, first)).toEqual(['case.contact-attempted']);
  });
});

describe('waiting', () => {
  const pause: Command = { do: 'pause', reason: 'waiting-for-customer', by: 'ann' };
  const paused = given(open, assign, contact, pause);
  test('ends by hand, once', () => {
    expect(refusal(paused, pause)).toBe('paused-already');
    expect(when(paused, { do: 'resume', by: 'ann' })).toEqual(['case.resumed']);
    expect(refusal(inState['in-recovery'], { do: 'resume', by: 'ann' })).toBe('not-paused');
  });
  test('for the customer ends when the customer is heard of', () => {
    expect(when(paused, { do: 'reply', channel: 'email', by: 'ann' })).toEqual(['case.resumed', 'case.replied']);
    expect(when(paused, join(null))).toEqual(['case.resumed']);
  });
  test('for a third party does not', () => {
    const third = given(open, assign, contact, { ...pause, reason: 'waiting-for-third-party' } as Command);
    expect(when(third, join(null))).toEqual([]);
  });
});

describe('more feedback of the same customer', () => {
  test('joins, and raises when it is worse', () => {
    expect(when(inState.assigned, join('P2'))).toEqual(['case.joined']);
    expect(when(inState.assigned, join('P0'))).toEqual(['case.joined', 'case.priority-raised']);
  });
  test('joins once', () => expect(when(inState.assigned, join('P1', { known: true }))).toEqual([]));
  test('never lowers', () => expect(given(open, assign, join('P2')).priority).toBe('P1'));
  test('without need of a case changes nothing, except that it brings a parked one back', () => {
    expect(when(inState.assigned, join(null))).toEqual([]);
    expect(when(inState.resolved, join(null))).toEqual([]);
    expect(when(inState.parked, join(null))).toEqual(['case.reopened']);
  });
  test('brings back a resolved case instead of opening a second one', () => {
    expect(when(inState.resolved, join('P1'))).toEqual(['case.reopened', 'case.joined']);
    const back = decide(join('P0'), inState.resolved).reduce(evolve, inState.resolved);
    expect(back).toMatchObject({ state: 'assigned', priority: 'P0', owner: 'ann' });
  });
  test('answers the recovery check, where one was sent', () => {
    const sent = given(open, assign, contact, resolve, observe, { do: 'check-recovery', channel: 'sms' });
    expect(when(sent, { do: 'check-recovery', channel: 'sms' })).toEqual([]);
    expect(when(sent, join(null, { recovered: true }))).toEqual(['case.recovery-answered']);
    const unhappy = join('P1', { recovered: false });
    expect(when(sent, unhappy)).toEqual(['case.recovery-answered', 'case.reopened', 'case.joined']);
    expect(when(inState.observing, join(null, { recovered: true }))).toEqual([]);
  });
});

describe('the extra care', () => {
  test('is planned once in the life of a case', () => {
    const twice = given(open, assign, contact, resolve, { do: 'reopen', by: 'ann' }, contact);
    expect(when(twice, resolve)).toEqual(['case.resolved']);
  });
  test('is skipped for whom the policy says, with the reason', () => {
    const skipped = { ...resolve, wow: { skip: 'abuse-flagged' } } as Command;
    expect(decide(skipped, inState['in-recovery']).at(-1)).toMatchObject({
      type: 'case.wow-skipped',
      reason: 'abuse-flagged',
    });
  });
  test('is given or skipped once', () => {
    const give: Command = { do: 'give-wow', what: 'a card', cost: 5_000, budget: 5_000, by: 'ann' };
    expect(refusal(inState.observing, { ...give, cost: 5_001 } as Command)).toBe('over-wow-budget');
    expect(when(inState.observing, give)).toEqual(['case.wow-done']);
    expect(refusal(given(open, assign, contact, resolve, give), { do: 'skip-wow', reason: 'x', by: 'ann' })).toBe(
      'no-wow-planned',
    );
  });
});

test('whatever is tried, versions count up by one, an owner never changes after the live contact, and nothing ends without a cause', () => {
  const plain = fc.constantFrom<Command>(
    ...[open, contact, resolve, park, observe, close('lost'), close('lost', 'r'), close('recovered'), close('invalid')],
    ...[call('a'), call('b'), call('c'), call('d'), transfer('bob'), join(null), join('P0'), join('P2')],
    ...([
      { do: 'reopen', by: 'x' },
      { do: 'end-park' },
      { do: 'reply', channel: 'email', by: 'x' },
      { do: 'take-back', from: 'ann', owner: 'bob', role: 'csm', rung: 0 },
      { do: 'pause', reason: 'waiting-for-customer', by: 'x' },
      { do: 'diagnose', rootCause: 'y', by: 'x' },
    ] satisfies Command[]),
  );
  const handing = fc
    .constantFrom('ann', 'bob')
    .map((owner): Command => ({ do: 'assign', owner, role: 'csm', rung: 0, reason: 'routed' }));
  fc.assert(
    fc.property(fc.array(fc.oneof(plain, handing), { maxLength: 60 }), (all) => {
      let state = given(open);
      let ownerAtContact: string | null = null;
      let texts = 0;
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
          if (fact.type === 'case.message-sent') texts++;
          if (fact.type === 'case.closed') expect(state.rootCause).not.toBeNull();
        }
        if (ownerAtContact) expect(state.owner).toBe(ownerAtContact);
        expect(state.work.calls.length).toBeLessThanOrEqual(3);
      }
      expect(texts).toBeLessThanOrEqual(1);
    }),
  );
});
