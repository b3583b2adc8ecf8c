import * as z from 'zod';

/** What rca alone reads of its environment. */
export const RcaConfig = z.object({
  STARTER_FRAME: z
    .enum(['retail', 'saas', 'telecom', 'none'])
    .default('retail')
    .describe('The themes to begin with while nobody has published any; `none`: without.'),
  CHROMIUM: z
    .string()
    .default('')
    .describe('The browser that prints PDF: a program or its path. Nothing: Chromium, Chrome or Edge, wherever found.'),
});
export type RcaConfig = z.infer<typeof RcaConfig>;
