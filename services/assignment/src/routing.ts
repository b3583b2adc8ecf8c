import type { Priority, Role } from '@heard/events/vocabulary';
import type { Policy } from '@heard/policy/policy';

/** Somebody who can own cases. `openCases` is counted up by `route` as it hands them out. */
export interface Person {
  personId: string;
  roles: Role[];
  present: boolean;
  cap: number | null;
  openCases: number;
}

export interface Route {
  owner: string;
  role: Role;
  rung: number;
}

/**
 * Who gets a case: the policy names roles in order for each priority; the first role with somebody present and below
 * their cap has it, and among those the one with the fewest open cases (ties by id). `csm` is the customer's own and
 * nobody else's.
 */
export function route(
  priority: Priority,
  csmId: string | null,
  people: readonly Person[],
  policy: Policy,
): Route | null {
  for (const [rung, role] of policy.routing[priority].entries()) {
    let best: Person | undefined;
    for (const person of people) {
      if (!person.present || !person.roles.includes(role)) continue;
      if (role === 'csm' && person.personId !== csmId) continue;
      if (person.cap !== null && person.openCases >= person.cap) continue;
      if (!best || person.openCases < best.openCases) best = person;
    }
    if (best) return { owner: best.personId, role, rung };
  }
  return null;
}

/** Everybody present with one of these roles. */
export function audience(roles: readonly Role[], people: readonly Person[]): string[] {
  return people
    .filter((person) => person.present && person.roles.some((role) => roles.includes(role)))
    .map((p) => p.personId);
}
