/** An estimate with its limits, in the unit of what was asked for. */
export interface Interval {
  estimate: number;
  lower: number;
  upper: number;
}

/** How many of how many: comments that name a theme, customers who left. */
export interface Count {
  hits: number;
  of: number;
}

/** Which way the second side is expected to differ from the first; `two` asks for either. */
export type Sided = 'fell' | 'rose' | 'two';

/** Throws RangeError unless 0 ≤ hits ≤ of, both whole, and `of` is at least one. */
export function checkCount({ hits, of }: Count): void {
  if (!Number.isSafeInteger(hits) || !Number.isSafeInteger(of) || hits < 0 || of < 1 || hits > of) {
    throw new RangeError(`${hits} of ${of} is no count`);
  }
}
