import * as z from 'zod';

/** Marks a field as personal data or customer text: it may be stored and published, never logged, measured or traced. */
export const personal = { personal: true } as const;

/**
 * Ids from other systems. No control characters, so that a key can stand in a header, a log line or a file; no half
 * surrogate pairs, which neither UTF-8 nor PostgreSQL can hold: two such ids would become one.
 */
export const ExternalId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'must not contain control characters or broken Unicode');

/**
 * What people wrote. A half surrogate pair (an emoji cut in two) becomes U+FFFD and U+0000 is dropped, because
 * PostgreSQL holds neither: a customer is not left uncalled over a broken character.
 */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .overwrite((value) => value.toWellFormed().replaceAll('\0', ''));

export const CustomerId = ExternalId.meta({ description: 'The customer as the CRM knows it.' });
/** Of a survey, as its platform names it; no comma, so that several make a list. */
export const CampaignId = ExternalId.regex(/^[^,]+$/, 'must not contain a comma');
export const FeedbackId = z.uuid();
export const CaseId = z.uuid();
export const PersonId = ExternalId;

/** ISO 8601 with a zone, at most milliseconds. */
export const Instant = z.iso.datetime({ offset: true });

export const Money = z.object({
  amount: z.int().meta({ description: 'In minor units: 500.00 yuan is 50000.' }),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as CNY'),
});

export const FeedbackKind = z.enum([
  'survey-response',
  'ticket',
  'chat',
  'review',
  'social-mention',
  'exit-survey',
  'dormant-survey',
  'interaction',
]);

/** The range of each scale, ends included. */
export const scoreRanges = { nps: [0, 10], csat: [1, 5], ces: [1, 7], rating: [1, 5] } as const;

export const ScoreScale = z.enum(['nps', 'csat', 'ces', 'rating']);

export const Score = z
  .object({ scale: ScoreScale, value: z.int() })
  .refine(({ scale, value }) => value >= scoreRanges[scale][0] && value <= scoreRanges[scale][1], {
    path: ['value'],
    error: (issue) => {
      const { scale } = issue.input as { scale: keyof typeof scoreRanges };
      return `must be a whole number from ${scoreRanges[scale][0]} to ${scoreRanges[scale][1]} on the ${scale} scale`;
    },
  })
  .meta({
    // What the refinement says, for readers of the JSON Schema.
    allOf: ScoreScale.options.map((scale) => ({
      if: { properties: { scale: { const: scale } } },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word
      then: { properties: { value: { minimum: scoreRanges[scale][0], maximum: scoreRanges[scale][1] } } },
    })),
  });

export const Segment = z.enum(['detractor', 'passive', 'promoter']);
export const Priority = z.enum(['P0', 'P1', 'P2']);
export const FollowUp = z.enum(['allowed', 'refused']);

export const AlertLevel = z.enum(['page', 'push', 'digest']);
export const Role = z.enum([
  'director',
  'crisis-team',
  'csm',
  'senior-support',
  'support',
  'supervisor',
  'approver',
  'technical',
]);

export const TermHit = z.object({
  list: z.enum(['redLine', 'highRisk']),
  category: z.string(),
  term: z.string(),
  start: z.int().nonnegative().meta({ description: 'First UTF-16 unit of the hit in the comment.' }),
  end: z.int().nonnegative(),
});

/**
 * What a deadline waits for. `acknowledgement`: the owner takes the case up; `first-attempt` and `first-contact`: a try
 * and a conversation; `next-reply`: our answer to what the customer wrote; `promise`, `approval`, `technical`, `callback`:
 * one per promise, request or wish, named by `about`; `wow`: the extra care; `observation`: the silent days.
 */
export const ClockKind = z.enum([
  'acknowledgement',
  'first-attempt',
  'first-contact',
  'next-reply',
  'resolution',
  'promise',
  'approval',
  'technical',
  'callback',
  'wow',
  'observation',
]);
export const Direction = z.enum(['outbound', 'inbound']);
export const PauseReason = z.enum(['waiting-for-customer', 'customer-asked-later', 'waiting-for-third-party']);
export const ContactChannel = z.enum(['phone', 'email', 'wecom', 'sms', 'chat']);
export const CompensationKind = z.enum(['cash', 'voucher', 'gift', 'service-days', 'refund', 'advance-refund']);
export const MessageClass = z.enum(['promo', 'nurture', 'survey', 'transactional', 'service-recovery']);

export type Money = z.infer<typeof Money>;
export type FeedbackKind = z.infer<typeof FeedbackKind>;
export type Score = z.infer<typeof Score>;
export type ScoreScale = z.infer<typeof ScoreScale>;
export type Segment = z.infer<typeof Segment>;
export type Priority = z.infer<typeof Priority>;
export type AlertLevel = z.infer<typeof AlertLevel>;
export type Role = z.infer<typeof Role>;
export type TermHit = z.infer<typeof TermHit>;
export type ClockKind = z.infer<typeof ClockKind>;
export type Direction = z.infer<typeof Direction>;
export type PauseReason = z.infer<typeof PauseReason>;
export type ContactChannel = z.infer<typeof ContactChannel>;
export type CompensationKind = z.infer<typeof CompensationKind>;
export type MessageClass = z.infer<typeof MessageClass>;
