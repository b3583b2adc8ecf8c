import * as z from 'zod';
import {
  AlertLevel,
  CustomerId,
  FeedbackId,
  FeedbackKind,
  Instant,
  PersonId,
  Priority,
  personal,
  Role,
  Score,
  Segment,
  TermHit,
} from './vocabulary.ts';

export const NoCaseReason = z.enum(['no-trigger', 'alert-only', 'backfill', 'follow-up-refused']);
export const Trigger = z.enum([
  'low-score',
  'bad-review',
  'red-line',
  'high-risk-word',
  'negative-text',
  'csat-decline',
]);

export const FeedbackTriaged = z
  .object({
    feedbackId: FeedbackId,
    revision: z.int().min(1),
    customerId: CustomerId,
    kind: FeedbackKind,
    channel: z.string(),
    score: Score.optional(),
    comment: z.string().meta(personal).optional(),
    occurredAt: Instant,
    receivedAt: Instant,
    segment: Segment.nullable().meta({ description: 'null: the feedback carries no score.' }),
    priority: Priority.nullable().meta({ description: 'null: no case is needed, see noCaseReason.' }),
    noCaseReason: NoCaseReason.optional(),
    triggers: z.array(Trigger),
    hits: z.array(TermHit),
    suppress: z.boolean().meta({ description: 'The customer belongs on the stop list.' }),
    alert: z
      .object({ level: AlertLevel, audiences: z.array(Role) })
      .optional()
      .meta({ description: 'Who must hear of it at once, whether or not there is a case.' }),
    churnSignal: z
      .object({
        class: z.enum(['explicit']),
        level: z.enum(['high']),
        causes: z.array(z.enum(['low-score', 'high-risk-word', 'csat-decline'])).min(1),
      })
      .optional()
      .meta({ description: 'The customer shows in so many words or scores that they may leave.' }),
    customer: z.object({
      known: z.boolean(),
      highValue: z.boolean(),
      csmId: PersonId.optional(),
      timeZone: z.string().optional(),
    }),
    rule: z.string().meta({ description: 'The rule that set the priority, as named in the policy.' }),
    policyVersion: z.int().min(1),
  })
  .meta({ description: 'A feedback was graded: segment, priority, what was found in it and by which rule.' });

export const FeedbackRegraded = z
  .object({
    feedbackId: FeedbackId,
    customerId: CustomerId,
    from: Priority,
    to: Priority,
    reason: z.enum(['customer-value']),
    rule: z.string(),
    csmId: PersonId.optional(),
    alert: z.object({ level: AlertLevel, audiences: z.array(Role) }).optional(),
    regradedAt: Instant,
    policyVersion: z.int().min(1),
  })
  .meta({ description: 'A customer value that came late raised the priority of a feedback.' });

export type FeedbackTriaged = z.infer<typeof FeedbackTriaged>;
export type FeedbackRegraded = z.infer<typeof FeedbackRegraded>;
export type Trigger = z.infer<typeof Trigger>;
export type NoCaseReason = z.infer<typeof NoCaseReason>;
