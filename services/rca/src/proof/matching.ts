import { apart } from '../apart.ts';
import type { Followed, Matching, RevenueSaved } from './recovery-paradox.ts';

/** Matching twenty thousand takes seconds. */
export function compareApart(work: {
  recovered: Followed[];
  controls: Followed[];
  matching: Matching;
}): Promise<RevenueSaved> {
  return apart(new URL('./matching-thread.ts', import.meta.url), work);
}
