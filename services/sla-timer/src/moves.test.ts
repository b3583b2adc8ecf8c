import { newEvent } from '@heard/events/event';
import { ClockKind } from '@heard/events/vocabulary';
import { expect, test } from 'vitest';
import { effectsOf, type Move, type MoveType, moves } from './moves.ts';

const id = '01890000-0000-7000-8000-000000000001';
const common = { caseId: id, customerId: 'u', version: 1, at: '2026-11-02T00:00:00Z', by: 'ming' };
const data: Record<MoveType, object> = {
  'case.opened': { feedbackId: id, priority: 'P1', receivedAt: '2026-11-01T23:00:00Z', policyVersion: 1 },
  'case.assigned': { owner: 'ming', role: 'csm', rung: 0, reason: 'routed' },
  'case.acknowledged': {},
  'case.contact-attempted': { channel: 'phone', direction: 'outbound', outcome: 'busy' },
  'case.contacted': { channel: 'phone', direction: 'outbound' },
  'case.replied': { channel: 'email' },
  'case.promised': { promiseId: id, what: 'a new one', dueAt: '2026-11-04T00:00:00Z' },
  'case.promise-kept': { promiseId: id },
  'case.promise-withdrawn': { promiseId: id, reason: 'no longer wanted' },
  'case.help-requested': { requestId: id, role: 'technical', what: 'log files' },
  'case.help-given': { requestId: id },
  'compensation.requested': { grantId: id },
  'compensation.granted': { grantId: id },
  'compensation.refused': { grantId: id },
  'case.callback-requested': { requestId: id, from: '2026-11-03T00:00:00Z', until: '2026-11-03T02:00:00Z' },
  'case.paused': { reason: 'waiting-for-customer' },
  'case.resumed': {},
  'case.priority-raised': { from: 'P2', to: 'P1', cause: id },
  'case.parked': { cause: 'person', reason: 'later' },
  'case.resolved': { rootCause: 'courier' },
  'case.observed': { until: '2026-12-02T00:00:00Z' },
  'case.wow-planned': { dueAt: '2026-11-05T00:00:00Z' },
  'case.wow-done': { what: 'a card' },
  'case.wow-skipped': { reason: 'not wanted' },
  'case.reopened': { priority: 'P1', cause: 'reply' },
  'case.closed': { outcome: 'lost' },
};

function told(type: MoveType, over: object = {}) {
  const event = newEvent(type, 'u', { ...common, ...data[type], ...over } as never, new Date()) as Move;
  return effectsOf(event);
}

/** Each kind by each event: S starts it, M meets it, C cancels it. */
function row(type: MoveType, over?: object): string {
  return ClockKind.options
    .map((kind) =>
      told(type, over)
        .flatMap((effect) => {
          if (effect.do === 'start' && effect.kind === kind) return ['S'];
          if (effect.do === 'meet' && effect.kind === kind) return ['M'];
          if (effect.do === 'cancel' && (effect.kinds === 'all' || effect.kinds.includes(kind))) return ['C'];
          return [];
        })
        .join('')
        .padStart(2, '.'),
    )
    .join(' ');
}

// ack, first attempt, first contact, next reply, resolution, promise, approval, technical, callback, wow, observation
test.each<[MoveType, string, object?]>([
  ['case.opened', '.. .S .S .. .S .. .. .. .. .. ..'],
  ['case.assigned', 'CS .. .. .. .. .. .. .. .. .. ..'],
  ['case.acknowledged', '.M .. .. .. .. .. .. .. .. .. ..'],
  ['case.contact-attempted', '.M .M .. .M .. .. .. .. .M .. ..'],
  ['case.contact-attempted', '.. .. .. .. .. .. .. .. .. .. ..', { direction: 'inbound' }],
  ['case.contacted', '.M .M .M .M .. .. .. .. .M .. ..'],
  ['case.contacted', '.M .M .M .M .. .. .. .. .M .. ..', { direction: 'inbound' }],
  ['case.replied', '.. .. .. .S .. .. .. .. .. .. ..'],
  ['case.promised', '.. .. .. .. .. .S .. .. .. .. ..'],
  ['case.promise-kept', '.. .. .. .. .. .M .. .. .. .. ..'],
  ['case.promise-withdrawn', '.. .. .. .. .. .C .. .. .. .. ..'],
  ['case.help-requested', '.. .. .. .. .. .. .. .S .. .. ..'],
  ['case.help-given', '.. .. .. .. .. .. .. .M .. .. ..'],
  ['compensation.requested', '.. .. .. .. .. .. .S .. .. .. ..'],
  ['compensation.granted', '.. .. .. .. .. .. .M .. .. .. ..'],
  ['compensation.refused', '.. .. .. .. .. .. .M .. .. .. ..'],
  ['case.callback-requested', '.. .. .. .. .. .. .. .. .S .. ..'],
  ['case.paused', '.. .. .. .. .. .. .. .. .. .. ..'],
  ['case.resumed', '.. .. .. .. .. .. .. .. .. .. ..'],
  ['case.priority-raised', '.. .. .. .. .. .. .. .. .. .. ..'],
  ['case.parked', '.C .C .C .C .C .C .C .C .C .C .C'],
  ['case.parked', '.C .C MC .C .C .C .C .C .C .C .C', { cause: 'unreached', timely: true }],
  ['case.resolved', '.C .C .C .C .M .. .. .. .. .. ..'],
  ['case.observed', '.. .. .. .. .. .. .. .. .. .. .S'],
  ['case.wow-planned', '.. .. .. .. .. .. .. .. .. .S ..'],
  ['case.wow-done', '.. .. .. .. .. .. .. .. .. .M ..'],
  ['case.wow-skipped', '.. .. .. .. .. .. .. .. .. .C ..'],
  ['case.reopened', '.. .S .S .. .S .. .. .. .. .. .C'],
  ['case.closed', '.C .C .C .C .C .C .C .C .C .C .C'],
])('%s', (type, want, over) => expect(row(type, over)).toBe(want));

test('every event that moves a clock is in the table above', () => {
  expect(Object.keys(data).sort()).toEqual(Object.keys(moves).sort());
});

test('a deadline of its own is about its own promise or request, and only the owner acknowledges by calling', () => {
  expect(told('case.promise-kept')).toEqual([{ do: 'meet', kind: 'promise', about: id }]);
  expect(told('case.promised')).toEqual([{ do: 'start', kind: 'promise', about: id, dueAt: '2026-11-04T00:00:00Z' }]);
  expect(told('case.contacted')[0]).toEqual({ do: 'meet', kind: 'acknowledgement', onlyBy: 'ming' });
});

test('a callback counts from the start of its window, or from now if that is past', () => {
  expect(told('case.callback-requested')).toMatchObject([
    { from: '2026-11-03T00:00:00Z', dueAt: '2026-11-03T02:00:00Z' },
  ]);
  expect(told('case.callback-requested', { from: '2026-11-01T00:00:00Z' })).toMatchObject([{ from: common.at }]);
});
