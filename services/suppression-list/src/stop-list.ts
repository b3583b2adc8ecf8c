import type { StopListReason } from '@heard/events/suppression-list';
import type { Policy } from '@heard/policy/policy';

/**
 * Who gets no promotion, and why.
 *
 * Every feedback that shows a customer unhappy puts them on the list at once, once. They stay through the recovery; when
 * the case is resolved the recovery reasons end and the silent days begin. After those they leave, unless something new
 * keeps them. A parked case holds them; a lost customer stays for ever; an objection and a person's own entry end only
 * by hand. Reasons never end one another's rows: whoever has one open reason is on the list.
 */
export interface Entry {
  reason: StopListReason;
  source: string;
  startedAt: string;
  until: string | null;
  endedAt: string | null;
}

export type Change =
  | { type: 'entered'; reason: StopListReason; source: string; until: string | null }
  | { type: 'left'; reason: StopListReason; source: string; cause: string };

export type Command =
  | { do: 'feedback'; feedbackId: string; hasCase: boolean; at: Date }
  | { do: 'resolved'; caseId: string; at: Date }
  | { do: 'reopened'; caseId: string }
  | { do: 'lost'; caseId: string }
  | { do: 'invalid'; caseId: string }
  | { do: 'time-up'; reason: StopListReason; source: string; at: Date }
  | { do: 'add'; reason: 'objection' | 'manual'; source: string; until: string | null }
  | { do: 'remove'; reason: StopListReason; source: string };

const day = 86_400_000;

export function decide(command: Command, entries: readonly Entry[], policy: Policy): Change[] {
  const open = entries.filter((entry) => entry.endedAt === null);
  const has = (reason: StopListReason, source: string) =>
    open.some((entry) => entry.reason === reason && entry.source === source);
  const enter = (reason: StopListReason, source: string, until: string | null = null): Change[] =>
    has(reason, source) ? [] : [{ type: 'entered', reason, source, until }];
  const leave = (which: (entry: Entry) => boolean, cause: string): Change[] =>
    open.filter(which).map(({ reason, source }) => ({ type: 'left', reason, source, cause }));

  switch (command.do) {
    case 'feedback': {
      // Heard of once by triage and once by its case, in either order, perhaps long after the case was resolved.
      if (entries.some((entry) => entry.reason === 'recovery' && entry.source === command.feedbackId)) return [];
      const until = command.hasCase ? null : new Date(command.at.getTime() + policy.stopList.review).toISOString();
      return enter('recovery', command.feedbackId, until);
    }
    case 'resolved': {
      const until = new Date(command.at.getTime() + policy.observation.days * day).toISOString();
      return [
        ...enter('observation', command.caseId, until),
        ...leave((entry) => entry.reason === 'recovery', 'resolved'),
      ];
    }
    case 'reopened':
      return [
        ...enter('recovery', command.caseId),
        ...leave((entry) => entry.reason === 'observation' && entry.source === command.caseId, 'reopened'),
      ];
    case 'lost':
      return [
        ...enter('lost', command.caseId),
        ...leave((entry) => entry.reason === 'recovery' || entry.reason === 'observation', 'lost'),
      ];
    case 'invalid':
      return leave((entry) => entry.reason === 'recovery', 'invalid');
    case 'time-up': {
      const over = (entry: Entry) =>
        entry.reason === command.reason &&
        entry.source === command.source &&
        entry.until !== null &&
        Date.parse(entry.until) <= command.at.getTime();
      if (command.reason !== 'observation') return leave(over, 'review-over');
      const backInRecovery = open.some((entry) => entry.reason === 'recovery');
      return leave(over, backInRecovery ? 'back-in-recovery' : 'observation-over');
    }
    case 'add':
      return enter(command.reason, command.source, command.until);
    case 'remove':
      return leave((entry) => entry.reason === command.reason && entry.source === command.source, 'removed');
  }
}

export function evolve(entries: readonly Entry[], change: Change, at: string): Entry[] {
  if (change.type === 'entered') {
    const { reason, source, until } = change;
    return [...entries, { reason, source, until, startedAt: at, endedAt: null }];
  }
  return entries.map((entry) =>
    entry.endedAt === null && entry.reason === change.reason && entry.source === change.source
      ? { ...entry, endedAt: at }
      : entry,
  );
}

/** The open reasons, sorted: what marketing systems are told. */
export function reasonsOf(entries: readonly Entry[]): StopListReason[] {
  return [...new Set(entries.filter((entry) => entry.endedAt === null).map((entry) => entry.reason))].sort();
}
