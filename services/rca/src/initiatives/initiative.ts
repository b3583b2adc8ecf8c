import { Rejection } from '@heard/bus/rejection';

/**
 * A project against one cause, from the insight to the proof.
 *
 * It begins open. Its owner, or whoever decides for the company, signs it off, and later says since when the fix is live.
 * Proven it is only by a validation that confirmed the fix; where that came before anybody said that it was fixed, saying
 * so proves it. What was measured before the fix was live proves nothing of it: a fix that turns out to be younger is not proven. A fix that did not hold goes back to work. Until it is proven it may be abandoned, for a reason.
 */
export interface Initiative {
  state: State;
  ownerId: string;
  /** Since when the fix is live. */
  fixedAt: Date | null;
  /** The validation that confirmed it. */
  confirmedBy: string | null;
  /** When the window began that confirmed it. */
  confirmedFrom: Date | null;
}

export type State = 'open' | 'signed-off' | 'fixed' | 'proven' | 'abandoned';

export interface Person {
  personId: string;
  roles: readonly string[];
}

export type Command =
  | { do: 'sign-off'; by: Person }
  /** Without `fixedAt`: since now. */
  | { do: 'fix'; by: Person; fixedAt: Date | null; at: Date }
  | { do: 'rework'; by: Person; reason: string }
  | { do: 'abandon'; by: Person; reason: string }
  /** `measuredFrom`: when the window after the fix begins. */
  | { do: 'confirm'; by: string; validationId: string; measuredFrom: Date };

export type Fact =
  | { type: 'moved'; from: State; to: State; by: string; reason?: string; fixedAt?: Date }
  | { type: 'confirmed'; validationId: string; measuredFrom: Date };

/** From where each command may be given; anywhere else the answer is no. */
const from: Record<Command['do'], readonly State[]> = {
  'sign-off': ['open'],
  fix: ['signed-off'],
  rework: ['fixed'],
  abandon: ['open', 'signed-off', 'fixed'],
  confirm: ['open', 'signed-off', 'fixed', 'proven'],
};
const to = { 'sign-off': 'signed-off', fix: 'fixed', rework: 'signed-off', abandon: 'abandoned' } as const;

/** [] where it is so already. Throws Rejection where the rules say no. */
export function decide(command: Command, initiative: Initiative): Fact[] {
  const { state, ownerId, fixedAt, confirmedBy, confirmedFrom } = initiative;
  if (!from[command.do].includes(state)) {
    throw new Rejection('wrong-state', `${command.do} is not possible while the initiative is ${state}`);
  }
  if (command.do === 'confirm') {
    if (confirmedBy !== null) return [];
    const { by, validationId, measuredFrom } = command;
    mayMeasure(measuredFrom, fixedAt);
    const proven: Fact[] = state === 'fixed' ? [{ type: 'moved', from: 'fixed', to: 'proven', by }] : [];
    return [{ type: 'confirmed', validationId, measuredFrom }, ...proven];
  }
  const { by } = command;
  if (by.personId !== ownerId && !by.roles.some((role) => role === 'director' || role === 'admin')) {
    throw new Rejection('not-the-owner', 'only its owner or a director moves an initiative');
  }
  const moved: Fact = { type: 'moved', from: state, to: to[command.do], by: by.personId };
  if (command.do === 'sign-off') return [moved];
  if (command.do !== 'fix') return [{ ...moved, reason: command.reason }];
  if (confirmedFrom !== null && command.fixedAt === null) {
    throw new Rejection(
      'since-when',
      `a window from ${confirmedFrom.toISOString()} on confirmed it: say since when it is live`,
    );
  }
  const since = command.fixedAt ?? command.at;
  if (since > command.at) throw new Rejection('not-yet', 'what is not live yet is not fixed');
  const fixed: Fact = { ...moved, fixedAt: since };
  const isProven = confirmedFrom !== null && since <= confirmedFrom;
  return isProven ? [fixed, { type: 'moved', from: 'fixed', to: 'proven', by: by.personId }] : [fixed];
}

/** Throws Rejection where the fix is known to have come after the window that is to prove it began. */
export function mayMeasure(from: Date, fixedAt: Date | null): void {
  if (fixedAt === null || fixedAt <= from) return;
  throw new Rejection(
    'measured-before-fix',
    `the fix is live since ${fixedAt.toISOString()}: a window that begins at ${from.toISOString()} does not measure it`,
  );
}

export function evolve(initiative: Initiative, fact: Fact): Initiative {
  if (fact.type === 'confirmed') {
    return { ...initiative, confirmedBy: fact.validationId, confirmedFrom: fact.measuredFrom };
  }
  const fixedAt = fact.to === 'signed-off' ? null : (fact.fixedAt ?? initiative.fixedAt);
  const { confirmedFrom } = initiative;
  const isVoid = confirmedFrom !== null && fixedAt !== null && confirmedFrom < fixedAt;
  const moved = { ...initiative, state: fact.to, fixedAt };
  return isVoid ? { ...moved, confirmedBy: null, confirmedFrom: null } : moved;
}

export const isOver = (state: State) => state === 'proven' || state === 'abandoned';

/** The ids in the new order; the others keep theirs. A rank beyond the last is the last. */
export function reranked(ids: readonly string[], id: string, rank: number): string[] {
  const others = ids.filter((one) => one !== id);
  return others.toSpliced(rank - 1, 0, id);
}
