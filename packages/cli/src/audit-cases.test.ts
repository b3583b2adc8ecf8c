import { expect, test } from 'vitest';
import { checkCases } from './audit-cases.ts';

const opened = { type: 'case.opened' };
const assigned = { type: 'case.assigned', owner: 'ann' };
const contacted = [{ type: 'case.contacted' }, { type: 'case.promised' }];
const resolved = { type: 'case.resolved' };
type Step = { type: string; owner?: string; reason?: string };
const passedOn = (reason: string) => ({ type: 'case.assigned', owner: 'bob', reason });

/** What is wrong with a case, if anything, of these events and with this state and owner. */
function judge(events: Step[], state: string, owner: string | null = 'ann', version = events.length) {
  const history = {
    id: 'c',
    ...{ state, owner, version },
    types: events.map(({ type }) => type),
    versions: events.map((_, i) => i + 1),
    owners: events.map((event) => event.owner ?? null),
    reasons: events.map((event) => event.reason ?? null),
  };
  return checkCases([history]).example;
}

test('a case that changed hands, also after its first contact, was won back and was closed', () => {
  const steps = [{ type: 'case.diagnosed' }, resolved, { type: 'case.observed' }, { type: 'case.closed' }];
  expect(judge([opened, assigned, ...contacted, passedOn('transferred'), ...steps], 'closed', 'bob')).toBeUndefined();
});

test.each<[string, Step[], string, (string | null)?, number?]>([
  ['c is at version 3 with 2 events', [opened, assigned], 'assigned', 'ann', 3],
  ['c made the illegal move case.resolved while assigned', [opened, assigned, resolved], 'resolved'],
  ['c made the illegal move case.assigned while none', [assigned], 'assigned'],
  ['c was contacted without a promise', [opened, assigned, { type: 'case.contacted' }], 'in-recovery'],
  [
    'c changed hands after a contact without a transfer',
    [opened, assigned, ...contacted, passedOn('taken-back')],
    ...(['in-recovery', 'bob'] as const),
  ],
  ['c case.closed without a root cause', [opened, { type: 'case.closed' }], 'closed', null],
  ['c is in-recovery, its events say assigned', [opened, assigned], 'in-recovery'],
  ['c is closed, its events say assigned', [opened, assigned], 'closed'],
  ['c is owned by bob, its events say ann', [opened, assigned], 'assigned', 'bob'],
])('%s', (example, events, state, owner, version) => expect(judge(events, state, owner, version)).toBe(example));
