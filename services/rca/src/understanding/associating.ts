import { apart } from '../apart.ts';
import type { Association, Customer } from './association.ts';

/** A model per theme of twenty thousand customers takes seconds. */
export function associateApart(work: {
  customers: readonly Customer[];
  themes: readonly string[];
  alpha: number;
  confidence: number;
}): Promise<Association[]> {
  return apart(new URL('./association-thread.ts', import.meta.url), work);
}
