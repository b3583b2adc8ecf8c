import * as z from 'zod';
import { CaseId, ClockKind, CustomerId, Instant, Priority } from './vocabulary.ts';

const clockFact = {
  clockId: z.uuid(),
  caseId: CaseId,
  customerId: CustomerId,
  kind: ClockKind,
  at: Instant,
};

export const ClockStarted = z
  .object({
    ...clockFact,
    priority: Priority,
    startedAt: Instant,
    dueAt: Instant,
    policyVersion: z.int().min(1),
  })
  .meta({ description: 'A deadline of a case began to run.' });
export const ClockShortened = z
  .object({
    ...clockFact,
    priority: Priority,
    dueAt: Instant,
    previousDueAt: Instant,
    policyVersion: z.int().min(1),
  })
  .meta({ description: 'A deadline moved closer because the case became more urgent.' });
export const ClockWarned = z
  .object({ ...clockFact, percent: z.int().min(1).max(99), dueAt: Instant })
  .meta({ description: 'This much of the time is used up.' });
export const ClockBreached = z
  .object({ ...clockFact, dueAt: Instant })
  .meta({ description: 'The time ran out. Never before dueAt.' });
export const ClockMet = z
  .object({ ...clockFact, dueAt: Instant, inTime: z.boolean() })
  .meta({ description: 'What the clock waited for happened; inTime says whether it was late.' });
export const ClockCancelled = z
  .object({ ...clockFact, reason: z.enum(['parked', 'closed', 'resolved']) })
  .meta({ description: 'The clock no longer matters.' });
