import * as z from 'zod';
import { CustomerValue, SurveyResponse } from './inbound.ts';
import { FeedbackId, Instant } from './vocabulary.ts';

export const FeedbackReceived = z.object({
  ...SurveyResponse.shape,
  feedbackId: FeedbackId,
  receivedAt: Instant.meta({ description: 'When Heard accepted it; every clock starts here.' }),
});

export const CustomerValueChanged = z.object({
  ...CustomerValue.shape,
  version: z.int().nonnegative(),
  receivedAt: Instant,
});

export type FeedbackReceived = z.infer<typeof FeedbackReceived>;
export type CustomerValueChanged = z.infer<typeof CustomerValueChanged>;
