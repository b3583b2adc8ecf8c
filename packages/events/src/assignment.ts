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
    about: z
      .literal('delivery-given-up')
      .optional()
      .meta({ description: 'What else it is about: that a message could not be delivered.' }),
  })
  .meta({ description: 'Somebody must hear of a feedback.' });
export const AlertAcknowledged = z.object({ ...alert, by: PersonId }).meta({ description: 'Somebody took an alert.' });
export const AlertDelivered = z
  .object({ ...alert, digestId: z.uuid().optional() })
  .meta({ description: 'A digest with this alert was delivered.' });
