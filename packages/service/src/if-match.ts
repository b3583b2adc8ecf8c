import * as z from 'zod';

/** The header If-Match: the version, as a number, that whoever changes something has read. */
export const ifMatch = z
  .string()
  .regex(/^"?\d+"?$/, 'must be a version')
  .transform((tag) => Number(tag.replaceAll('"', '')))
  .optional();
