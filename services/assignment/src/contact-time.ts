import { everyDay } from '@heard/calendar/calendar';
import { feasible, moveOutOfQuietHours } from '@heard/calendar/windows';
import type { Policy } from '@heard/policy/policy';
import type { Command } from './case.ts';
import { hoursOf, type Person } from './people.ts';
import type { CaseFile } from './store.ts';
import type { CallRules } from './unreachable.ts';

/** When the customer of a case must have been spoken to, the customer's night aside. */
export function firstContactDue(file: CaseFile, { sla }: Policy): Date {
  return new Date(Date.parse(file.startedAt) + Math.min(sla.firstContact[file.priority], sla.hardCeiling));
}

/** What the rules must know about a call made now. `textBy`: where the one message to an unreached customer goes. */
export function callRules(file: CaseFile, policy: Policy, now: Date, textBy: CallRules['textBy']): CallRules {
  const { unreachable, sla } = policy;
  const zone = file.timeZone ?? sla.timeZone;
  const isLastRound = file.work.rounds + 1 >= unreachable.rounds;
  return {
    at: now.toISOString(),
    window: partOfDay(now, zone, unreachable.windows),
    late: now > firstContactDue(file, policy),
    attempts: unreachable.attempts,
    withinMs: unreachable.within,
    parkUntil: isLastRound ? null : new Date(now.getTime() + unreachable.park).toISOString(),
    textBy,
  };
}

/** `2026-11-05/1`: the second window of that day where the customer is; null outside all of them. */
function partOfDay(now: Date, timeZone: string, windows: readonly { from: string; to: string }[]): string | null {
  const index = windows.findIndex(({ from, to }) => hoursOf(everyDay('calls', timeZone, [{ from, to }])).isOpen(now));
  return index < 0 ? null : `${now.toLocaleDateString('sv-SE', { timeZone })}/${index}`;
}

const horizon = 14 * 86_400_000;

/**
 * Whether the customer can be called before the deadline: the owner at work, or while there is none anybody of the
 * role, outside the customer's night (L8), and within the window of the callback they asked for last (C16). Null where it
 * can be done, or where nobody has to call.
 */
export function endangered(
  file: CaseFile,
  people: readonly Person[],
  policy: Policy,
  now: Date,
): (Command & { do: 'endanger' }) | null {
  const wished = lastWish(file, now);
  const mustCall = !file.contacted && policy.contact.preferred[file.priority] === 'phone';
  if (!mustCall && !wished) return null;
  const owners = people.filter((one) =>
    file.owner ? one.personId === file.owner : one.roles.some((role) => policy.routing[file.priority].includes(role)),
  );
  const timeZone = file.timeZone ?? policy.sla.timeZone;
  const { quietHours: quiet, quietGrace: graceMs } = policy.contact;
  const natural = firstContactDue(file, policy);
  const due = mustCall
    ? moveOutOfQuietHours({ from: now, until: natural, quiet, timeZone, graceMs, priority: file.priority }).at
    : wished!.to;
  const until = new Date(now.getTime() + horizon);
  const shifts = owners.map((one) =>
    one.shifts ? hoursOf(one.shifts).openIntervals(now, until) : [{ from: now, to: until }],
  );
  const answer = feasible({ from: now, until: due, quiet, timeZone, shifts, wished });
  if (answer.ok) return null;
  const nextWindow = answer.nextWindow?.from.toISOString();
  return { do: 'endanger', dueAt: due.toISOString(), reason: answer.reason, nextWindow };
}

/** The window of the latest callback that was asked for and not given yet, unless it is over. */
function lastWish({ work }: CaseFile, now: Date): { from: Date; to: Date } | undefined {
  const callback = work.callbacks.at(-1);
  if (!callback || new Date(callback.until) <= now) return undefined;
  return { from: new Date(callback.from), to: new Date(callback.until) };
}
