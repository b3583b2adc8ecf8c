import type { BusinessTime } from './business-time.ts';

/** A clock that stood still; `to` is null while it still does. Pauses may overlap: time is taken off once. */
export interface Pause {
  from: Date;
  to: Date | null;
}

/** When a budget runs out, or how much is left of it while a pause is open and nobody can say when. */
export type Due = { at: Date } | { at: null; pausedSince: Date; remainingMs: number };

/** Open milliseconds from the start until `now` in which no pause ran: the one number a clock is judged by. */
export function unpausedElapsed(time: BusinessTime, startedAt: Date, pauses: Pause[], now: Date): number {
  let elapsed = 0;
  let runsFrom = startedAt;
  for (const pause of merged(pauses)) {
    if (pause.from >= now) break;
    elapsed += time.elapsed(runsFrom, pause.from);
    if (!pause.to || pause.to >= now) return elapsed;
    if (pause.to > runsFrom) runsFrom = pause.to;
  }
  return elapsed + time.elapsed(runsFrom, now);
}

/** The earliest instant at which `unpausedElapsed` reaches the budget. */
export function dueAt(time: BusinessTime, startedAt: Date, budgetMs: number, pauses: Pause[]): Due {
  let remainingMs = budgetMs;
  let runsFrom = startedAt;
  for (const pause of merged(pauses)) {
    const ran = time.elapsed(runsFrom, pause.from);
    if (ran >= remainingMs) break;
    remainingMs -= ran;
    if (!pause.to) return { at: null, pausedSince: pause.from > startedAt ? pause.from : startedAt, remainingMs };
    if (pause.to > runsFrom) runsFrom = pause.to;
  }
  return { at: time.advance(runsFrom, remainingMs) };
}

/**
 * Where a running clock becomes due when its budget, its calendar or both change at `at`. What has elapsed stays
 * elapsed, measured by the calendar that was valid then; a budget already used up is due at once, never in the past.
 */
export function rebase(change: { elapsedMs: number; newBudgetMs: number; time: BusinessTime; at: Date }): Date {
  return change.time.advance(change.at, Math.max(0, change.newBudgetMs - change.elapsedMs));
}

/** In order of time, overlapping and touching pauses joined. */
function merged(pauses: Pause[]): Pause[] {
  const result: Pause[] = [];
  for (const pause of pauses.toSorted((a, b) => a.from.getTime() - b.from.getTime())) {
    if (pause.to && pause.to < pause.from)
      throw new RangeError(`a pause ends before it starts: ${pause.to.toISOString()}`);
    const last = result.at(-1);
    if (!last || (last.to && last.to < pause.from)) result.push({ ...pause });
    else if (last.to && (!pause.to || pause.to > last.to)) last.to = pause.to;
  }
  return result;
}
