import { stableId } from '@heard/events/names';
import { Instant, text } from '@heard/events/vocabulary';
import * as z from 'zod';
import type { Promised } from './case.ts';

export const promiseShape = z.strictObject({
  what: text(500).min(1).meta({ description: 'The solution, in words the customer was told.' }),
  dueAt: Instant.meta({ description: 'By when: the timetable.' }),
});

/** Promises with their ids, which are the same when the command is sent again. */
export function promised(
  { caseId, version }: { caseId: string; version: number },
  promises: readonly z.infer<typeof promiseShape>[],
): Promised[] {
  return promises.map((one, i) => ({ promiseId: stableId('promise', caseId, String(version), String(i)), ...one }));
}
