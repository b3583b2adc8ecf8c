import { Rejection } from '@heard/bus/rejection';
import type { ContactChannel, Priority } from '@heard/events/vocabulary';
import type { Fact, Work } from './case-state.ts';

/**
 * The customer who does not answer (S54–S56, A24).
 *
 * So many calls as the policy says, each in another part of the customer's day, none at night unless the owner of a P0
 * decides so; then one sincere message, once in the life of a case, and the case rests until the park is over or the
 * customer is heard of. Who says that they want no call is left in peace at once.
 */
export interface Call {
  at: string;
  /** The part of the customer's day, as `2026-11-05/1`. */
  window: string;
  /** Made after the first contact was due. */
  late: boolean;
}

export interface CallRules {
  at: string;
  /** null: in no part of the day in which customers are called. */
  window: string | null;
  late: boolean;
  attempts: number;
  withinMs: number;
  /** When a park that begins now ends; null: the policy has no further round. */
  parkUntil: string | null;
  /** Where the one message goes; null: no number, or the customer does not want it. */
  textBy: ContactChannel | null;
}

interface Attempt {
  channel: ContactChannel;
  outcome: string;
  by: string;
}

const unanswered: readonly string[] = ['no-answer', 'hung-up', 'busy', 'voicemail'];

interface Counted {
  calledAt?: string;
  window?: string;
  late?: boolean;
}

/** What an unanswered call adds to the count; {} for anything else. Throws Rejection where the customer is to have peace. */
export function mayCall(attempt: Attempt, rules: CallRules, priority: Priority, calls: readonly Call[]): Counted {
  if (attempt.channel !== 'phone') return {};
  if (rules.window === null && priority !== 'P0') {
    throw new Rejection('quiet-hours', 'customers are not called at this time of their day');
  }
  if (!unanswered.includes(attempt.outcome)) return {};
  if (calls.length >= rules.attempts) {
    throw new Rejection('no-further-call', `${rules.attempts} calls without an answer are enough`);
  }
  const window = rules.window ?? `night of ${rules.at.slice(0, 10)}`;
  if (calls.some((call) => call.window === window)) {
    throw new Rejection('same-window', 'the customer was called in this part of the day already; try another');
  }
  return { calledAt: rules.at, window, late: rules.late };
}

/** What follows when this attempt was the last there may be. */
export function whenUnreached(attempt: Attempt, call: Counted, rules: CallRules, work: Work): Fact[] {
  if (attempt.outcome === 'refused') {
    return [{ type: 'case.parked', cause: 'refused', reason: 'the customer wants no call', by: attempt.by }];
  }
  if (call.window === undefined || work.calls.length + 1 < rules.attempts) return [];
  const first = work.calls[0] ?? { at: rules.at, late: rules.late };
  const timely = !first.late && Date.parse(rules.at) - Date.parse(first.at) <= rules.withinMs;
  const facts: Fact[] = [];
  if (!work.texted && rules.textBy) {
    facts.push({ type: 'case.message-sent', purpose: 'unreached', channel: rules.textBy });
  }
  const reason = `no answer to ${rules.attempts} calls`;
  const until = rules.parkUntil ?? undefined;
  facts.push({ type: 'case.parked', cause: 'unreached', reason, until, timely, by: attempt.by });
  return facts;
}
