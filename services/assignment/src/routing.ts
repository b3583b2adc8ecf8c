import type { AlertLevel, Priority, Role } from '@heard/events/vocabulary';
import type { Policy } from '@heard/policy/policy';
import { isAvailable, isOnLeave, type Person, standIn } from './people.ts';

export interface Route {
  owner: string;
  role: Role;
  rung: number;
  team?: string;
}

export interface Wanted {
  priority: Priority;
  csmId: string | null;
  /** Skills the case asks for. */
  needs: readonly string[];
  /** Who had it and did not take it up. */
  passedBy: readonly string[];
}

/**
 * Who gets a case: the policy names roles in order for each priority; the first role with somebody available and below
 * their cap has it. Among those, whoever has most of the skills it asks for, then the one with the fewest open cases
 * (ties by id). `csm` is the customer's own, or who stands in for them, and nobody else's.
 */
export function route(wanted: Wanted, people: readonly Person[], policy: Policy, now: Date): Route | null {
  for (const [rung, role] of policy.routing[wanted.priority].entries()) {
    const own = role === 'csm' && wanted.csmId ? standIn(wanted.csmId, people, now) : undefined;
    let best: Person | undefined;
    let bestLacks = 0;
    for (const person of people) {
      if (role === 'csm' ? person !== own : !person.roles.includes(role)) continue;
      if (person.cap !== null && person.openCases >= person.cap) continue;
      if (wanted.passedBy.includes(person.personId) || !isAvailable(person, now)) continue;
      const lacks = wanted.needs.reduce((sum, skill) => (person.skills.includes(skill) ? sum : sum + 1), 0);
      if (!best || lacks < bestLacks || (lacks === bestLacks && person.openCases < best.openCases)) {
        best = person;
        bestLacks = lacks;
      }
    }
    if (best) return { owner: best.personId, role, rung, team: best.team ?? undefined };
  }
  return null;
}

/**
 * Everybody with one of these roles who is available. A page also reaches those who are off shift, because it cannot
 * wait; so does anything else where nobody is on shift.
 */
export function audience(roles: readonly Role[], people: readonly Person[], level: AlertLevel, now: Date): string[] {
  const having = people.filter((one) => one.present && one.roles.some((role) => roles.includes(role)));
  const reachable = having.filter((one) => !isOnLeave(one, now));
  const working = level === 'page' ? reachable : reachable.filter((one) => isAvailable(one, now));
  return (working.length > 0 ? working : reachable).map((one) => one.personId);
}
