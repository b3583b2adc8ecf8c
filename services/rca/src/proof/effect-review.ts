import { Rejection } from '@heard/bus/rejection';
import type { Count, Interval } from '@heard/statistics/interval';
import { shareChange, volumeChange } from '@heard/statistics/relative-change';
import type { Window } from './validation.ts';

/**
 * What became of a fix, at three levels: what customers say, what operations see, what the business earns.
 *
 * Every figure says what it is compared with, and the windows must be what that word means: the period just before, the
 * baseline from before the fix, or the same days a year ago. A change is called better or worse only when its interval
 * leaves nothing out; a level without a figure is named as missing.
 */
export interface Measure {
  level: Level;
  metric: string;
  comparator: Comparator;
  window: Window;
  compared: Window;
  better: 'less' | 'more';
  figures:
    | { kind: 'share'; before: Count; after: Count }
    /** `dispersion`: variance ÷ mean of the daily counts, 1 where events do not bring others. */
    | { kind: 'volume'; before: number; after: number; dispersion: number };
}

export const levels = ['voc', 'operations', 'business'] as const;
export type Level = (typeof levels)[number];
export type Comparator = 'prev_period' | 'baseline' | 'same_period_last_year';

export interface Reviewed extends Measure {
  /** Relative: −.7 = 70 % less; undefined where a side counted nothing, so that there is no ratio. */
  change: Interval | undefined;
  finding: 'better' | 'worse' | 'no-evidence';
}

export interface Review {
  measures: Reviewed[];
  missing: Level[];
}

const DAY = 24 * 3_600_000;

export function review(measures: readonly Measure[], fixedAt: Date, confidence: number): Review {
  const reviewed = measures.map((measure): Reviewed => {
    checkWindows(measure, fixedAt);
    const change = changeOf(measure, confidence);
    return { ...measure, change, finding: findingOf(measure, change) };
  });
  return {
    measures: reviewed,
    missing: levels.filter((level) => !measures.some((measure) => measure.level === level)),
  };
}

function changeOf({ figures, window, compared }: Measure, confidence: number): Interval | undefined {
  if (figures.kind === 'share') {
    if (figures.before.hits === 0 || figures.after.hits === 0) return undefined;
    return shareChange(figures.before, figures.after, confidence);
  }
  if (figures.before === 0 || figures.after === 0) return undefined;
  return volumeChange(
    { events: figures.before, exposure: daysOf(compared) },
    { events: figures.after, exposure: daysOf(window) },
    confidence,
    figures.dispersion,
  );
}

function findingOf({ better }: Measure, change: Interval | undefined): Reviewed['finding'] {
  if (!change || (change.lower <= 0 && change.upper >= 0)) return 'no-evidence';
  return change.estimate < 0 === (better === 'less') ? 'better' : 'worse';
}

function checkWindows({ metric, comparator, window, compared }: Measure, fixedAt: Date): void {
  if (window.from < fixedAt) throw new Rejection('window-before-fix', `${metric}: its window begins before the fix`);
  const means = {
    prev_period: compared.until.getTime() === window.from.getTime(),
    baseline: compared.until <= fixedAt,
    // A day's grace: a year ago the clocks may have been set otherwise, and February may have been longer.
    same_period_last_year:
      Math.abs(yearBefore(window.from) - compared.from.getTime()) <= DAY &&
      Math.abs(yearBefore(window.until) - compared.until.getTime()) <= DAY,
  };
  if (
    !(
      compared.from < compared.until &&
      compared.until <= window.from &&
      window.from < window.until &&
      means[comparator]
    )
  ) {
    throw new Rejection('comparator-mismatch', `${metric}: its windows are no ${comparator}`);
  }
}

function yearBefore(date: Date): number {
  const shifted = new Date(date);
  return shifted.setUTCFullYear(date.getUTCFullYear() - 1);
}

function daysOf({ from, until }: Window): number {
  return (until.getTime() - from.getTime()) / DAY;
}
