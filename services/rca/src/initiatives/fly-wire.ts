import { Rejection } from '@heard/bus/rejection';

/**
 * A temporary bypass (飞线SOP) while the real fix is built.
 *
 * It is open for the roles it names and, where it says so, for customers of high value only, from when it is opened until
 * it expires, never longer than the policy allows. It can be revoked before, and ends when the fix it stands in for is proven. Read-only access to a system is put on
 * record at every use; an advance refund is used by granting one.
 */
export type FlyWire = {
  roles: readonly string[];
  highValueOnly: boolean;
  expiresAt: Date;
  endedAt: Date | null;
} & Kind;

export type Ended = 'expired' | 'revoked' | 'proven';

type Kind =
  | { kind: 'read-only-access'; system: string }
  /** The most one advance refund may be, in minor units. */
  | { kind: 'advance-refund'; ceiling: { amount: number; currency: string } };

/** `longest` in milliseconds. */
export function mayOpen({ expiresAt }: Pick<FlyWire, 'expiresAt'>, at: Date, { longest }: { longest: number }): void {
  if (expiresAt <= at) throw new Rejection('over-already', 'it would be over before it begins');
  if (expiresAt.getTime() - at.getTime() > longest) {
    throw new Rejection('too-long', `the policy allows a fly-wire for ${longest / 86_400_000} days at most`);
  }
}

export function isOpen({ expiresAt, endedAt }: FlyWire, at: Date): boolean {
  return endedAt === null && at < expiresAt;
}

/** `highValue`: of the customer it is used for; undefined where nobody is named. */
export function mayUse(flyWire: FlyWire, roles: readonly string[], highValue: boolean | undefined, at: Date): void {
  if (flyWire.kind !== 'read-only-access') {
    throw new Rejection('used-by-granting', 'an advance refund is granted on a case');
  }
  if (!isOpen(flyWire, at)) throw new Rejection('fly-wire-ended', 'this fly-wire is over');
  if (!roles.some((role) => flyWire.roles.includes(role))) {
    throw new Rejection('not-in-scope', `this fly-wire is for ${flyWire.roles.join(', ')}`);
  }
  if (flyWire.highValueOnly && !highValue) {
    throw new Rejection('not-high-value', 'this fly-wire is for customers of high value only');
  }
}

/** Why it ends now; undefined where it has ended or does not yet. */
export function endOf(flyWire: FlyWire, at: Date, early?: 'revoked' | 'proven'): Ended | undefined {
  if (flyWire.endedAt !== null) return undefined;
  if (at >= flyWire.expiresAt) return 'expired';
  return early;
}
