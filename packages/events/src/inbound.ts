import * as z from 'zod';
import { isTimeZone } from './time-zone.ts';
import {
  CampaignId,
  ContactChannel,
  CustomerId,
  ExternalId,
  FeedbackKind,
  FollowUp,
  Instant,
  Money,
  personal,
  Score,
  text,
} from './vocabulary.ts';

/**
 * What survey platforms, desks and CRM systems send us, by HTTP, file or Kafka. Strict: a field we do not know is an
 * error with its name, because a misspelt score that is quietly dropped is a customer nobody calls.
 */
export const SurveyResponse = z
  .strictObject({
    source: ExternalId.meta({ description: 'The sending system. (source, externalId) names one response for ever.' }),
    externalId: ExternalId,
    revision: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1)
      .meta({ description: 'Send a correction under the same externalId with a higher revision.' }),
    customerId: CustomerId,
    kind: FeedbackKind.default('survey-response'),
    channel: text(60).min(1).default('survey'),
    score: Score.optional(),
    comment: text(20_000).meta(personal).optional(),
    occurredAt: Instant,
    followUp: FollowUp.default('allowed').meta({ description: 'refused: nobody will contact the customer.' }),
    backfill: z.boolean().default(false).meta({ description: 'History: counted, but no case, clock or message.' }),
    product: text(200).min(1).optional(),
    campaign: CampaignId.optional().meta({ description: 'The survey campaign it answers.' }),
    reasons: z
      .array(text(200).min(1))
      .max(20)
      .optional()
      .meta({ description: 'What the customer chose of the reasons the survey offers, as it words them.' }),
    attributes: z.record(text(60), text(1000)).default({}),
  })
  .meta({ description: 'A survey response, or any other feedback, as its sender publishes it.' });

export const CustomerValue = z
  .strictObject({
    source: ExternalId,
    customerId: CustomerId,
    version: z.int().nonnegative().optional().meta({
      description: 'Grows with every change; the newest wins however late it comes. Default: occurredAt in ms.',
    }),
    lifetimeValue: Money.optional(),
    valueClass: z
      .enum(['high', 'ordinary'])
      .optional()
      .meta({ description: "The CRM's own verdict; where given it overrides the LTV threshold." }),
    tier: text(60).min(1).optional(),
    csmId: ExternalId.optional().meta({ description: 'The dedicated customer success manager.' }),
    name: text(200).min(1).meta(personal).optional(),
    honorific: text(60).min(1).meta(personal).optional(),
    phone: text(40).min(1).meta(personal).optional(),
    email: z.email().max(200).meta(personal).optional(),
    optOuts: z.array(ContactChannel).max(10).optional().meta({
      description: 'Channels on which the customer wants no message, not even one about their own complaint.',
    }),
    timeZone: z.string().max(60).refine(isTimeZone, 'must be an IANA time zone such as Asia/Shanghai').optional(),
    customerSince: Instant.optional(),
    churnedAt: Instant.nullable().optional().meta({ description: 'When the customer left; null: came back.' }),
    occurredAt: Instant,
  })
  .meta({ description: 'What a customer is worth and how they are addressed, as the CRM publishes it.' });

export type SurveyResponse = z.infer<typeof SurveyResponse>;
export type CustomerValue = z.infer<typeof CustomerValue>;
