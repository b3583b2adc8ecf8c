import { Rejection } from '@heard/bus/rejection';
import type { ContactChannel, Direction, PauseReason, Priority, Role } from '@heard/events/vocabulary';
import { type Case, type Fact, type Facts, isOver, type State, worked } from './case-state.ts';
import { type CallRules, mayCall, whenUnreached } from './unreachable.ts';

/**
 * What a case is and how it moves.
 *
 * It opens with the feedback that needs a call, waits in a queue until somebody is free, and belongs to one owner from
 * then on. An attempt is not a contact: only a live contact on a channel the priority allows starts the recovery, and
 * in it the customer hears a solution and a timetable: every promise is kept, withdrawn or broken. Before that contact
 * the case may be handed over freely, and an owner who does not take it up loses it; after it the owner stays and others
 * help, unless a supervisor overrides with a reason. A customer who does not answer is called no more often than the
 * policy says, gets one message, and is left in peace.
 *
 * Nothing is closed without a root cause. New low feedback joins the case while it is open, and brings it back when it
 * was parked, resolved or observed: a customer never has two.
 */
interface Assignment {
  owner: string;
  role: Role;
  rung: number;
  team?: string;
}

/** Times are ISO 8601 in UTC, `at` is now. */
export type Command =
  | ({ do: 'open' } & Omit<Facts['case.opened'], 'type'>)
  | { do: 'join'; priority: Priority | null; feedbackId: string; known: boolean; recovered: boolean | null }
  | { do: 'raise'; priority: Priority; cause: string }
  | ({ do: 'assign'; reason: 'routed' | 'raised' } & Assignment)
  | ({ do: 'take-back'; from: string } & Assignment)
  | ({ do: 'transfer'; by: string; why: string; override: boolean; max: number } & Assignment)
  | { do: 'queue'; roles: Role[]; team?: string }
  | { do: 'acknowledge'; by: string }
  | { do: 'attempt'; channel: ContactChannel; outcome: string; durationSeconds?: number; by: string; rules: CallRules }
  | {
      do: 'contact';
      channel: ContactChannel;
      direction: Direction;
      durationSeconds?: number;
      by: string;
      at: string;
      allowed: readonly string[];
      promises: readonly Promised[];
    }
  | { do: 'reply'; channel: ContactChannel; by: string }
  | { do: 'promise'; promise: Promised; by: string; at: string }
  | { do: 'keep-promise'; promiseId: string; by: string }
  | { do: 'withdraw-promise'; promiseId: string; reason: string; by: string }
  | { do: 'pause'; reason: PauseReason; by: string }
  | { do: 'resume'; by: string }
  | { do: 'add-collaborator'; personId: string; by: string }
  | { do: 'remove-collaborator'; personId: string; by: string }
  | { do: 'request-help'; requestId: string; role: Role; what: string; by: string }
  | { do: 'give-help'; requestId: string; by: string }
  | { do: 'request-callback'; requestId: string; from: string; until: string; by: string; at: string }
  | { do: 'hear'; step: Facts['case.heard']['step']; by: string }
  | { do: 'diagnose'; rootCause: string; by: string }
  | { do: 'park'; reason: string; by: string }
  | { do: 'resolve'; rootCause?: string; by: string; wow: { dueAt: string } | { skip: string } }
  | { do: 'observe'; until: string }
  | { do: 'reopen'; by: string }
  | { do: 'end-park' }
  | { do: 'give-wow'; what: string; cost: number; budget: number; by: string }
  | { do: 'skip-wow'; reason: string; by: string }
  | { do: 'check-recovery'; channel: ContactChannel }
  | ({ do: 'endanger' } & Omit<Facts['case.deadline-endangered'], 'type'>)
  | { do: 'close'; outcome: Facts['case.closed']['outcome']; rootCause?: string; by: string };

export interface Promised {
  promiseId: string;
  what: string;
  dueAt: string;
}

const atRest: readonly State[] = ['parked', 'resolved', 'observing'];
const open: readonly State[] = ['new', ...worked, ...atRest];

/** What follows from a command; [] where there is nothing to do. Throws Rejection where the rules say no. */
export function decide(command: Command, state: Case): Fact[] {
  const { work } = state;
  switch (command.do) {
    case 'open': {
      if (state.state !== 'none') throw new Rejection('case-exists', 'the case is open already');
      const { do: _, ...fact } = command;
      return [{ type: 'case.opened', ...fact }];
    }
    case 'join':
      return join(command, state);
    case 'raise':
      return atRest.includes(state.state) ? [] : raise(state, command.priority, command.cause);

    case 'assign': {
      if (state.owner === command.owner && state.state !== 'new') return [];
      if (state.contacted && state.owner) throw noSecondTransfer();
      const { do: _, ...fact } = command;
      return [{ type: 'case.assigned', ...fact, previousOwner: state.owner ?? undefined }];
    }
    case 'take-back': {
      if (state.owner !== command.from || state.acknowledged || state.contacted || state.state !== 'assigned')
        return [];
      const { do: _, from, ...fact } = command;
      return [{ type: 'case.assigned', ...fact, reason: 'taken-back', previousOwner: from }];
    }
    case 'transfer': {
      require(state, ['new', ...worked], 'hand over');
      if (state.owner === command.owner) return [];
      const { do: _, override, max, ...fact } = command;
      const isFree = !state.contacted || work.transfers < max;
      if (!isFree && !override) throw noSecondTransfer();
      const reason = isFree ? 'transferred' : 'overridden';
      return [{ type: 'case.assigned', ...fact, reason, previousOwner: state.owner ?? undefined }];
    }
    case 'queue':
      return [{ type: 'case.queued', roles: command.roles, team: command.team }];
    case 'acknowledge':
      require(state, worked, 'take up');
      if (command.by !== state.owner) throw new Rejection('not-owner', 'only its owner takes a case up');
      return state.acknowledged ? [] : [{ type: 'case.acknowledged', by: command.by }];

    case 'attempt': {
      require(state, worked, 'attempt a contact');
      const { do: _, rules, ...fact } = command;
      const call = mayCall(command, rules, state.priority, work.calls);
      const attempted: Fact = { type: 'case.contact-attempted', direction: 'outbound', ...fact, ...call };
      return [attempted, ...whenUnreached(command, call, rules, work)];
    }
    case 'contact': {
      require(state, worked, 'record a contact');
      const { do: _, at, allowed, promises, ...fact } = command;
      if (command.direction === 'outbound' && !allowed.includes(command.channel)) {
        const list = allowed.join(' or ');
        throw new Rejection('channel-not-allowed', `a ${state.priority} case is contacted by ${list}`);
      }
      if (promises.length === 0 && work.promises.length === 0) {
        throw new Rejection('promise-missing', 'the customer must hear what will be done, and by when');
      }
      return [{ type: 'case.contacted', ...fact }, ...promises.map((one) => promised(one, command.by, at))];
    }
    case 'reply': {
      require(state, open, 'record a reply');
      const replied: Fact = { type: 'case.replied', channel: command.channel, by: command.by };
      const facts = heardAgain(state, { type: 'case.reopened', priority: state.priority, cause: 'reply' }, command.by);
      return [...facts, replied];
    }

    case 'promise':
      require(state, ['in-recovery', 'resolved', 'observing'], 'promise anything');
      return [promised(command.promise, command.by, command.at)];
    case 'keep-promise':
      mustBeOpen(state, command.promiseId);
      return [{ type: 'case.promise-kept', promiseId: command.promiseId, by: command.by }];
    case 'withdraw-promise': {
      mustBeOpen(state, command.promiseId);
      const { do: _, ...fact } = command;
      return [{ type: 'case.promise-withdrawn', ...fact }];
    }
    case 'pause':
      require(state, worked, 'pause');
      if (work.paused) throw new Rejection('paused-already', `the case is ${work.paused}`);
      return [{ type: 'case.paused', reason: command.reason, by: command.by }];
    case 'resume':
      if (!work.paused) throw new Rejection('not-paused', 'the case is not paused');
      return [{ type: 'case.resumed', by: command.by }];

    case 'add-collaborator':
      require(state, open, 'add a collaborator');
      if (state.owner === command.personId || work.collaborators.includes(command.personId)) return [];
      return [{ type: 'case.collaborator-added', personId: command.personId, by: command.by }];
    case 'remove-collaborator':
      if (!work.collaborators.includes(command.personId)) return [];
      return [{ type: 'case.collaborator-removed', personId: command.personId, by: command.by }];
    case 'request-help': {
      require(state, worked, 'ask for help');
      const { do: _, ...fact } = command;
      return [{ type: 'case.help-requested', ...fact }];
    }
    case 'give-help':
      if (!work.help.includes(command.requestId)) throw new Rejection('no-such-request', 'this request is not open');
      return [{ type: 'case.help-given', requestId: command.requestId, by: command.by }];
    case 'request-callback': {
      require(state, ['new', ...worked, 'parked'], 'take a callback');
      const { do: _, at, ...fact } = command;
      if (fact.until <= fact.from || fact.until <= at) throw new Rejection('window-over', 'the window must lie ahead');
      const reopened: Fact = { type: 'case.reopened', priority: state.priority, cause: 'reply' };
      return [...heardAgain(state, reopened, command.by), { type: 'case.callback-requested', ...fact }];
    }

    case 'hear':
      require(state, worked, 'record the conversation');
      if (work.heard.includes(command.step)) return [];
      return [{ type: 'case.heard', step: command.step, by: command.by }];
    case 'diagnose':
      require(state, open, 'diagnose');
      return diagnose(state, command.rootCause, command.by);
    case 'park':
      require(state, worked, 'park');
      return [{ type: 'case.parked', cause: 'person', reason: command.reason, by: command.by }];
    case 'resolve': {
      require(state, ['in-recovery'], 'resolve');
      const facts = diagnose(state, command.rootCause, command.by);
      const rootCause = known(command.rootCause ?? state.rootCause);
      facts.push({ type: 'case.resolved', rootCause, by: command.by });
      if (work.wow === 'none') {
        const { wow } = command;
        if ('dueAt' in wow) facts.push({ type: 'case.wow-planned', dueAt: wow.dueAt });
        else facts.push({ type: 'case.wow-skipped', reason: wow.skip, by: 'policy' });
      }
      return facts;
    }
    case 'observe':
      return state.state === 'resolved' ? [{ type: 'case.observed', until: command.until }] : [];
    case 'reopen':
      require(state, atRest, 'reopen');
      return [{ type: 'case.reopened', priority: state.priority, cause: 'person' }];
    case 'end-park':
      if (state.state !== 'parked') return [];
      return [{ type: 'case.reopened', priority: state.priority, cause: 'park-over' }];
    case 'give-wow':
    case 'skip-wow': {
      if (work.wow !== 'planned') throw new Rejection('no-wow-planned', `the extra care is ${work.wow}`);
      if (command.do === 'give-wow') {
        const { what, cost, budget, by } = command;
        if (cost > budget) throw new Rejection('over-wow-budget', `the extra care may cost ${budget} minor units`);
        return [{ type: 'case.wow-done', what, cost, by }];
      }
      return [{ type: 'case.wow-skipped', reason: command.reason, by: command.by }];
    }
    case 'check-recovery':
      if (work.check !== 'none' || !['resolved', 'observing'].includes(state.state)) return [];
      return [{ type: 'case.message-sent', purpose: 'recovery-check', channel: command.channel }];
    case 'endanger': {
      const { do: _, ...fact } = command;
      return [{ type: 'case.deadline-endangered', ...fact }];
    }
    case 'close': {
      if (command.outcome === 'recovered') require(state, ['resolved', 'observing'], 'close as recovered');
      else if (command.outcome === 'unreached') require(state, ['parked'], 'close as unreached');
      else require(state, open, 'close');
      const facts = diagnose(state, command.rootCause, command.by);
      known(command.rootCause ?? state.rootCause);
      return [...facts, { type: 'case.closed', outcome: command.outcome, by: command.by }];
    }
  }
}

function join(command: Command & { do: 'join' }, state: Case): Fact[] {
  const { priority, feedbackId, recovered } = command;
  const facts: Fact[] = [];
  if (recovered !== null && state.work.check === 'sent') {
    facts.push({ type: 'case.recovery-answered', recovered, feedbackId });
  }
  // Anything a parked customer says shows that they can be reached again; else only what needs a case moves one.
  if (state.state === 'parked' || (priority && atRest.includes(state.state))) {
    const raised = priority ? higher(priority, state.priority) : state.priority;
    facts.push({ type: 'case.reopened', priority: raised, cause: 'feedback', feedbackId });
    if (priority && !command.known) facts.push({ type: 'case.joined', feedbackId });
    return facts;
  }
  if (state.work.paused && state.work.paused !== 'waiting-for-third-party') {
    facts.push({ type: 'case.resumed', by: 'customer' });
  }
  if (priority && !command.known) facts.push({ type: 'case.joined', feedbackId });
  if (priority) facts.push(...raise(state, priority, feedbackId));
  return facts;
}

/** The customer was heard of: a parked case comes back, and waiting for the customer is over. */
function heardAgain(state: Case, reopened: Fact, by: string): Fact[] {
  if (state.state === 'parked') return [reopened];
  const waits = state.work.paused && state.work.paused !== 'waiting-for-third-party';
  return waits ? [{ type: 'case.resumed', by }] : [];
}

function promised(promise: Promised, by: string, at: string): Fact {
  if (Date.parse(promise.dueAt) <= Date.parse(at)) {
    throw new Rejection('promise-in-the-past', 'a promise must be due later than now');
  }
  return { type: 'case.promised', ...promise, by };
}

function mustBeOpen({ work }: Case, promiseId: string): void {
  const found = work.promises.find((one) => one.id === promiseId);
  if (!found) throw new Rejection('no-such-promise', 'the case has no such promise');
  if (found.state !== 'open') throw new Rejection('promise-settled', `the promise is ${found.state}`);
}

function diagnose(state: Case, rootCause: string | undefined, by: string): Fact[] {
  return rootCause && rootCause !== state.rootCause ? [{ type: 'case.diagnosed', rootCause, by }] : [];
}

function known(rootCause: string | null): string {
  if (!rootCause) throw new Rejection('root-cause-missing', 'diagnose the root cause first: nothing is closed without');
  return rootCause;
}

function noSecondTransfer(): Rejection {
  return new Rejection(
    'no-second-transfer',
    'after the first live contact the owner stays; add a collaborator, or let a supervisor override with a reason',
  );
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
