import type * as z from 'zod';
import * as assignment from './assignment.ts';
import { CustomerValue, SurveyResponse } from './inbound.ts';
import * as ingest from './ingest.ts';
import * as policy from './policy.ts';
import * as rca from './rca.ts';
import * as sla from './sla-timer.ts';
import * as stopList from './suppression-list.ts';
import * as triage from './triage.ts';

/**
 * Every topic, who writes it, and every event on it. Topics, ACLs, JSON Schemas and the AsyncAPI document are made
 * from this table. A topic without a writer is public: systems outside Heard write it.
 */
export const topics = {
  'heard.inbound.survey-responses': {
    writer: null,
    compacted: false,
    events: { 'survey-response.submitted': SurveyResponse },
  },
  'heard.inbound.customer-values': {
    writer: null,
    compacted: false,
    events: { 'customer-value.published': CustomerValue },
  },
  'heard.ingest': {
    writer: 'ingest',
    compacted: false,
    events: {
      'feedback.received': ingest.FeedbackReceived,
      'customer.value-changed': ingest.CustomerValueChanged,
    },
  },
  'heard.triage': {
    writer: 'triage',
    compacted: false,
    events: {
      'feedback.triaged': triage.FeedbackTriaged,
      'feedback.regraded': triage.FeedbackRegraded,
    },
  },
  'heard.assignment': {
    writer: 'assignment',
    compacted: false,
    events: {
      'case.opened': assignment.CaseOpened,
      'case.joined': assignment.CaseJoined,
      'case.priority-raised': assignment.CasePriorityRaised,
      'case.assigned': assignment.CaseAssigned,
      'case.queued': assignment.CaseQueued,
      'case.acknowledged': assignment.CaseAcknowledged,
      'case.contact-attempted': assignment.CaseContactAttempted,
      'case.contacted': assignment.CaseContacted,
      'case.replied': assignment.CaseReplied,
      'case.promised': assignment.CasePromised,
      'case.promise-kept': assignment.CasePromiseKept,
      'case.promise-withdrawn': assignment.CasePromiseWithdrawn,
      'case.paused': assignment.CasePaused,
      'case.resumed': assignment.CaseResumed,
      'case.collaborator-added': assignment.CaseCollaboratorAdded,
      'case.collaborator-removed': assignment.CaseCollaboratorRemoved,
      'case.help-requested': assignment.CaseHelpRequested,
      'case.help-given': assignment.CaseHelpGiven,
      'case.callback-requested': assignment.CaseCallbackRequested,
      'case.heard': assignment.CaseHeard,
      'case.diagnosed': assignment.CaseDiagnosed,
      'case.message-sent': assignment.CaseMessageSent,
      'case.parked': assignment.CaseParked,
      'case.resolved': assignment.CaseResolved,
      'case.observed': assignment.CaseObserved,
      'case.reopened': assignment.CaseReopened,
      'case.wow-planned': assignment.CaseWowPlanned,
      'case.wow-done': assignment.CaseWowDone,
      'case.wow-skipped': assignment.CaseWowSkipped,
      'case.recovery-answered': assignment.CaseRecoveryAnswered,
      'case.deadline-endangered': assignment.CaseDeadlineEndangered,
      'case.closed': assignment.CaseClosed,
      'alert.raised': assignment.AlertRaised,
      'alert.acknowledged': assignment.AlertAcknowledged,
      'alert.delivered': assignment.AlertDelivered,
      'compensation.requested': assignment.CompensationRequested,
      'compensation.granted': assignment.CompensationGranted,
      'compensation.refused': assignment.CompensationRefused,
      'compensation.reversed': assignment.CompensationReversed,
      'compensation.reconciled': assignment.CompensationReconciled,
      'customer.abuse-suspected': assignment.CustomerAbuseSuspected,
      'customer.abuse-flagged': assignment.CustomerAbuseFlagged,
      'customer.abuse-cleared': assignment.CustomerAbuseCleared,
    },
  },
  'heard.sla-timer': {
    writer: 'sla-timer',
    compacted: false,
    events: {
      'clocks.started': sla.ClocksStarted,
      'clock.shortened': sla.ClockShortened,
      'clock.warned': sla.ClockWarned,
      'clock.breached': sla.ClockBreached,
      'clock.paused': sla.ClockPaused,
      'clock.resumed': sla.ClockResumed,
      'clock.rescheduled': sla.ClockRescheduled,
      'clock.met': sla.ClockMet,
      'clock.cancelled': sla.ClockCancelled,
      'escalation.stepped': sla.EscalationStepped,
    },
  },
  'heard.suppression-list': {
    writer: 'suppression-list',
    compacted: false,
    events: {
      'stop-list.entered': stopList.StopListEntered,
      'stop-list.observing': stopList.StopListObserving,
      'stop-list.left': stopList.StopListLeft,
      'send.skipped': stopList.SendSkipped,
    },
  },
  'heard.marketing-eligibility': {
    writer: 'suppression-list',
    compacted: true,
    events: { 'customer.eligibility-changed': stopList.CustomerEligibilityChanged },
  },
  'heard.rca': {
    writer: 'rca',
    compacted: false,
    events: {
      'theme.detected': rca.ThemeDetected,
      'theme.changed': rca.ThemeChanged,
      'theme.alarmed': rca.ThemeAlarmed,
      'initiative.opened': rca.InitiativeOpened,
      'initiative.moved': rca.InitiativeMoved,
      'initiative.validated': rca.InitiativeValidated,
      'fly-wire.opened': rca.FlyWireOpened,
      'fly-wire.ended': rca.FlyWireEnded,
    },
  },
  'heard.policy': {
    writer: 'console',
    compacted: true,
    events: { 'policy.published': policy.PolicyPublished },
  },
} as const satisfies Record<string, Topic>;

export interface Topic {
  writer: string | null;
  compacted: boolean;
  events: Record<string, z.ZodObject>;
}

type Topics = typeof topics;
export type TopicName = keyof Topics;

/** event type -> its zod schema */
type Schemas = UnionToIntersection<Topics[TopicName]['events']>;
type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never;

export type EventType = keyof Schemas & string;
export type DataOf<T extends EventType> = Schemas[T] extends z.ZodType<infer Data> ? Data : never;

/** Who uses what: services (and their consumer groups) and the topics they read. */
export const consumers = {
  ingest: ['heard.inbound.survey-responses', 'heard.inbound.customer-values'],
  triage: ['heard.policy', 'heard.ingest'],
  assignment: [
    'heard.policy',
    'heard.ingest',
    'heard.triage',
    'heard.suppression-list',
    'heard.sla-timer',
    'heard.rca',
  ],
  'sla-timer': ['heard.policy', 'heard.assignment'],
  'suppression-list': ['heard.policy', 'heard.triage', 'heard.assignment'],
  rca: ['heard.policy', 'heard.ingest', 'heard.triage', 'heard.assignment'],
} as const satisfies Record<string, readonly TopicName[]>;

export type ServiceName = keyof typeof consumers;

interface Registered {
  topic: TopicName;
  schema: z.ZodObject;
}

const registered = new Map<string, Registered>(
  Object.entries(topics).flatMap(([topic, { events }]) =>
    Object.entries(events).map(([type, schema]) => [type, { topic: topic as TopicName, schema }] as const),
  ),
);

/** The topic and schema of an event type, or undefined for a type this version does not know. */
export function lookUp(type: string): Registered | undefined {
  return registered.get(type);
}

export const eventTypes = [...registered.keys()] as EventType[];
