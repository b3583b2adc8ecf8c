import * as z from 'zod';
import {
  AlertLevel,
  CaseId,
  CompensationKind,
  ContactChannel,
  CustomerId,
  FeedbackId,
  Instant,
  Money,
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
  })
  .meta({ description: 'A case got its owner.' });
export const CaseQueued = z
  .object({ ...caseFact, roles: z.array(Role).meta({ description: 'Nobody was free.' }) })
  .meta({ description: 'Nobody the policy names was free; the case waits.' });
export const CaseContactAttempted = z
  .object({
    ...caseFact,
    channel: ContactChannel,
    outcome: z.string(),
    by: PersonId,
  })
  .meta({ description: 'Somebody tried to reach the customer. Not a contact.' });
export const CaseContacted = z
  .object({ ...caseFact, channel: ContactChannel, by: PersonId })
  .meta({ description: 'The customer was reached on a channel the priority allows.' });
export const CaseParked = z
  .object({ ...caseFact, reason: z.string(), by: PersonId })
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
    cause: z.enum(['feedback', 'person']),
    feedbackId: FeedbackId.optional(),
  })
  .meta({ description: 'A parked, resolved or observed case was taken up again.' });
export const CaseClosed = z
  .object({ ...caseFact, outcome: z.enum(['recovered', 'lost', 'invalid']), by: PersonId })
  .meta({ description: 'A case is over.' });

const alert = { alertId: z.uuid(), customerId: CustomerId, feedbackId: FeedbackId, at: Instant };

export const AlertRaised = z
  .object({
    ...alert,
    caseId: CaseId.optional(),
    level: AlertLevel,
    audiences: z.array(Role),
    people: z.array(PersonId),
    deliverBy: Instant.optional().meta({ description: 'For digests: the latest moment of delivery.' }),
  })
  .meta({ description: 'Somebody must hear of a feedback.' });
export const AlertAcknowledged = z.object({ ...alert, by: PersonId }).meta({ description: 'Somebody took an alert.' });
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
