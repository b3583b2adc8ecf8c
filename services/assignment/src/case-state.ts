import type { DataOf, EventType } from '@heard/events/registry';
import type { PauseReason, Priority, Role } from '@heard/events/vocabulary';
import type { Call } from './unreachable.ts';

export type State =
  | 'none'
  | 'new'
  | 'assigned'
  | 'contacting'
  | 'in-recovery'
  | 'parked'
  | 'resolved'
  | 'observing'
  | 'closed'
  | 'lost';

export interface Case {
  state: State;
  version: number;
  priority: Priority;
  owner: string | null;
  ownerRole: Role | null;
  /** The owner has taken it up. */
  acknowledged: boolean;
  /** There was a live contact. */
  contacted: boolean;
  rootCause: string | null;
  work: Work;
}

/** What has been done about a case. */
export interface Work {
  /** Unanswered calls since the customer was last heard of. */
  calls: readonly Call[];
  /** So often was it parked because nobody answered. */
  rounds: number;
  /** The one message to a customer who does not answer was sent. */
  texted: boolean;
  promises: readonly { id: string; dueAt: string; state: 'open' | 'kept' | 'withdrawn' }[];
  collaborators: readonly string[];
  help: readonly string[];
  callbacks: readonly { id: string; from: string; until: string }[];
  heard: readonly string[];
  paused: PauseReason | null;
  /** Transfers after the first live contact. */
  transfers: number;
  /** Those of them that a supervisor made although the policy allowed no more. */
  overrides: number;
  /** Who had it and did not take it up. */
  passedBy: readonly string[];
  wow: 'none' | 'planned' | 'done' | 'skipped';
  check: 'none' | 'sent' | 'recovered' | 'unhappy';
}

export const noWork: Work = {
  calls: [],
  rounds: 0,
  texted: false,
  promises: [],
  collaborators: [],
  help: [],
  callbacks: [],
  heard: [],
  paused: null,
  transfers: 0,
  overrides: 0,
  passedBy: [],
  wow: 'none',
  check: 'none',
};

export const noCase: Case = {
  state: 'none',
  version: 0,
  priority: 'P2',
  owner: null,
  ownerRole: null,
  acknowledged: false,
  contacted: false,
  rootCause: null,
  work: noWork,
};

type CaseEvent = Extract<EventType, `case.${string}`>;
export type Facts = {
  [Type in CaseEvent]: { type: Type } & Omit<DataOf<Type>, 'caseId' | 'customerId' | 'version' | 'at'>;
};
/** A case event without what every one of them has. */
export type Fact = Facts[CaseEvent];

/** Somebody is at it. */
export const worked: readonly State[] = ['assigned', 'contacting', 'in-recovery'];

/** The case after a fact. Every fact is one version. */
export function evolve(state: Case, fact: Fact): Case {
  const next = { ...state, version: state.version + 1 };
  const { work } = state;
  const working = (change: Partial<Work>) => ({ ...next, work: { ...work, ...change } });
  switch (fact.type) {
    case 'case.opened':
      return { ...next, state: 'new', priority: fact.priority };
    case 'case.joined':
    case 'case.deadline-endangered':
      return next;
    case 'case.priority-raised':
      return { ...next, priority: fact.to };
    case 'case.assigned': {
      const { owner, role, reason, previousOwner } = fact;
      const collaborators = work.collaborators.filter((one) => one !== owner);
      const passedBy = reason === 'taken-back' && previousOwner ? [...work.passedBy, previousOwner] : work.passedBy;
      const transfers = state.contacted ? work.transfers + 1 : work.transfers;
      const overrides = reason === 'overridden' ? work.overrides + 1 : work.overrides;
      const isUnchanged = collaborators.length === work.collaborators.length && passedBy === work.passedBy;
      return {
        ...next,
        state: state.state === 'new' ? 'assigned' : state.state,
        owner,
        ownerRole: role,
        acknowledged: false,
        work: isUnchanged && !state.contacted ? work : { ...work, collaborators, passedBy, transfers, overrides },
      };
    }
    case 'case.queued':
      return { ...next, state: 'new', owner: null, ownerRole: null };
    case 'case.acknowledged':
      return { ...next, acknowledged: true };
    case 'case.contact-attempted': {
      const { window, late } = fact;
      const calls = window === undefined ? work.calls : [...work.calls, { at: fact.calledAt!, window, late: late! }];
      const isFirst = state.state === 'assigned';
      return { ...working({ calls }), state: isFirst ? 'contacting' : state.state, acknowledged: true };
    }
    case 'case.contacted':
      return { ...working({ calls: [], callbacks: [] }), state: 'in-recovery', contacted: true, acknowledged: true };
    case 'case.replied':
      return working({ calls: [] });
    case 'case.promised':
      return working({ promises: [...work.promises, { id: fact.promiseId, dueAt: fact.dueAt, state: 'open' }] });
    case 'case.promise-kept':
      return working({ promises: settle(work, fact.promiseId, 'kept') });
    case 'case.promise-withdrawn':
      return working({ promises: settle(work, fact.promiseId, 'withdrawn') });
    case 'case.paused':
      return working({ paused: fact.reason });
    case 'case.resumed':
      return working({ paused: null });
    case 'case.collaborator-added':
      return working({ collaborators: [...work.collaborators, fact.personId] });
    case 'case.collaborator-removed':
      return working({ collaborators: work.collaborators.filter((one) => one !== fact.personId) });
    case 'case.help-requested':
      return working({ help: [...work.help, fact.requestId] });
    case 'case.help-given':
      return working({ help: work.help.filter((one) => one !== fact.requestId) });
    case 'case.callback-requested':
      return working({ callbacks: [...work.callbacks, { id: fact.requestId, from: fact.from, until: fact.until }] });
    case 'case.heard':
      return working({ heard: [...work.heard, fact.step] });
    case 'case.diagnosed':
      return { ...next, rootCause: fact.rootCause };
    case 'case.message-sent':
      return fact.purpose === 'unreached' ? working({ texted: true }) : working({ check: 'sent' });
    case 'case.parked':
      return {
        ...working({ rounds: work.rounds + (fact.cause === 'unreached' ? 1 : 0), paused: null }),
        state: 'parked',
      };
    case 'case.resolved':
      return { ...working({ paused: null }), state: 'resolved', rootCause: fact.rootCause };
    case 'case.observed':
      return { ...next, state: 'observing' };
    case 'case.reopened':
      return { ...working({ calls: [] }), state: 'assigned', priority: fact.priority, acknowledged: false };
    case 'case.wow-planned':
      return working({ wow: 'planned' });
    case 'case.wow-done':
      return working({ wow: 'done' });
    case 'case.wow-skipped':
      return working({ wow: 'skipped' });
    case 'case.recovery-answered':
      return working({ check: fact.recovered ? 'recovered' : 'unhappy' });
    case 'case.closed':
      return { ...next, state: fact.outcome === 'lost' ? 'lost' : 'closed' };
  }
}

export function isOver({ state }: Case): boolean {
  return state === 'closed' || state === 'lost';
}

/** Whether the owner has this case on the desk: it counts as load. */
export function isLoad({ state, owner }: Case): boolean {
  return owner !== null && worked.includes(state);
}

function settle(work: Work, promiseId: string, state: 'kept' | 'withdrawn') {
  return work.promises.map((one) => (one.id === promiseId ? { ...one, state } : one));
}
