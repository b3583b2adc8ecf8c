import { type BusinessTime, compile } from '@heard/calendar/business-time';
import type { Calendar } from '@heard/calendar/calendar';
import type { Role } from '@heard/events/vocabulary';

/** Somebody who can own cases. `openCases` is counted up as cases are handed out. */
export interface Person {
  personId: string;
  roles: Role[];
  skills: string[];
  team: string | null;
  present: boolean;
  cap: number | null;
  openCases: number;
  /** When they work; null: at any time. */
  shifts: Calendar | null;
  leave: { from: string; until: string }[];
  /** Who stands in while they are away. */
  substitute: string | null;
}

/** Present, on shift and not on leave. */
export function isAvailable(person: Person, now: Date): boolean {
  return person.present && !isOnLeave(person, now) && (!person.shifts || hoursOf(person.shifts).isOpen(now));
}

export function isOnLeave({ leave }: Person, now: Date): boolean {
  return leave.some(({ from, until }) => Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until));
}

/** When somebody who is not available will be, by shifts and leave alone; null: nobody can say. */
export function nextAvailable(person: Person, now: Date): Date | null {
  if (!person.present) return null;
  let at = now;
  // Leaves may follow one another and a shift may begin within one: each round gets past at least one of them.
  for (let round = 0; round <= person.leave.length; round++) {
    const on = person.leave.find((one) => Date.parse(one.from) <= at.getTime() && at.getTime() < Date.parse(one.until));
    if (on) at = new Date(on.until);
    if (person.shifts) at = hoursOf(person.shifts).nextOpen(at);
    if (!isOnLeave(person, at)) return at;
  }
  return null;
}

/** The person, or who stands in for them: along the substitutes to the first who is available, in a ring nobody. */
export function standIn(personId: string, people: readonly Person[], now: Date): Person | undefined {
  const asked = new Set<string>();
  for (let id: string | null = personId; id !== null && !asked.has(id); ) {
    asked.add(id);
    const person = people.find((one) => one.personId === id);
    if (person && isAvailable(person, now)) return person;
    id = person?.substitute ?? null;
  }
  return undefined;
}

const compiled = new Map<string, BusinessTime>();

/** People are read anew for every batch; their hours are worked out once. */
export function hoursOf(shifts: Calendar): BusinessTime {
  const key = JSON.stringify(shifts);
  let hours = compiled.get(key);
  if (!hours) {
    if (compiled.size >= 1_000) compiled.clear();
    hours = compile(shifts);
    compiled.set(key, hours);
  }
  return hours;
}
