import type { Cause, Event } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { AlertLevel, Role } from '@heard/events/vocabulary';
import type { Policy } from '@heard/policy/policy';
import type { Timer } from '@heard/service/timers';
import { endangered } from './contact-time.ts';
import { standIn } from './people.ts';
import { audience } from './routing.ts';
import type { Alert, CaseFile, Desk } from './store.ts';

interface Told {
  level: AlertLevel;
  roles: readonly Role[];
  /** Whoever else hears of it. */
  people?: readonly string[];
  /** The owner of the case, or who stands in for them, hears of it too. */
  owner: boolean;
  cause: Alert['cause'];
  about: string | null;
  /** What makes this alert another than the last with the same cause. */
  key: readonly string[];
}

/** Raises alerts of one batch; digests are collected, everything else counts as delivered when it is raised. */
export class Alerts {
  readonly #desk: Desk;
  readonly #policy: Policy;
  readonly digests: Timer[] = [];

  constructor(desk: Desk, policy: Policy) {
    this.#desk = desk;
    this.#policy = policy;
  }

  raise(subject: Pick<Alert, 'customerId' | 'feedbackId'>, file: CaseFile | undefined, told: Told, cause: Cause): void {
    const { now, people } = this.#desk;
    const owner = told.owner && file?.owner ? [standIn(file.owner, people, now)?.personId ?? file.owner] : [];
    const reached = [...new Set([...owner, ...(told.people ?? []), ...audience(told.roles, people, told.level, now)])];
    const isDigest = told.level === 'digest' && file !== undefined;
    const deliverBy = isDigest ? this.#digestBy(file, told.cause) : null;
    if (deliverBy) this.digests.push({ kind: 'digest', key: digestKey(reached[0] ?? ''), dueAt: deliverBy });
    const at = now.toISOString();
    this.#desk.alert(
      {
        alertId: stableId('alert', ...told.key),
        customerId: subject.customerId,
        feedbackId: subject.feedbackId,
        caseId: file?.caseId ?? null,
        level: told.level,
        cause: told.cause,
        about: told.about,
        audiences: [...told.roles],
        people: reached,
        raisedAt: at,
        deliverBy: deliverBy?.toISOString() ?? null,
        deliveredAt: isDigest ? null : at,
      },
      cause,
    );
  }

  /** As triage asks: the owner and the audiences of the policy. */
  ofFeedback(event: Event<'feedback.triaged'> | Event<'feedback.regraded'>, file: CaseFile | undefined): void {
    const { data } = event;
    if (!data.alert) return;
    const revision = 'revision' in data ? data.revision : 0;
    const { level, audiences: roles } = data.alert;
    const key = [data.feedbackId, String(revision), level];
    this.raise(data, file, { level, roles, owner: true, cause: 'feedback', about: null, key }, event);
  }

  /** Whoever must approve a grant, and by when they are asked anew. */
  ofApproval(event: Event<'compensation.requested'>, file: CaseFile): void {
    const { grantId, approver, step } = event.data;
    if (!approver) return;
    const key = ['approval', grantId, String(step)];
    const told = {
      level: 'push',
      roles: [],
      people: [approver],
      owner: false,
      cause: 'approval',
      about: grantId,
      key,
    } as const;
    this.raise(file, file, told, event);
  }

  /** The owner hears that a case is back on the desk. */
  ofReturn(file: CaseFile): void {
    const key = ['reopened', file.caseId, String(file.version)];
    const told = { level: 'push', roles: [], owner: true, cause: 'reopened', about: null, key } as const;
    this.raise(file, file, told, { correlationid: file.feedbackId });
  }

  /** Says at once that a deadline cannot be met, while somebody can still do something about it. */
  ofDanger(file: CaseFile, cause: Cause): void {
    const danger = endangered(file, this.#desk.people, this.#policy, this.#desk.now);
    if (!danger) return;
    this.#desk.apply(file, danger, cause);
    const key = ['deadline', file.caseId, String(file.version)];
    const level = file.priority === 'P0' ? 'page' : 'push';
    this.raise(file, file, { level, roles: ['supervisor'], owner: true, cause: 'deadline', about: null, key }, cause);
  }

  /** A step of a ladder. */
  ofEscalation(event: Event<'escalation.stepped'>, file: CaseFile): void {
    const { clockId, step, round, level, tell } = event.data;
    const roles = tell.filter((one) => one !== 'owner');
    const key = ['escalation', clockId, String(step), String(round)];
    this.raise(
      file,
      file,
      { level, roles, owner: tell.includes('owner'), cause: 'escalation', about: clockId, key },
      event,
    );
  }

  /** The next digest; one about new feedback never later than the policy's share of the first-contact deadline (A9). */
  #digestBy(file: CaseFile, cause: Alert['cause']): Date {
    const { every, maxPercentOfSla } = this.#policy.alerts.p2Digest;
    const next = this.#desk.now.getTime() + every;
    if (cause !== 'feedback') return new Date(next);
    const latest = Date.parse(file.receivedAt) + (this.#policy.sla.firstContact[file.priority] * maxPercentOfSla) / 100;
    return new Date(Math.max(this.#desk.now.getTime(), Math.min(next, latest)));
  }
}

/** One digest per person; alerts of a case nobody owns yet wait under the empty name. */
const digestKey = (personId: string) => `to:${personId}`;

export const personOf = (key: string) => key.slice('to:'.length);
