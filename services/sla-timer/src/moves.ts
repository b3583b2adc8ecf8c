import type { Event } from '@heard/events/event';
import type { DataOf, EventType } from '@heard/events/registry';
import type { ClockKind, PauseReason, Priority } from '@heard/events/vocabulary';
import type { CancelReason } from './clock.ts';

/** What an event does to the clocks of its case. Times that are not given are those of the event. */
export type Effect =
  | { do: 'start'; kind: ClockKind; from?: string; about?: string; dueAt?: string }
  | { do: 'meet'; kind: ClockKind; about?: string; onlyBy?: string; protocol?: { inTime: boolean } }
  | { do: 'cancel'; kinds: readonly ClockKind[] | 'all'; about?: string; reason: CancelReason }
  | { do: 'pause'; reason: PauseReason }
  | { do: 'resume' }
  | { do: 'raise'; to: Priority };

/** What starts a clock, what ends it. Nothing else does, but for its own time and the policy. */
export const moves = {
  'case.opened': ({ receivedAt: from }) => [
    start('first-attempt', { from }),
    start('first-contact', { from }),
    start('resolution', { from }),
  ],
  'case.assigned': () => [cancel(['acknowledgement'], 'handed-over'), start('acknowledgement')],
  'case.acknowledged': () => [meet('acknowledgement')],
  'case.contact-attempted': ({ direction, by }) => (direction === 'outbound' ? tried(by) : []),
  'case.contacted': ({ by }) => [...tried(by), meet('first-contact')],
  'case.replied': () => [start('next-reply')],
  'case.promised': ({ promiseId: about, dueAt }) => [start('promise', { about, dueAt })],
  'case.promise-kept': ({ promiseId: about }) => [meet('promise', { about })],
  'case.promise-withdrawn': ({ promiseId: about }) => [cancel(['promise'], 'withdrawn', about)],
  'case.help-requested': ({ requestId: about }) => [start('technical', { about })],
  'case.help-given': ({ requestId: about }) => [meet('technical', { about })],
  // Handed over to another approver it is asked for again; who asked waits since the first time.
  'compensation.requested': ({ grantId: about }) => [start('approval', { about })],
  'compensation.granted': ({ grantId: about }) => [meet('approval', { about })],
  'compensation.refused': ({ grantId: about }) => [meet('approval', { about })],
  'case.callback-requested': ({ requestId: about, from, until, at }) => [
    start('callback', { about, from: Date.parse(from) > Date.parse(at) ? from : at, dueAt: until }),
  ],
  'case.paused': ({ reason }) => [{ do: 'pause', reason }],
  'case.resumed': () => [{ do: 'resume' }],
  'case.priority-raised': ({ to }) => [{ do: 'raise', to }],
  'case.parked': ({ cause, timely }) => [
    ...(cause === 'unreached' ? [meet('first-contact', { protocol: { inTime: timely ?? false } })] : []),
    cancel('all', 'parked'),
  ],
  'case.resolved': () => [
    meet('resolution'),
    cancel(['acknowledgement', 'first-attempt', 'first-contact', 'next-reply'], 'resolved'),
    { do: 'resume' }, // what is still owed to somebody waits no longer
  ],
  'case.observed': ({ until: dueAt }) => [start('observation', { dueAt })],
  'case.wow-planned': ({ dueAt }) => [start('wow', { dueAt })],
  'case.wow-done': () => [meet('wow')],
  'case.wow-skipped': () => [cancel(['wow'], 'skipped')],
  'case.reopened': () => [
    cancel(['observation'], 'reopened'),
    start('first-attempt'),
    start('first-contact'),
    start('resolution'),
  ],
  'case.closed': () => [cancel('all', 'closed')],
} as const satisfies { [T in EventType]?: (data: DataOf<T>) => Effect[] };

export type MoveType = keyof typeof moves;
export type Move = Event<MoveType>;

export function effectsOf(event: Move): Effect[] {
  return (moves[event.type] as (data: Move['data']) => Effect[])(event.data);
}

/** The customer was tried, or reached: an answer in any case; an acknowledgement if it was the owner. */
function tried(by: string): Effect[] {
  return [meet('acknowledgement', { onlyBy: by }), meet('first-attempt'), meet('next-reply'), meet('callback')];
}

function start(kind: ClockKind, more: { from?: string; about?: string; dueAt?: string } = {}): Effect {
  return { do: 'start', kind, ...more };
}

function meet(kind: ClockKind, more: { about?: string; onlyBy?: string; protocol?: { inTime: boolean } } = {}): Effect {
  return { do: 'meet', kind, ...more };
}

function cancel(kinds: readonly ClockKind[] | 'all', reason: CancelReason, about?: string): Effect {
  return { do: 'cancel', kinds, reason, ...(about !== undefined && { about }) };
}
