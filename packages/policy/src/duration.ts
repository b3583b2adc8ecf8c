import * as z from 'zod';

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** "90m", "4h", "30d" in the policy; milliseconds in the program. A day is 24 hours of natural time. */
export const Duration = z
  .string()
  .regex(/^\d+[smhd]$/, 'must be a number and a unit, such as 90m, 4h or 30d')
  .transform((text) => Number(text.slice(0, -1)) * units[text.at(-1) as keyof typeof units]);
