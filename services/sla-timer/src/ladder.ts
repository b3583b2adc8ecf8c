import { type BusinessTime, compile } from '@heard/calendar/business-time';
import { everyDay, type Interval, weekdays } from '@heard/calendar/calendar';
import type { Policy } from '@heard/policy/policy';

export type Step = NonNullable<Policy['sla']['ladders']['promise']>[number];

/**
 * How far up its ladder a clock is. `step` is the last one taken, -1 before the first; `round` counts how often it was
 * taken; an acknowledgement answers that step, and so only what would come `after` it.
 */
export interface Progress {
  step: number;
  round: number;
  steppedAt: Date | null;
  acknowledged: boolean;
}

export const bottom: Progress = { step: -1, round: 0, steppedAt: null, acknowledged: false };

export interface NextStep {
  step: number;
  round: number;
  at: Date;
}

/** A ladder as one clock sees it: `reached` tells when so much of its time is used up. */
export interface Ladder {
  steps: readonly Step[];
  timeZone: string;
  reached(at: number | 'breach'): Date;
}

/**
 * When the ladder next goes up, and where to.
 *
 * A step `at` a percent or the breach comes by itself, whoever acknowledged what came before. A step `after` the one
 * before, and a repetition, come only while nobody has acknowledged that. Where a step `at` comes first, what was still
 * waiting below it is left out: it would tell less to fewer.
 */
export function nextStep(ladder: Ladder, progress: Progress): NextStep | null {
  const possible = [waiting(ladder, progress), ...above(ladder, progress)].filter((one) => one !== null);
  return possible.reduce<NextStep | null>((first, one) => (first && first.at <= one.at ? first : one), null);
}

/** The step to take now, if any: after an outage only the highest that is due. */
export function stepDue(ladder: Ladder, progress: Progress, now: Date): NextStep | null {
  const due = above(ladder, progress).filter((one) => one.at <= now);
  const next = due.at(-1) ?? waiting(ladder, progress);
  return next && next.at <= now ? next : null;
}

/** The repetition of the last step, else the step that waits for it. */
function waiting({ steps, timeZone }: Ladder, progress: Progress): NextStep | null {
  const { step, round, steppedAt, acknowledged } = progress;
  if (!steppedAt || acknowledged) return null;
  const { repeat } = steps[step] ?? {};
  const [to, wait] =
    repeat && round <= repeat.times
      ? [{ step, round: round + 1 }, repeat.every]
      : [{ step: step + 1, round: 1 }, steps[step + 1]?.after];
  if (wait === undefined) return null;
  return { ...to, at: allowed(steps[to.step]!.when, timeZone, new Date(steppedAt.getTime() + wait)) };
}

function above({ steps, timeZone, reached }: Ladder, progress: Progress): NextStep[] {
  return steps.flatMap(({ at, when }, step) =>
    at !== undefined && step > progress.step ? [{ step, round: 1, at: allowed(when, timeZone, reached(at)) }] : [],
  );
}

/** `at`, or the next moment the condition of a step allows. */
function allowed(when: Step['when'], timeZone: string, at: Date): Date {
  return when ? hoursOf(when, timeZone).nextOpen(at) : at;
}

const compiled = new Map<string, BusinessTime>();

function hoursOf(when: NonNullable<Step['when']>, timeZone: string): BusinessTime {
  const name = JSON.stringify([when, timeZone]);
  const known = compiled.get(name);
  if (known) return known;
  const { from = '00:00', to = '24:00' } = when;
  const intervals: Interval[] =
    from < to
      ? [{ from, to }]
      : [
          { from: '00:00', to },
          { from, to: '24:00' },
        ];
  const open = intervals.filter((one) => one.from !== one.to);
  const week = weekdays.map((day) => [day, !when.weekdays || when.weekdays.includes(day) ? open : []]);
  const time = compile({ ...everyDay(name, timeZone, open), week: Object.fromEntries(week) });
  compiled.set(name, time);
  return time;
}
