import * as z from 'zod';
import {
  AlertLevel,
  CaseId,
  ContactChannel,
  CustomerId,
  FeedbackId,
  Instant,
  PersonId,
  Priority,
  Role,
} from './vocabulary.ts';

/** Every case event names the case version it made: 1, 2, 3 … without a gap. */
const caseFact = {
  caseId: CaseId,
  customerId: CustomerId,
  version: z.int().min(1),
  at: Instant,
};

export const CaseOpened = z.object({
  ...caseFact,
  feedbackId: FeedbackId,
  priority: Priority,
  receivedAt: Instant.meta({ description: 'When the feedback was accepted: the start of the clocks.' }),
  policyVersion: z.int().min(1),
});
export const CaseJoined = z.object({ ...caseFact, feedbackId: FeedbackId });
export const CasePriorityRaised = z.object({ ...caseFact, from: Priority, to: Priority, cause: FeedbackId });
export const CaseAssigned = z.object({
  ...caseFact,
  owner: PersonId,
  role: Role,
  rung: z.int().nonnegative().meta({ description: 'Place in the routing ladder, 0 = first choice.' }),
});
export const CaseQueued = z.object({ ...caseFact, roles: z.array(Role).meta({ description: 'Nobody was free.' }) });
export const CaseContactAttempted = z.object({
  ...caseFact,
  channel: ContactChannel,
  outcome: z.string(),
  by: PersonId,
});
export const CaseContacted = z.object({ ...caseFact, channel: ContactChannel, by: PersonId });
export const CaseParked = z.object({ ...caseFact, reason: z.string(), by: PersonId });
export const CaseResolved = z.object({ ...caseFact, rootCause: z.string(), by: PersonId });
export const CaseObserved = z.object({ ...caseFact, until: Instant }).meta({ description: 'In the observation pool.' });
export const CaseReopened = z.object({
  ...caseFact,
  priority: Priority,
  cause: z.enum(['feedback', 'person']),
  feedbackId: FeedbackId.optional(),
});
export const CaseClosed = z.object({ ...caseFact, outcome: z.enum(['recovered', 'lost', 'invalid']), by: PersonId });

const alert = { alertId: z.uuid(), customerId: CustomerId, feedbackId: FeedbackId, at: Instant };

export const AlertRaised = z.object({
  ...alert,
  caseId: CaseId.optional(),
  level: AlertLevel,
  audiences: z.array(Role),
  people: z.array(PersonId),
  deliverBy: Instant.optional().meta({ description: 'For digests: the latest moment of delivery.' }),
});
export const AlertAcknowledged = z.object({ ...alert, by: PersonId });
export const AlertDelivered = z.object({ ...alert, digestId: z.uuid().optional() });
