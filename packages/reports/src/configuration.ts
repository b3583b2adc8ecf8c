import * as z from 'zod';
/** What a service that prints reports reads from its environment, besides what every service does. */
export const ReportsConfig = z.object({
  CHROMIUM: z
    .string()
    .default('')
    .describe('The browser that prints PDF: a program or its path. Nothing: Chromium, Chrome or Edge, wherever found.'),
});
export type ReportsConfig = z.infer<typeof ReportsConfig>;
