import type { Tx } from '@heard/bus/log';
import { type Event, ofType } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { VersionedPolicy } from '@heard/service/policies';
import { Alerts } from './alerts.ts';
import { assign, rehome, wanted } from './assignment.ts';
import { keepCustomers } from './customers.ts';
import type { Assignment } from './deliveries.ts';
import { flyWireTypes, keepFlyWires, keepHighValue } from './fly-wires.ts';
import { handOverApproval } from './grants.ts';
import { route } from './routing.ts';
import { type CaseFile, Desk, type Said } from './store.ts';
import { tellOfAlarms } from './theme-alarms.ts';
import { finish } from './timers.ts';

const followed = [
  'feedback.triaged',
  'feedback.regraded',
  'stop-list.observing',
  'stop-list.left',
  'clock.breached',
  'escalation.stepped',
] as const;

/** Opens, joins and raises cases as triage decides, follows the observation pool, and hears of clocks that ran out. */
export function consume(service: Assignment): void {
  const { bus, clock, policies } = service;
  service.consume({
    topics: ['heard.policy', 'heard.ingest', 'heard.triage', 'heard.suppression-list', 'heard.sla-timer', 'heard.rca'],
    types: ['policy.published', 'customer.value-changed', 'theme.alarmed', ...flyWireTypes, ...followed],
    async handle(tx, events) {
      await policies.apply(tx, ofType(events, 'policy.published'));
      await keepCustomers(tx, ofType(events, 'customer.value-changed'));
      await keepFlyWires(tx, ofType(events, ...flyWireTypes));
      await keepHighValue(tx, ofType(events, 'feedback.triaged', 'feedback.regraded'));
      await tellOfAlarms(tx, service.deliveries, ofType(events, 'theme.alarmed'));
      const relevant = events.filter(isFollowed);
      if (relevant.length === 0) return;
      const policy = await policies.current(tx);
      const customerIds = [...new Set(relevant.map((event) => event.data.customerId))];
      const feedbackIds = relevant.flatMap((event) => ('feedbackId' in event.data ? [event.data.feedbackId] : []));
      const desk = await Desk.forCustomers(tx, clock.now(), customerIds, feedbackIds);
      const batch = new Batch(desk, policy);
      for (const event of relevant) batch.take(event);
      await batch.handOverApprovals(tx);
      await finish(service, tx, desk, batch.alerts, policy, relevant);
      await bus.publish(tx, desk.events);
    },
  });
}

type Followed = Event<(typeof followed)[number]>;

function isFollowed(event: Event): event is Followed {
  return (followed as readonly string[]).includes(event.type);
}

/** The events of one batch, each on the state the one before left. */
class Batch {
  readonly alerts: Alerts;
  readonly #desk: Desk;
  readonly #policy: VersionedPolicy;
  readonly #unanswered: { event: Event<'clock.breached'>; file: CaseFile }[] = [];

  constructor(desk: Desk, policy: VersionedPolicy) {
    this.#desk = desk;
    this.#policy = policy;
    this.alerts = new Alerts(desk, policy);
  }

  take(event: Followed): void {
    const file = this.#desk.of(event.data.customerId);
    switch (event.type) {
      case 'feedback.triaged':
        this.#triaged(event, file);
        return;
      case 'feedback.regraded':
        this.#regraded(event, file);
        return;
      case 'stop-list.observing':
        if (file?.caseId === event.data.source)
          this.#desk.apply(file, { do: 'observe', until: event.data.until }, event);
        return;
      case 'stop-list.left': {
        const { source, reason, cause } = event.data;
        if (file?.caseId !== source || reason !== 'observation' || cause !== 'observation-over') return;
        if (file.state === 'observing') {
          this.#desk.apply(file, { do: 'close', outcome: 'recovered', by: 'observation' }, event);
        }
        return;
      }
      case 'clock.breached':
        if (file?.caseId !== event.data.caseId) return;
        if (event.data.kind === 'acknowledgement') this.#takeBack(event, file);
        if (event.data.kind === 'approval') this.#unanswered.push({ event, file });
        return;
      case 'escalation.stepped':
        if (file?.caseId === event.data.caseId) this.alerts.ofEscalation(event, file);
        return;
    }
  }

  /** Nobody answered in time: the next of the ladder is asked too. */
  async handOverApprovals(tx: Tx): Promise<void> {
    for (const { event, file } of this.#unanswered) {
      const events = await handOverApproval(tx, event.data.about!, this.#desk.now, this.#policy, event);
      this.#desk.events.push(...events);
      for (const requested of ofType(events, 'compensation.requested')) this.alerts.ofApproval(requested, file);
    }
  }

  #triaged(event: Event<'feedback.triaged'>, found: CaseFile | undefined): void {
    const { data } = event;
    const { feedbackId: id, comment = null, hits, score = null } = data;
    const said: Said = { feedbackId: id, comment, hits, score };
    const isKnown = this.#desk.knows(data.feedbackId);
    let file = found;
    if (file) {
      file.csmId = data.customer.csmId ?? file.csmId;
      const before = file.priority;
      const recovered = data.kind === 'survey-response' && data.segment ? data.segment !== 'detractor' : null;
      const { priority, feedbackId } = data;
      const facts = this.#desk.apply(file, { do: 'join', priority, feedbackId, known: isKnown, recovered }, event);
      if (facts.some((fact) => fact.type === 'case.joined')) this.#desk.hold(file, said);
      if (file.priority !== before) this.#reroute(file, event);
      if (facts.some((fact) => fact.type === 'case.reopened')) rehome(this.#desk, file, this.#policy, event);
    } else if (data.priority && !isKnown) {
      file = this.#open(event, said);
    }
    this.alerts.ofFeedback(event, file);
  }

  #open(event: Event<'feedback.triaged'>, said: Said): CaseFile {
    const { customerId, feedbackId, revision, receivedAt, policyVersion, customer, priority } = event.data;
    const language = languageOf(said.comment);
    const file = this.#desk.open(
      {
        caseId: stableId('case', feedbackId, String(revision)),
        ...{ customerId, feedbackId, receivedAt, language },
        csmId: customer.csmId ?? null,
        openedAt: this.#desk.now.toISOString(),
        startedAt: receivedAt,
        contactedAt: null,
        resolvedAt: null,
        team: null,
        timeZone: customer.timeZone ?? null,
        needs: this.#needs(language, said),
      },
      said,
      { do: 'open', priority: priority!, feedbackId, receivedAt, policyVersion, timeZone: customer.timeZone },
      event,
    );
    assign(this.#desk, file, this.#policy, event);
    this.alerts.ofDanger(file, event);
    return file;
  }

  #needs(language: CaseFile['language'], { hits }: Said): string[] {
    const { skills } = this.#policy;
    const needs = hits.flatMap((hit) => (hit.list === 'redLine' ? (skills.redLine[hit.category] ?? []) : []));
    return [...new Set(skills.language && language ? [language, ...needs] : needs)];
  }

  #regraded(event: Event<'feedback.regraded'>, file: CaseFile | undefined): void {
    const { data } = event;
    if (!file) return;
    file.csmId = data.csmId ?? file.csmId;
    const facts = this.#desk.apply(file, { do: 'raise', priority: data.to, cause: data.feedbackId }, event);
    if (facts.length === 0) return;
    this.#reroute(file, event);
    if (data.alert?.level !== 'digest') this.alerts.ofFeedback(event, file);
  }

  /** Before the first live contact a case whose priority rose moves to whom the ladder names before its owner's role. */
  #reroute(file: CaseFile, cause: Event): void {
    if (file.contacted || file.state === 'parked' || file.state === 'resolved' || file.state === 'observing') return;
    const found = route(wanted(file), this.#desk.people, this.#policy, this.#desk.now);
    const rung = file.ownerRole ? this.#policy.routing[file.priority].indexOf(file.ownerRole) : -1;
    if (found && (rung < 0 || found.rung < rung)) {
      this.#desk.apply(file, { do: 'assign', reason: 'raised', ...found }, cause);
    }
  }

  /** An owner who does not take a case up loses it to the next, where there is one (U10). */
  #takeBack(event: Event<'clock.breached'>, file: CaseFile): void {
    const from = file.owner;
    if (!this.#policy.takeBack || from === null || file.acknowledged) return;
    const passedBy = [...file.work.passedBy, from];
    const found = route({ ...wanted(file), passedBy }, this.#desk.people, this.#policy, this.#desk.now);
    if (found) this.#desk.apply(file, { do: 'take-back', from, ...found }, event);
  }
}

/** Chinese where there is a Chinese character, else English where there is a Latin letter. */
function languageOf(comment: string | null): CaseFile['language'] {
  if (!comment) return null;
  if (/\p{Script=Han}/u.test(comment)) return 'zh';
  return /[a-z]/i.test(comment) ? 'en' : null;
}
