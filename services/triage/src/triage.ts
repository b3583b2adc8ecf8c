import type { FeedbackTriaged, NoCaseReason, Trigger } from '@heard/events/triage';
import type { FeedbackKind, Priority, Role, Score, Segment, TermHit } from '@heard/events/vocabulary';
import type { Policy } from '@heard/policy/policy';

/**
 * Who must be called, and how urgently.
 *
 * A low score is graded by the policy's ordered rules: the first that holds gives the priority, all that hold are kept.
 * Feedback without a score is graded by its words; there a high-value customer counts one level up. A red line alerts the
 * crisis team whoever the customer is and whatever the score; a high-risk word alerts too. Only a low score, a bad text
 * without a score or falling CSAT scores make a case; history and customers who refuse contact never do.
 */
export interface Inputs {
  kind: FeedbackKind;
  score?: Score;
  /** How the words sound; asked only where there is no score. */
  negative?: boolean;
  hits: TermHit[];
  followUp: 'allowed' | 'refused';
  backfill: boolean;
  /** The customer's CSAT scores before this one, newest last. */
  csatBefore: number[];
  customer: CustomerView;
}

export interface CustomerView {
  known: boolean;
  valueClass?: 'high' | 'ordinary';
  /** In minor units of the policy's currency; undefined: not known, or in a currency without a rate. */
  ltv?: number;
  /** From which `ltv` on a customer is high value, as it stood when the decision was made. */
  ltvThreshold: number;
}

export interface Decision {
  segment: Segment | null;
  severe: boolean;
  highValue: boolean;
  priority: Priority | null;
  noCaseReason?: NoCaseReason;
  triggers: Trigger[];
  rule: string;
  /** Every rule that held, with the priority it would have given. */
  matched: { rule: string; priority: Priority }[];
  /** The nearest higher priority that one more fact would have given. */
  nearestMiss?: { priority: Priority; rule: string; needs: string };
  alert?: { level: 'page' | 'push' | 'digest'; audiences: Role[] };
  suppress: boolean;
}

const order: readonly Priority[] = ['P0', 'P1', 'P2'];

export function decide(inputs: Inputs, policy: Policy): Decision {
  const { score, customer, hits } = inputs;
  const highValue = isHighValue(customer);
  const redLine = hits.some((hit) => hit.list === 'redLine');
  const highRiskWord = hits.some((hit) => hit.list === 'highRisk');
  const segment = score ? segmentOf(score, policy) : null;
  const severe = score !== undefined && score.value <= policy.bands[score.scale].severeMax;
  const facts = { highValue, severe, redLine, highRiskWord };

  const triggers: Trigger[] = [];
  if (segment === 'detractor') triggers.push('low-score');
  if (redLine) triggers.push('red-line');
  if (highRiskWord) triggers.push('high-risk-word');
  if (!score && inputs.negative) triggers.push(inputs.kind === 'review' ? 'bad-review' : 'negative-text');
  if (isFalling(inputs, policy)) triggers.push('csat-decline');

  const graded = grade(inputs, facts, segment, triggers, policy);
  const raised =
    redLine && graded.priority ? atLeast(graded.priority, policy.triage.redLineMinPriority) : graded.priority;
  const refused =
    inputs.backfill && !policy.backfill.opensCases
      ? 'backfill'
      : inputs.followUp === 'refused'
        ? 'follow-up-refused'
        : null;
  const priority = refused ? null : raised;
  const alert = inputs.backfill ? undefined : alertFor(priority, redLine, highRiskWord, policy);

  return {
    segment,
    severe,
    highValue,
    priority,
    noCaseReason: priority ? undefined : raised && refused ? refused : alert ? 'alert-only' : 'no-trigger',
    triggers,
    rule: graded.rule,
    matched: graded.matched,
    nearestMiss: priority && segment === 'detractor' ? nearestMiss(inputs, facts, priority, policy) : undefined,
    alert,
    suppress: (segment === 'detractor' || raised !== null) && (!inputs.backfill || policy.backfill.suppresses),
  };
}

/** What a feedback says of its customer's leaving, by the triggers found in it; history says nothing of today. */
export function churnSignal(triggers: readonly Trigger[], backfill: boolean): FeedbackTriaged['churnSignal'] {
  const causes = (['low-score', 'high-risk-word', 'csat-decline'] as const).filter((cause) => triggers.includes(cause));
  return causes.length > 0 && !backfill ? { class: 'explicit', level: 'high', causes } : undefined;
}

export function isHighValue({ valueClass, ltv, ltvThreshold }: CustomerView): boolean {
  return valueClass ? valueClass === 'high' : ltv !== undefined && ltv >= ltvThreshold;
}

export function segmentOf({ scale, value }: Score, { bands }: Policy): Segment {
  const band = bands[scale];
  return value <= band.detractorMax ? 'detractor' : value <= band.passiveMax ? 'passive' : 'promoter';
}

/** The higher of two priorities: a late customer value may raise a priority, never lower it (A4). */
export function isHigher(a: Priority, b: Priority): boolean {
  return order.indexOf(a) < order.indexOf(b);
}

type Facts = Required<Policy['triage']['rules'][number]['when']>;

function grade(
  inputs: Inputs,
  facts: Facts,
  segment: Segment | null,
  triggers: Trigger[],
  policy: Policy,
): { priority: Priority | null; rule: string; matched: Decision['matched'] } {
  const matched: Decision['matched'] = [];
  if (segment === 'detractor') {
    for (const { name, priority, when } of policy.triage.rules) {
      if (!failing(when, facts)) matched.push({ rule: name, priority });
    }
  } else if (!inputs.score) {
    const { scoreless } = policy.triage;
    const up = (priority: Priority) => (facts.highValue && scoreless.highValueRaises ? oneUp(priority) : priority);
    if (facts.redLine) matched.push({ rule: 'scoreless-red-line', priority: up(scoreless.redLine) });
    if (facts.highRiskWord) matched.push({ rule: 'scoreless-high-risk-word', priority: up(scoreless.highRiskWord) });
    if (inputs.negative) matched.push({ rule: 'scoreless-negative', priority: up(scoreless.negative) });
  }
  if (triggers.includes('csat-decline')) {
    matched.push({ rule: 'csat-decline', priority: policy.triage.csatDecline.priority });
  }
  const first = matched[0];
  return first ? { ...first, matched } : { priority: null, rule: 'none', matched };
}

/** The first fact that is not as the rule wants it, in the rule's order; `but` does not count. */
function failing(when: Partial<Facts>, facts: Facts, but?: keyof Facts): keyof Facts | undefined {
  for (const name in when) {
    const fact = name as keyof Facts;
    if (fact !== but && when[fact] !== facts[fact]) return fact;
  }
  return undefined;
}

function isFalling({ score, csatBefore }: Inputs, { triage }: Policy): boolean {
  if (score?.scale !== 'csat') return false;
  const last = [...csatBefore, score.value].slice(-triage.csatDecline.responses);
  return last.length === triage.csatDecline.responses && last.every((value, i) => i === 0 || value < last[i - 1]!);
}

function alertFor(
  priority: Priority | null,
  redLine: boolean,
  highRiskWord: boolean,
  { alerts }: Policy,
): Decision['alert'] {
  const levels = ['page', 'push', 'digest'] as const;
  const all = [priority && alerts[priority], redLine && alerts.redLine, highRiskWord && alerts.highRiskWord].filter(
    (alert) => !!alert,
  );
  if (all.length === 0) return undefined;
  return {
    level: levels.find((level) => all.some((alert) => alert.level === level))!,
    audiences: [...new Set(all.flatMap((alert) => alert.audiences))],
  };
}

function nearestMiss(inputs: Inputs, facts: Facts, got: Priority, policy: Policy): Decision['nearestMiss'] {
  for (const { name, priority, when } of policy.triage.rules) {
    if (!isHigher(priority, got)) continue;
    const missing = failing(when, facts);
    if (!missing || failing(when, facts, missing)) continue;
    return { priority, rule: name, needs: describe(missing, inputs, policy) };
  }
  return undefined;
}

function describe(fact: keyof Facts, { score, customer }: Inputs, policy: Policy): string {
  if (fact === 'highValue') return `lifetime value >= ${customer.ltvThreshold}`;
  if (fact === 'severe' && score) return `score <= ${policy.bands[score.scale].severeMax}`;
  return fact === 'redLine' ? 'a red-line word' : 'a high-risk word';
}

function oneUp(priority: Priority): Priority {
  return order[Math.max(0, order.indexOf(priority) - 1)]!;
}

function atLeast(priority: Priority, floor: Priority | 'none'): Priority {
  return floor !== 'none' && isHigher(floor, priority) ? floor : priority;
}
