import * as z from 'zod';
import { AlertLevel, CaseId, ClockKind, CustomerId, Instant, PauseReason, Priority, Role } from './vocabulary.ts';

const clockFact = {
  clockId: z.uuid(),
  caseId: CaseId,
  customerId: CustomerId,
  kind: ClockKind,
  about: z.string().optional().meta({ description: 'The promise, request or alert, where a kind has several.' }),
  at: Instant,
};

const { caseId, customerId, at, ...clock } = clockFact;
const StartedClock = z.object({
  ...clock,
  startedAt: Instant,
  dueAt: Instant,
  naturalDueAt: Instant.optional().meta({
    description: "The deadline without regard to the customer's night, where the two differ.",
  }),
  calendar: z.string(),
});

export const ClocksStarted = z
  .object({
    ...{ caseId, customerId, at },
    priority: Priority,
    policyVersion: z.int().min(1),
    clocks: z.array(StartedClock).min(1),
  })
  .meta({ description: 'Deadlines of a case began to run, all by the same event.' });
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
export const ClockPaused = z
  .object({ ...clockFact, reason: PauseReason, remainingMs: z.int() })
  .meta({ description: 'A deadline stands still; remainingMs of business time are left of it, negative when late.' });
export const ClockResumed = z
  .object({ ...clockFact, dueAt: Instant })
  .meta({ description: 'A deadline goes on, with what was left of it.' });
export const ClockRescheduled = z
  .object({
    ...clockFact,
    dueAt: Instant,
    previousDueAt: Instant,
    reason: z.enum(['calendar', 'policy']),
    policyVersion: z.int().min(1),
  })
  .meta({ description: 'A deadline moved because the calendar or the policy it follows was changed.' });
export const ClockMet = z
  .object({
    ...clockFact,
    dueAt: Instant,
    inTime: z.boolean(),
    by: z.enum(['contact', 'unreachable-protocol']).optional(),
  })
  .meta({ description: 'What the clock waited for happened; inTime says whether it was late.' });
export const ClockCancelled = z
  .object({
    ...clockFact,
    reason: z.enum(['parked', 'closed', 'resolved', 'reopened', 'handed-over', 'withdrawn', 'skipped', 'policy']),
  })
  .meta({ description: 'The clock no longer matters.' });
export const EscalationStepped = z
  .object({
    ...clockFact,
    priority: Priority,
    step: z.int().nonnegative().meta({ description: 'Place in the ladder of this kind of clock, from 0.' }),
    round: z.int().min(1).meta({ description: 'Grows where a step is repeated.' }),
    tell: z.array(z.enum(['owner', ...Role.options])).min(1),
    level: AlertLevel,
    dueAt: Instant,
  })
  .meta({ description: 'A ladder went up a step: these people must hear of the clock.' });
