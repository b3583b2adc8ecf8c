import * as z from 'zod';
import { CustomerValue, SurveyResponse } from './inbound.ts';
import { FeedbackId, Instant } from './vocabulary.ts';

export const FeedbackReceived = z
  .object({
    ...SurveyResponse.shape,
    feedbackId: FeedbackId,
    receivedAt: Instant.meta({ description: 'When Heard accepted it; every clock starts here.' }),
  })
  .meta({
    description: 'A feedback was accepted, or corrected by a higher revision; feedbackId names it from now on.',
  });

export const CustomerValueChanged = z
  .object({
    ...CustomerValue.shape,
    version: z.int().nonnegative(),
    receivedAt: Instant,
  })
  .meta({ description: 'A newer customer value was accepted.' });

export type FeedbackReceived = z.infer<typeof FeedbackReceived>;
export type CustomerValueChanged = z.infer<typeof CustomerValueChanged>;
