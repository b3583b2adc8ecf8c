/**
 * Whom a survey asked, as its sender tells it line by line, in any order and more than once.
 *
 * A customer is asked once, however often they are reminded: the first time stays. What became of it is what happened
 * last; of two things at the same time the later in the list of outcomes. Whoever was asked is not left out any more:
 * only a reminder was.
 */
export interface Invitation {
  /** First; null: left out, never asked. */
  invitedAt: Date | null;
  outcome: Outcome;
  toldAt: Date;
}

/** `left-out`: the stop list or a limit of messages said no. */
export const outcomes = ['left-out', 'sent', 'undeliverable'] as const;
export type Outcome = (typeof outcomes)[number];

export interface Line {
  customerId: string;
  outcome: Outcome;
  at: Date;
}

export function evolve(before: Invitation | undefined, { outcome, at }: Line): Invitation {
  const first = outcome === 'left-out' ? null : at;
  if (!before) return { invitedAt: first, outcome, toldAt: at };
  const invitedAt = earlier(before.invitedAt, first);
  const onlyOneAsked = (before.outcome === 'left-out') !== (outcome === 'left-out');
  const replaces = onlyOneAsked ? isAfter(outcome, before.outcome) : isLater({ outcome, at }, before);
  if (replaces) return { invitedAt, outcome, toldAt: at };
  return invitedAt === before.invitedAt ? before : { ...before, invitedAt };
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (!one || !other) return one ?? other;
  return one <= other ? one : other;
}

function isLater({ outcome, at }: Omit<Line, 'customerId'>, before: Invitation): boolean {
  const difference = at.getTime() - before.toldAt.getTime();
  return difference > 0 || (difference === 0 && isAfter(outcome, before.outcome));
}

function isAfter(one: Outcome, other: Outcome): boolean {
  return outcomes.indexOf(one) > outcomes.indexOf(other);
}
