import * as z from 'zod';
import { CustomerId, Instant, MessageClass } from './vocabulary.ts';

export const StopListReason = z.enum(['recovery', 'observation', 'lost', 'objection', 'manual']);

const entryFact = {
  customerId: CustomerId,
  reason: StopListReason,
  source: z
    .string()
    .meta({ description: 'What caused it: a feedback, a case, a person. One row per (reason, source).' }),
  at: Instant,
};

export const StopListEntered = z
  .object({ ...entryFact, until: Instant.optional() })
  .meta({ description: 'A reason to send the customer no promotion began.' });
export const StopListObserving = z
  .object({ ...entryFact, until: Instant })
  .meta({ description: 'The silent days after a resolution began.' });
export const StopListLeft = z
  .object({ ...entryFact, cause: z.string() })
  .meta({ description: 'One reason ended; the customer is off the list when none is left.' });
export const SendSkipped = z
  .object({
    customerId: CustomerId,
    class: MessageClass,
    campaign: z.string(),
    code: z.enum(['stop-list', 'unknown']),
    at: Instant,
  })
  .meta({ description: 'A message was not sent, and that is on record.' });

/** One row per customer on the compacted public topic, for marketing systems: the last one is the truth. */
export const CustomerEligibilityChanged = z
  .object({
    customerId: CustomerId,
    blocked: z.array(MessageClass),
    reasons: z.array(StopListReason),
    at: Instant,
  })
  .meta({ description: 'What a customer must not be sent. One row per customer: the last one is the truth.' });

export type StopListReason = z.infer<typeof StopListReason>;
