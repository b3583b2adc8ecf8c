import * as z from 'zod';
import {
  AlertLevel,
  CaseId,
  CompensationKind,
  ContactChannel,
  CustomerId,
  Direction,
  FeedbackId,
  Instant,
  Money,
  PauseReason,
  PersonId,
  Priority,
  personal,
  Role,
} from './vocabulary.ts';

/** Every case event names the case version it made: 1, 2, 3 … without a gap. */
const caseFact = {
  caseId: CaseId,
  customerId: CustomerId,
  version: z.int().min(1),
  at: Instant,
};

export const CaseOpened = z
  .object({
    ...caseFact,
    feedbackId: FeedbackId,
    priority: Priority,
    receivedAt: Instant.meta({ description: 'When the feedback was accepted: the start of the clocks.' }),
    timeZone: z.string().optional().meta({ description: "The customer's; absent: the policy's." }),
    policyVersion: z.int().min(1),
  })
  .meta({ description: 'A customer must be called. Version 1 of the case.' });
export const CaseJoined = z
  .object({ ...caseFact, feedbackId: FeedbackId })
  .meta({ description: 'Another feedback of the same customer belongs to the open case.' });
export const CasePriorityRaised = z
  .object({ ...caseFact, from: Priority, to: Priority, cause: FeedbackId })
  .meta({ description: 'A case became more urgent; it never becomes less.' });
export const CaseAssigned = z
  .object({
    ...caseFact,
    owner: PersonId,
    role: Role,
    rung: z.int().nonnegative().meta({ description: 'Place in the routing ladder, 0 = first choice.' }),
    reason: z.enum(['routed', 'raised', 'transferred', 'taken-back', 'overridden']).meta({
      description: 'overridden: a supervisor transferred it although the customer had been spoken to.',
    }),
    previousOwner: PersonId.optional(),
    team: z.string().optional(),
    by: PersonId.optional(),
    why: z.string().optional(),
  })
  .meta({ description: 'A case got its owner.' });
export const CaseQueued = z
  .object({
    ...caseFact,
    roles: z.array(Role).meta({ description: 'Nobody was free.' }),
    team: z.string().optional().meta({ description: "Whose queue it waits in; absent: everybody's." }),
  })
  .meta({ description: 'Nobody the policy names was free; the case waits.' });
export const CaseAcknowledged = z
  .object({ ...caseFact, by: PersonId })
  .meta({ description: 'The owner took the case up.' });
export const CaseContactAttempted = z
  .object({
    ...caseFact,
    channel: ContactChannel,
    direction: Direction,
    outcome: z.string(),
    durationSeconds: z.int().nonnegative().optional(),
    calledAt: Instant.optional().meta({ description: 'Unanswered calls only, with the two below.' }),
    window: z.string().optional().meta({ description: "The part of the customer's day, such as 2026-11-05/1." }),
    late: z.boolean().optional().meta({ description: 'Made after the first contact was due.' }),
    by: PersonId,
  })
  .meta({ description: 'Somebody tried to reach the customer. Not a contact.' });
export const CaseContacted = z
  .object({
    ...caseFact,
    channel: ContactChannel,
    direction: Direction,
    durationSeconds: z.int().nonnegative().optional(),
    by: PersonId,
  })
  .meta({ description: 'The customer was reached on a channel the priority allows.' });
export const CaseReplied = z
  .object({ ...caseFact, channel: ContactChannel, by: PersonId })
  .meta({ description: 'The customer wrote or called of their own accord; an answer is owed.' });
export const CasePromised = z
  .object({ ...caseFact, promiseId: z.uuid(), what: z.string().meta(personal), dueAt: Instant, by: PersonId })
  .meta({ description: 'The customer was told what will be done, and by when.' });
export const CasePromiseKept = z
  .object({ ...caseFact, promiseId: z.uuid(), by: PersonId })
  .meta({ description: 'A promise was carried out.' });
export const CasePromiseWithdrawn = z
  .object({ ...caseFact, promiseId: z.uuid(), reason: z.string(), by: PersonId })
  .meta({ description: 'The customer agreed that a promise no longer matters.' });
export const CasePaused = z
  .object({ ...caseFact, reason: PauseReason, by: PersonId })
  .meta({ description: 'We wait for somebody else; the clocks the policy names stand still.' });
export const CaseResumed = z.object({ ...caseFact, by: PersonId }).meta({ description: 'The wait is over.' });
export const CaseCollaboratorAdded = z
  .object({ ...caseFact, personId: PersonId, by: PersonId })
  .meta({ description: 'Somebody helps; the owner stays the single contact.' });
export const CaseCollaboratorRemoved = z
  .object({ ...caseFact, personId: PersonId, by: PersonId })
  .meta({ description: 'Somebody no longer helps.' });
export const CaseHelpRequested = z
  .object({ ...caseFact, requestId: z.uuid(), role: Role, what: z.string().meta(personal), by: PersonId })
  .meta({ description: 'The fast lane: another team must help, with a clock of its own.' });
export const CaseHelpGiven = z
  .object({ ...caseFact, requestId: z.uuid(), by: PersonId })
  .meta({ description: 'A request for help was answered.' });
export const CaseCallbackRequested = z
  .object({ ...caseFact, requestId: z.uuid(), from: Instant, until: Instant, by: PersonId })
  .meta({ description: 'The customer wishes to be called within this window.' });
export const CaseHeard = z
  .object({ ...caseFact, step: z.enum(['hear', 'empathize', 'apologize', 'resolve']), by: PersonId })
  .meta({ description: 'A step of the HEARD conversation was done; the last, diagnose, is case.diagnosed.' });
export const CaseDiagnosed = z
  .object({ ...caseFact, rootCause: z.string(), by: PersonId })
  .meta({ description: 'The root cause of the case was found, or corrected.' });
export const CaseMessageSent = z
  .object({ ...caseFact, purpose: z.enum(['unreached', 'recovery-check']), channel: ContactChannel })
  .meta({ description: 'A message to the customer was handed over for delivery.' });
export const CaseParked = z
  .object({
    ...caseFact,
    cause: z.enum(['person', 'unreached', 'refused']),
    reason: z.string(),
    until: Instant.optional(),
    timely: z.boolean().optional().meta({ description: 'unreached: every attempt was made in time.' }),
    by: PersonId,
  })
  .meta({ description: 'A case was put to rest; anything the customer says brings it back.' });
export const CaseResolved = z
  .object({ ...caseFact, rootCause: z.string(), by: PersonId })
  .meta({ description: 'A case was resolved, with its root cause.' });
export const CaseObserved = z
  .object({ ...caseFact, until: Instant })
  .meta({ description: 'The silent days after the resolution began.' });
export const CaseReopened = z
  .object({
    ...caseFact,
    priority: Priority,
    cause: z.enum(['feedback', 'person', 'reply', 'park-over']),
    feedbackId: FeedbackId.optional(),
  })
  .meta({ description: 'A parked, resolved or observed case was taken up again.' });
export const CaseWowPlanned = z
  .object({ ...caseFact, dueAt: Instant })
  .meta({ description: 'One extra care, outside of any compensation, is due after the resolution.' });
export const CaseWowDone = z
  .object({ ...caseFact, what: z.string(), cost: z.int().nonnegative(), by: PersonId })
  .meta({ description: "The extra care was given; cost in minor units of the policy's currency." });
export const CaseWowSkipped = z
  .object({ ...caseFact, reason: z.string(), by: PersonId })
  .meta({ description: 'No extra care, and why.' });
export const CaseRecoveryAnswered = z
  .object({ ...caseFact, recovered: z.boolean(), feedbackId: FeedbackId })
  .meta({ description: 'The customer answered the recovery check.' });
export const CaseDeadlineEndangered = z
  .object({
    ...caseFact,
    dueAt: Instant,
    reason: z.enum(['quiet-hours', 'no-shift', 'no-window']),
    nextWindow: Instant.optional(),
  })
  .meta({
    description:
      'The first contact, or the callback asked for, cannot be made in time as things stand; somebody must decide.',
  });
export const CaseClosed = z
  .object({ ...caseFact, outcome: z.enum(['recovered', 'lost', 'invalid', 'unreached']), by: PersonId })
  .meta({ description: 'A case is over.' });

const alert = { alertId: z.uuid(), customerId: CustomerId, feedbackId: FeedbackId, at: Instant };

export const AlertRaised = z
  .object({
    ...alert,
    caseId: CaseId.optional(),
    level: AlertLevel,
    audiences: z.array(Role),
    people: z.array(PersonId),
    cause: z.enum(['feedback', 'escalation', 'approval', 'help', 'deadline', 'abuse', 'delivery', 'reopened']).meta({
      description: 'What it is about besides the feedback that started it all.',
    }),
    about: z.uuid().optional().meta({ description: 'The clock, request or flag the cause names.' }),
    deliverBy: Instant.optional().meta({ description: 'For digests: the latest moment of delivery.' }),
  })
  .meta({ description: 'Somebody must hear of a feedback.' });
export const AlertAcknowledged = z
  .object({ ...alert, about: z.uuid().optional(), by: PersonId })
  .meta({ description: 'Somebody took an alert.' });
export const AlertDelivered = z
  .object({ ...alert, digestId: z.uuid().optional() })
  .meta({ description: 'A digest with this alert was delivered.' });

const grant = {
  grantId: z.uuid(),
  caseId: CaseId,
  customerId: CustomerId,
  kind: CompensationKind,
  amount: Money,
  at: Instant,
};

export const CompensationRequested = z
  .object({
    ...grant,
    by: PersonId,
    reason: z.string().meta(personal),
    exceeds: z.array(z.enum(['authority', 'case-budget', 'customer-budget', 'agent-budget'])).min(1),
    approver: PersonId.nullable().meta({ description: 'Who is asked; null: nobody of these roles is there.' }),
    approverRoles: z.array(Role).min(1).meta({ description: 'Whoever holds one of them may answer.' }),
    step: z.int().nonnegative().meta({ description: 'Place of who is asked in the ladder, 0 = first choice.' }),
    dueAt: Instant.meta({ description: 'Without an answer by then it is handed over.' }),
  })
  .meta({ description: 'A compensation beyond its giver’s authority or a budget waits for an approver.' });
export const CompensationGranted = z
  .object({
    ...grant,
    by: PersonId,
    authority: z.string().meta({ description: 'The authority rule of the policy, or "approval".' }),
    approvedBy: PersonId.optional(),
    needsReconciliation: z.boolean().meta({ description: 'Finance has to match it with the refund that follows.' }),
    policyVersion: z.int().min(1),
  })
  .meta({ description: 'A customer gets a compensation.' });
export const CompensationRefused = z
  .object({
    ...grant,
    by: PersonId.nullable().meta({ description: 'null: nobody answered in time.' }),
    reason: z.string().meta(personal),
  })
  .meta({ description: 'A compensation that was asked for is not given.' });
export const CompensationReversed = z
  .object({ ...grant, by: PersonId, reason: z.string().meta(personal) })
  .meta({ description: 'A compensation was taken back; the ledger has the opposite entries.' });
export const CompensationReconciled = z
  .object({ ...grant, by: PersonId, reference: z.string().meta({ description: "Finance's document." }) })
  .meta({ description: 'Finance matched an advance refund with the refund that followed.' });

const abuse = { flagId: z.uuid(), customerId: CustomerId, at: Instant };
const AbuseEvidence = z.enum(['frequent-claims', 'claims-over-value']);

export const CustomerAbuseSuspected = z
  .object({ ...abuse, evidence: z.array(AbuseEvidence) })
  .meta({ description: 'A customer’s claims fulfil the policy’s rule. Nothing changes until two persons agree.' });
export const CustomerAbuseFlagged = z
  .object({
    ...abuse,
    evidence: z.array(AbuseEvidence),
    flaggedBy: PersonId,
    confirmedBy: PersonId,
    expiresAt: Instant,
  })
  .meta({ description: 'No extra compensation for this customer; everything else stays as it is for anybody.' });
export const CustomerAbuseCleared = z
  .object({ ...abuse, reason: z.enum(['expired', 'appeal', 'withdrawn', 'victim']), by: PersonId.optional() })
  .meta({ description: 'A flag, or the suspicion of one, is over. victim: a confirmed defect explains the claims.' });
