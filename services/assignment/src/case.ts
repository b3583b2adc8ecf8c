import { Rejection } from '@heard/bus/rejection';
import type { ContactChannel, Priority, Role } from '@heard/events/vocabulary';

/**
 * What a case is and how it moves.
 *
 * It opens with the feedback that needs a call, waits in a queue until somebody is free, and belongs to one owner from
 * then on. An attempt is not a contact: only a live contact on a channel the priority allows starts the recovery. It can
 * be resolved only after contact and with a root cause, is then observed for the silent days, and is closed. New low
 * feedback joins the case while it is open, and brings it back when it was parked, resolved or observed: a customer
 * never has two.
 */
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
  contacted: boolean;
}

export const noCase: Case = {
  state: 'none',
  version: 0,
  priority: 'P2',
  owner: null,
  ownerRole: null,
  contacted: false,
};

export type Command =
  | { do: 'open'; priority: Priority; feedbackId: string; receivedAt: string; policyVersion: number }
  | { do: 'join'; priority: Priority | null; feedbackId: string; known: boolean }
  | { do: 'raise'; priority: Priority; cause: string }
  | { do: 'assign'; owner: string; role: Role; rung: number }
  | { do: 'queue'; roles: Role[] }
  | { do: 'attempt'; channel: ContactChannel; outcome: string; by: string }
  | { do: 'contact'; channel: ContactChannel; by: string; allowed: readonly string[] }
  | { do: 'park'; reason: string; by: string }
  | { do: 'resolve'; rootCause: string; by: string }
  | { do: 'observe'; until: string }
  | { do: 'reopen'; by: string }
  | { do: 'close'; outcome: 'recovered' | 'lost' | 'invalid'; by: string };

export type Fact =
  | { type: 'case.opened'; priority: Priority; feedbackId: string; receivedAt: string; policyVersion: number }
  | { type: 'case.joined'; feedbackId: string }
  | { type: 'case.priority-raised'; from: Priority; to: Priority; cause: string }
  | { type: 'case.assigned'; owner: string; role: Role; rung: number }
  | { type: 'case.queued'; roles: Role[] }
  | { type: 'case.contact-attempted'; channel: ContactChannel; outcome: string; by: string }
  | { type: 'case.contacted'; channel: ContactChannel; by: string }
  | { type: 'case.parked'; reason: string; by: string }
  | { type: 'case.resolved'; rootCause: string; by: string }
  | { type: 'case.observed'; until: string }
  | { type: 'case.reopened'; priority: Priority; cause: 'feedback' | 'person'; feedbackId?: string }
  | { type: 'case.closed'; outcome: 'recovered' | 'lost' | 'invalid'; by: string };

const worked: readonly State[] = ['assigned', 'contacting', 'in-recovery'];
const atRest: readonly State[] = ['parked', 'resolved', 'observing'];

/** What follows from a command; [] where there is nothing to do. Throws Rejection where the rules say no. */
export function decide(command: Command, state: Case): Fact[] {
  switch (command.do) {
    case 'open': {
      if (state.state !== 'none') throw new Rejection('case-exists', 'the case is open already');
      const { do: _, ...fact } = command;
      return [{ type: 'case.opened', ...fact }];
    }
    case 'join': {
      const facts: Fact[] = [];
      // Anything a parked customer says shows that they can be reached again; else only what needs a case moves one.
      if (state.state === 'parked' || (command.priority && atRest.includes(state.state))) {
        const priority = command.priority ? higher(command.priority, state.priority) : state.priority;
        facts.push({ type: 'case.reopened', priority, cause: 'feedback', feedbackId: command.feedbackId });
      }
      if (command.priority && !command.known) facts.push({ type: 'case.joined', feedbackId: command.feedbackId });
      if (command.priority && facts[0]?.type !== 'case.reopened') {
        facts.push(...raise(state, command.priority, command.feedbackId));
      }
      return facts;
    }
    case 'raise':
      return atRest.includes(state.state) ? [] : raise(state, command.priority, command.cause);
    case 'assign':
      if (state.owner === command.owner && state.state !== 'new') return [];
      if (state.contacted && state.owner)
        throw new Rejection('no-second-transfer', 'after the first live contact the owner stays');
      return [{ type: 'case.assigned', owner: command.owner, role: command.role, rung: command.rung }];
    case 'queue':
      return [{ type: 'case.queued', roles: command.roles }];
    case 'attempt':
      require(state, worked, 'attempt a contact');
      return [{ type: 'case.contact-attempted', channel: command.channel, outcome: command.outcome, by: command.by }];
    case 'contact':
      require(state, worked, 'record a contact');
      if (!command.allowed.includes(command.channel)) {
        throw new Rejection(
          'channel-not-allowed',
          `a ${state.priority} case is contacted by ${command.allowed.join(' or ')}`,
        );
      }
      return [{ type: 'case.contacted', channel: command.channel, by: command.by }];
    case 'park':
      require(state, worked, 'park');
      return [{ type: 'case.parked', reason: command.reason, by: command.by }];
    case 'resolve':
      require(state, ['in-recovery'], 'resolve');
      return [{ type: 'case.resolved', rootCause: command.rootCause, by: command.by }];
    case 'observe':
      return state.state === 'resolved' ? [{ type: 'case.observed', until: command.until }] : [];
    case 'reopen':
      require(state, atRest, 'reopen');
      return [{ type: 'case.reopened', priority: state.priority, cause: 'person' }];
    case 'close':
      if (command.outcome === 'recovered') require(state, ['resolved', 'observing'], 'close as recovered');
      else require(state, ['new', ...worked, ...atRest], 'close');
      return [{ type: 'case.closed', outcome: command.outcome, by: command.by }];
  }
}

/** The case after a fact. Every fact is one version. */
export function evolve(state: Case, fact: Fact): Case {
  const next = { ...state, version: state.version + 1 };
  switch (fact.type) {
    case 'case.opened':
      return { ...next, state: 'new', priority: fact.priority };
    case 'case.joined':
      return next;
    case 'case.priority-raised':
      return { ...next, priority: fact.to };
    case 'case.assigned':
      return {
        ...next,
        state: state.state === 'new' ? 'assigned' : state.state,
        owner: fact.owner,
        ownerRole: fact.role,
      };
    case 'case.queued':
      return { ...next, state: 'new', owner: null, ownerRole: null };
    case 'case.contact-attempted':
      return { ...next, state: state.state === 'assigned' ? 'contacting' : state.state };
    case 'case.contacted':
      return { ...next, state: 'in-recovery', contacted: true };
    case 'case.parked':
      return { ...next, state: 'parked' };
    case 'case.resolved':
      return { ...next, state: 'resolved' };
    case 'case.observed':
      return { ...next, state: 'observing' };
    case 'case.reopened':
      return { ...next, state: 'assigned', priority: fact.priority };
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

function raise(state: Case, to: Priority, cause: string): Fact[] {
  if (isOver(state) || higher(to, state.priority) === state.priority) return [];
  return [{ type: 'case.priority-raised', from: state.priority, to, cause }];
}

function higher(a: Priority, b: Priority): Priority {
  return a < b ? a : b;
}

function require(state: Case, allowed: readonly State[], what: string): void {
  if (!allowed.includes(state.state)) {
    throw new Rejection(
      'illegal-move',
      `cannot ${what}: the case is ${state.state}, it must be ${allowed.join(' or ')}`,
    );
  }
}
