import * as z from 'zod';
import { Instant } from './vocabulary.ts';

export const PolicyPublished = z
  .object({
    version: z.int().min(1),
    name: z.string(),
    document: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The whole policy; its schema is policy.schema.json.' }),
    publishedAt: Instant,
  })
  .meta({ description: 'A version of the policy is in force from here on.' });
