import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { describe, expect, test } from 'vitest';
import { type Change, type Command, decide, type Entry, evolve, reasonsOf } from './stop-list.ts';

const policy = parsePolicy(presetPolicy());
const at = new Date('2026-11-01T00:00:00Z');
const later = (days: number) => new Date(at.getTime() + days * 86_400_000);
const feedback: Command = { do: 'feedback', feedbackId: 'f1', hasCase: true, at };
const resolved: Command = { do: 'resolved', caseId: 'c1', at };
const timeUp = (days: number): Command => ({ do: 'time-up', reason: 'observation', source: 'c1', at: later(days) });

function given(...commands: Command[]): Entry[] {
  return commands.reduce<Entry[]>(
    (entries, command) =>
      decide(command, entries, policy).reduce((all, change) => evolve(all, change, at.toISOString()), entries),
    [],
  );
}
const said = (changes: Change[]) => changes.map((change) => `${change.type} ${change.reason}`);

test('a detractor enters at once, once, whichever service tells first', () => {
  expect(reasonsOf(given(feedback))).toEqual(['recovery']);
  expect(decide(feedback, given(feedback), policy)).toEqual([]);
});

test('a feedback heard of long after its case was resolved does not come back', () => {
  expect(decide(feedback, given(feedback, resolved), policy)).toEqual([]);
});

describe('the observation pool', () => {
  const observed = given(feedback, resolved);
  test('follows the resolution without a moment off the list', () => {
    expect(said(decide(resolved, given(feedback), policy))).toEqual(['entered observation', 'left recovery']);
    expect(reasonsOf(observed)).toEqual(['observation']);
  });
  test('holds on day 29', () => expect(decide(timeUp(29), observed, policy)).toEqual([]));
  test('releases on day 30', () => {
    expect(decide(timeUp(30), observed, policy)).toEqual([
      { type: 'left', reason: 'observation', source: 'c1', cause: 'observation-over' },
    ]);
  });
  test('ends, but a new detractor stays for the new reason', () => {
    const again = given(feedback, resolved, { ...feedback, feedbackId: 'f2' });
    expect(decide(timeUp(30), again, policy)).toMatchObject([{ cause: 'back-in-recovery' }]);
    expect(reasonsOf(given(feedback, resolved, { ...feedback, feedbackId: 'f2' }, timeUp(30)))).toEqual(['recovery']);
  });
  test('ends when the case is reopened, and the customer stays on', () => {
    expect(reasonsOf(given(feedback, resolved, { do: 'reopened', caseId: 'c1' }))).toEqual(['recovery']);
  });
  test('can be entered again after a second resolution', () => {
    expect(reasonsOf(given(feedback, resolved, { do: 'reopened', caseId: 'c1' }, resolved))).toEqual(['observation']);
  });
});

test('reasons are rows: ending one leaves the others', () => {
  const add: Command = { do: 'add', reason: 'objection', source: 'web form', until: null };
  const both = given(feedback, add);
  expect(reasonsOf(both)).toEqual(['objection', 'recovery']);
  expect(reasonsOf(given(feedback, add, { do: 'remove', reason: 'objection', source: 'web form' }))).toEqual([
    'recovery',
  ]);
  expect(reasonsOf(given(feedback, add, resolved, timeUp(30)))).toEqual(['objection']);
});

test('a removed reason can be entered again', () => {
  const add: Command = { do: 'add', reason: 'manual', source: 'ann', until: null };
  expect(reasonsOf(given(add, { do: 'remove', reason: 'manual', source: 'ann' }, add))).toEqual(['manual']);
});

test('a lost customer stays for ever, an invalid case lets go', () => {
  expect(reasonsOf(given(feedback, { do: 'lost', caseId: 'c1' }))).toEqual(['lost']);
  expect(reasonsOf(given(feedback, { do: 'invalid', caseId: 'c1' }))).toEqual([]);
});

test('a detractor without a case leaves after the review period', () => {
  const refused = given({ ...feedback, hasCase: false });
  const review = (days: number): Command => ({ do: 'time-up', reason: 'recovery', source: 'f1', at: later(days) });
  expect(decide(review(179), refused, policy)).toEqual([]);
  expect(said(decide(review(180), refused, policy))).toEqual(['left recovery']);
});
