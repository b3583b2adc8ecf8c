import * as z from 'zod';
import { CaseId, ClockKind, CustomerId, Instant, Priority } from './vocabulary.ts';

const clockFact = {
  clockId: z.uuid(),
  caseId: CaseId,
  customerId: CustomerId,
  kind: ClockKind,
  at: Instant,
};

export const ClockStarted = z.object({
  ...clockFact,
  priority: Priority,
  startedAt: Instant,
  dueAt: Instant,
  policyVersion: z.int().min(1),
});
export const ClockShortened = z.object({
  ...clockFact,
  priority: Priority,
  dueAt: Instant,
  previousDueAt: Instant,
  policyVersion: z.int().min(1),
});
export const ClockWarned = z.object({ ...clockFact, percent: z.int().min(1).max(99), dueAt: Instant });
export const ClockBreached = z.object({ ...clockFact, dueAt: Instant });
export const ClockMet = z.object({ ...clockFact, dueAt: Instant, inTime: z.boolean() });
export const ClockCancelled = z.object({ ...clockFact, reason: z.enum(['parked', 'closed', 'resolved']) });
