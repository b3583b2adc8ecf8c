import { wilson } from '@heard/statistics/proportion';

/** A count among `of`, with its 95 % Wilson interval. */
export interface Share {
  n: number;
  of: number;
  share: number;
  low: number;
  high: number;
}

export interface ThemeShares {
  /** Comments about the theme among other things; the shares of all themes may sum to more than 1. */
  mention: Share;
  /** Comments mainly about the theme; with the comments of no theme the shares sum to 1. */
  primary: Share;
}

export interface Counted {
  /** −1 for a comment of no theme. */
  primary: number;
  mentions: readonly number[];
}

/** Shares among all comments given, those of no theme included; the last entry is no theme. */
export function themeShares(comments: readonly Counted[], themes: number): ThemeShares[] {
  const primary = new Array<number>(themes + 1).fill(0);
  const mention = new Array<number>(themes + 1).fill(0);
  for (const comment of comments) {
    primary[comment.primary < 0 ? themes : comment.primary]!++;
    if (comment.mentions.length === 0) mention[themes]!++;
    for (const theme of new Set(comment.mentions)) mention[theme]!++;
  }
  return primary.map((n, theme) => ({
    mention: shareOf(mention[theme]!, comments.length),
    primary: shareOf(n, comments.length),
  }));
}

export function shareOf(n: number, of: number): Share {
  if (of === 0) return { n, of, share: 0, low: 0, high: 1 };
  const { estimate: share, lower: low, upper: high } = wilson({ hits: n, of });
  return { n, of, share, low, high };
}
