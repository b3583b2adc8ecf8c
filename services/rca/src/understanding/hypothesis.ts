import type { Count, Interval } from '@heard/statistics/interval';
import { wilson } from '@heard/statistics/proportion';

/**
 * What somebody believes the cause to be, put to the comments.
 *
 * A belief says that a theme is named by at least this share of the comments somewhere. It is rejected when the share lies
 * below that in every channel with enough comments, supported when it lies above in any, and open otherwise. Each channel
 * shows its share with interval; one with too few comments is shown and does not count.
 */
export interface Belief {
  hypothesisId: string;
  themeId: string;
  /** .05 where "under 5 %" would reject it. */
  threshold: number;
  minN: number;
  confidence: number;
}

export interface ChannelFinding {
  channel: string;
  count: Count;
  share: Interval;
  finding: 'below' | 'above' | 'open' | 'too-few';
}

export interface Judgement {
  verdict: 'rejected' | 'supported' | 'open';
  channels: ChannelFinding[];
}

/**
 * "Below in every channel" needs no correction, as every single test must agree (R. L. Berger, Technometrics 24 (1982)
 * 295–300, doi 10.2307/1267823); "above in any" shares its error among the channels (Bonferroni).
 */
export function judge(
  belief: Pick<Belief, 'threshold' | 'minN' | 'confidence'>,
  channels: Readonly<Record<string, Count>>,
): Judgement {
  const heard = Object.values(channels).filter(({ of }) => of >= belief.minN).length;
  const strict = 1 - (1 - belief.confidence) / Math.max(1, heard);
  const findings = Object.entries(channels)
    .filter(([, { of }]) => of > 0)
    .map(([channel, count]): ChannelFinding => {
      const share = wilson(count, belief.confidence);
      if (count.of < belief.minN) return { channel, count, share, finding: 'too-few' };
      if (share.upper < belief.threshold) return { channel, count, share, finding: 'below' };
      if (wilson(count, strict).lower >= belief.threshold) return { channel, count, share, finding: 'above' };
      return { channel, count, share, finding: 'open' };
    });
  const counted = findings.filter(({ finding }) => finding !== 'too-few');
  if (counted.some(({ finding }) => finding === 'above')) return { verdict: 'supported', channels: findings };
  const everywhere = counted.length > 0 && counted.every(({ finding }) => finding === 'below');
  return { verdict: everywhere ? 'rejected' : 'open', channels: findings };
}
