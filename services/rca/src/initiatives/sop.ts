import { Rejection } from '@heard/bus/rejection';
import type { State } from './initiative.ts';

/**
 * How something is done from a day on, because it was proven or because somebody decided so.
 *
 * It rests on an initiative that was proven, and then on the validation that proved it; or on a decision with a reason,
 * which may be about an initiative too. What it rests on stays; what it says is written anew as the next version, in
 * force not before the version it takes the place of. Retired, it is written no further.
 */
export interface Sop {
  version: number;
  /** ISO date. */
  validFrom: string;
  isRetired: boolean;
}

export interface Ground {
  validationId: string | null;
  decision: string | null;
}

/** Throws Rejection where nothing proved it and nobody decided it, or where both are claimed. */
export function groundOf(
  initiative: { state: State; confirmedBy: string | null } | undefined,
  decision: string | undefined,
): Ground {
  const isProven = initiative?.state === 'proven';
  if (decision !== undefined && isProven) {
    throw new Rejection('proven-already', 'what is proven needs no decision');
  }
  if (decision !== undefined) return { validationId: null, decision };
  if (!isProven) throw new Rejection('not-proven', 'only what was proven becomes an SOP without a decision');
  return { validationId: initiative!.confirmedBy, decision: null };
}

/** The number of the next version. `expected` is the version its writer read. Throws Rejection. */
export function nextVersion(sop: Sop, expected: number, validFrom: string): number {
  if (sop.isRetired) throw new Rejection('retired', 'this SOP is retired');
  if (expected !== sop.version) throw new Rejection('version-mismatch', `it is at version ${sop.version} by now`);
  if (validFrom < sop.validFrom) {
    throw new Rejection('before-the-last', `version ${sop.version} holds from ${sop.validFrom} on`);
  }
  return sop.version + 1;
}
