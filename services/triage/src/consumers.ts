import type { Tx } from '@heard/bus/log';
import { type Event, newEvent, ofType } from '@heard/events/event';
import type { CustomerValueChanged, FeedbackReceived } from '@heard/events/ingest';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import {
  type CsatScore,
  type Customer,
  type Feedback,
  loadCsatTrails,
  loadCustomers,
  loadRaisable,
  saveCustomers,
  saveFeedback,
} from './store.ts';
import { type FindTerms, soundsNegative } from './text-analysis.ts';
import { convert, ltvThreshold } from './threshold.ts';
import { type CustomerView, churnSignal, type Decision, decide, type Inputs, isHigher } from './triage.ts';

/** Reads what ingest published: grades each feedback, keeps the customers, and raises what a late value makes higher. */
export function consumeIngest(service: Service, findTerms: FindTerms): void {
  const { bus, clock, policies } = service;
  service.consume({
    topics: ['heard.policy', 'heard.ingest'],
    types: ['policy.published', 'feedback.received', 'customer.value-changed'],
    async handle(tx, events) {
      await policies.apply(tx, ofType(events, 'policy.published'));
      const feedback = ofType(events, 'feedback.received');
      const values = ofType(events, 'customer.value-changed');
      if (feedback.length + values.length === 0) return;
      const batch = await Batch.load(tx, await policies.current(tx), feedback, values, clock.now());
      for (const event of events) {
        if (event.type === 'customer.value-changed') batch.value(event);
        else if (event.type === 'feedback.received') batch.feedback(event, findTerms);
      }
      await bus.publish(tx, await batch.save(tx));
    },
  });
}

/** Everything a batch needs, loaded at once, folded in memory in order, written once. */
class Batch {
  readonly policy: VersionedPolicy;
  readonly #now: Date;
  readonly #threshold: number;
  readonly #customers: Map<string, Customer>;
  readonly #csat: Map<string, CsatScore[]>;
  /** What this batch may raise or has graded, newest revision by id. */
  readonly #graded: Map<string, Feedback>;
  readonly #changedCustomers = new Set<string>();
  readonly #changedFeedback = new Set<string>();
  readonly #events: Event[] = [];

  static async load(
    tx: Tx,
    policy: VersionedPolicy,
    feedback: readonly Event<'feedback.received'>[],
    values: readonly Event<'customer.value-changed'>[],
    now: Date,
  ): Promise<Batch> {
    const valued = [...new Set(values.map((event) => event.data.customerId))];
    const rated = feedback.filter((event) => event.data.score?.scale === 'csat').map((event) => event.data.customerId);
    return new Batch(
      policy,
      now,
      await ltvThreshold(tx, policy),
      await loadCustomers(tx, [...new Set([...valued, ...feedback.map((event) => event.data.customerId)])]),
      await loadCsatTrails(tx, [...new Set(rated)], policy.triage.csatDecline.responses),
      await loadRaisable(tx, valued, new Date(now.getTime() - policy.triage.regradeWindow)),
    );
  }

  constructor(
    policy: VersionedPolicy,
    now: Date,
    threshold: number,
    customers: Map<string, Customer>,
    csat: Map<string, CsatScore[]>,
    raisable: readonly Feedback[],
  ) {
    this.policy = policy;
    this.#now = now;
    this.#threshold = threshold;
    this.#customers = customers;
    this.#csat = csat;
    this.#graded = new Map(raisable.map((one) => [one.feedbackId, one]));
  }

  value(event: Event<'customer.value-changed'>): void {
    const { customerId } = event.data;
    const before = this.#customers.get(customerId);
    if (before && before.version >= event.data.version) return;
    this.#customers.set(customerId, customerOf(event.data));
    this.#changedCustomers.add(customerId);
    for (const feedback of this.#graded.values()) {
      if (feedback.customerId === customerId) this.#regrade(feedback, event);
    }
  }

  feedback(event: Event<'feedback.received'>, findTerms: FindTerms): void {
    const { data } = event;
    const customer = this.#customers.get(data.customerId);
    const comment = data.comment ?? '';
    const hits = findTerms(comment, this.policy);
    const inputs: Inputs = {
      kind: data.kind,
      score: data.score,
      negative: data.score ? undefined : soundsNegative(comment),
      hits,
      followUp: data.followUp,
      backfill: data.backfill,
      csatBefore: this.#csatBefore(data),
      customer: this.#view(customer),
    };
    const decision = decide(inputs, this.policy);
    this.#keep(data, inputs, decision);
    this.#events.push(
      newEvent(
        'feedback.triaged',
        data.customerId,
        triaged(data, hits, decision, customer, this.policy),
        this.#now,
        event,
      ),
    );
  }

  async save(tx: Tx): Promise<Event[]> {
    const ids = [...this.#changedCustomers].sort();
    await saveCustomers(
      tx,
      ids.map((id) => this.#customers.get(id)!),
    );
    await saveFeedback(
      tx,
      [...this.#changedFeedback].map((id) => this.#graded.get(id)!),
    );
    return this.#events;
  }

  #regrade(feedback: Feedback, event: Event<'customer.value-changed'>): void {
    const customer = this.#customers.get(feedback.customerId);
    const inputs = { ...feedback.inputs, customer: this.#view(customer) };
    const decision = decide(inputs, this.policy);
    const from = feedback.priority;
    if (!from || !decision.priority || !isHigher(decision.priority, from)) return;
    const { feedbackId, customerId } = feedback;
    const regraded = {
      feedbackId,
      customerId,
      from,
      to: decision.priority,
      reason: 'customer-value' as const,
      rule: decision.rule,
      csmId: customer?.csmId ?? undefined,
      alert: decision.alert,
      regradedAt: this.#now.toISOString(),
      policyVersion: this.policy.version,
    };
    this.#graded.set(feedbackId, { ...feedback, priority: decision.priority, rule: decision.rule, inputs, regraded });
    this.#changedFeedback.add(feedbackId);
    const cause = { ...event, correlationid: feedbackId };
    this.#events.push(newEvent('feedback.regraded', customerId, regraded, this.#now, cause));
  }

  #keep(data: FeedbackReceived, inputs: Inputs, decision: Decision): void {
    this.#graded.set(data.feedbackId, {
      feedbackId: data.feedbackId,
      customerId: data.customerId,
      revision: data.revision,
      csat: data.score?.scale === 'csat' ? data.score.value : null,
      receivedAt: data.receivedAt,
      segment: decision.segment,
      priority: decision.priority,
      rule: decision.rule,
      policyVersion: this.policy.version,
      inputs,
      regraded: null,
    });
    this.#changedFeedback.add(data.feedbackId);
  }

  /** The trail before this feedback; its own earlier revision does not count as a score before it. */
  #csatBefore({ score, customerId, feedbackId }: FeedbackReceived): number[] {
    if (score?.scale !== 'csat') return [];
    const trail = (this.#csat.get(customerId) ?? []).filter((one) => one.feedbackId !== feedbackId);
    this.#csat.set(customerId, [...trail, { feedbackId, value: score.value }]);
    return trail.slice(1 - this.policy.triage.csatDecline.responses).map((one) => one.value);
  }

  #view(customer: Customer | undefined): CustomerView {
    return {
      known: customer !== undefined,
      valueClass: customer?.valueClass ?? undefined,
      ltv: customer && convert(customer.ltvAmount, customer.ltvCurrency, this.policy),
      ltvThreshold: this.#threshold,
    };
  }
}

function customerOf(data: CustomerValueChanged): Customer {
  return {
    customerId: data.customerId,
    version: data.version,
    ltvAmount: data.lifetimeValue?.amount ?? null,
    ltvCurrency: data.lifetimeValue?.currency ?? null,
    valueClass: data.valueClass ?? null,
    csmId: data.csmId ?? null,
    timeZone: data.timeZone ?? null,
  };
}

/** What was decided on a feedback, as others hear of it. */
export function triaged(
  data: FeedbackReceived,
  hits: Inputs['hits'],
  decision: Decision,
  customer: Customer | undefined,
  policy: VersionedPolicy,
): Event<'feedback.triaged'>['data'] {
  return {
    feedbackId: data.feedbackId,
    revision: data.revision,
    customerId: data.customerId,
    kind: data.kind,
    channel: data.channel,
    score: data.score,
    comment: data.comment,
    occurredAt: data.occurredAt,
    receivedAt: data.receivedAt,
    segment: decision.segment,
    priority: decision.priority,
    noCaseReason: decision.noCaseReason,
    triggers: decision.triggers,
    hits,
    suppress: decision.suppress,
    alert: decision.alert,
    churnSignal: churnSignal(decision.triggers, data.backfill),
    customer: {
      known: customer !== undefined,
      highValue: decision.highValue,
      csmId: customer?.csmId ?? undefined,
      timeZone: customer?.timeZone ?? undefined,
    },
    rule: decision.rule,
    policyVersion: policy.version,
  };
}
