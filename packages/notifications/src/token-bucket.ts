import { limits, type Target } from './targets.ts';

/** Tokens as they were at `refilledAt`; a time to come means that none are given out before. */
export interface Bucket {
  tokens: number;
  refilledAt: Date;
}

/**
 * A bucket that never lets more than `rate.perMinute` through in any 60 s: its size and what a minute adds are that
 * together, not each.
 */
export function bucketOf(target: Target): { size: number; perMs: number } {
  const { perMinute } = target.rate;
  const size = Math.max(1, Math.min(limits[target.kind].burst, Math.floor(perMinute / 4)));
  return { size, perMs: (perMinute - size) / 60_000 };
}

export function refill(bucket: Bucket, target: Target, now: Date): Bucket {
  const { size, perMs } = bucketOf(target);
  const passed = now.getTime() - bucket.refilledAt.getTime();
  if (passed <= 0) return bucket;
  return { tokens: Math.min(size, bucket.tokens + passed * perMs), refilledAt: now };
}

/** When there is a whole token, given that nobody takes one before. */
export function nextToken(bucket: Bucket, target: Target): Date {
  const missing = Math.max(0, 1 - bucket.tokens);
  return new Date(bucket.refilledAt.getTime() + Math.ceil(missing / bucketOf(target).perMs));
}
