import { Rejection } from '@heard/bus/rejection';
import { ThemeId } from '@heard/events/rca';
import { ExternalId } from '@heard/events/vocabulary';
import * as z from 'zod';
import { CorpusFilter } from '../corpus/corpus-filter.ts';
import type { Comparator } from './effect-review.ts';
import type { Window } from './validation.ts';

const comparison = {
  better: z.enum(['less', 'more']),
  comparators: z.array(z.enum(['prev_period', 'baseline', 'same_period_last_year'])).min(1),
};

/** What a review looks at: a metric that somebody brings, or how often customers name a theme. */
export const Look = z.union([
  z.strictObject({ source: ExternalId, metric: ExternalId, ...comparison }),
  z.strictObject({
    themeId: ThemeId,
    filter: CorpusFilter.omit({ from: true, until: true }).optional(),
    ...comparison,
  }),
]);
export type Look = z.infer<typeof Look>;

export const Plan = z.strictObject({
  months: z.array(z.int().min(1).max(12)).min(1).max(12).default([1, 3, 6]).meta({
    description: 'Windows after the day of the fix, each by itself.',
  }),
  baseline: z
    .strictObject({ from: z.iso.date(), until: z.iso.date().meta({ description: 'Not included.' }) })
    .refine(({ from, until }) => from < until, 'ends before it begins')
    .optional(),
  measures: z.array(Look).min(1).max(50),
});
export type Plan = z.infer<typeof Plan>;

/** One figure to be: a window of so many months after the fix and what it is compared with. */
export interface Line {
  look: Look;
  months: number;
  comparator: Comparator;
  window: Window;
  compared: Window;
}

/** Days are UTC midnights. Throws Rejection where a figure is compared with a baseline that is not named or not before. */
export function linesOf({ months, baseline, measures }: Plan, fixedOn: string): Line[] {
  const fixed = new Date(fixedOn);
  return measures.flatMap((look) =>
    look.comparators.flatMap((comparator) =>
      months.map((many) => {
        const window = { from: fixed, until: monthsOn(fixed, many) };
        return { look, months: many, comparator, window, compared: comparedWith(comparator, window, many, baseline) };
      }),
    ),
  );
}

function comparedWith(comparator: Comparator, { from, until }: Window, months: number, baseline: Plan['baseline']) {
  if (comparator === 'prev_period') return { from: monthsOn(from, -months), until: from };
  if (comparator === 'same_period_last_year') return { from: monthsOn(from, -12), until: monthsOn(until, -12) };
  if (!baseline || new Date(baseline.until) > from) {
    throw new Rejection('baseline-missing', 'a comparison with the baseline needs one that ends before the fix');
  }
  return { from: new Date(baseline.from), until: new Date(baseline.until) };
}

/** The same day of another month, or its last. */
function monthsOn(date: Date, months: number): Date {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate()];
  return new Date(Date.UTC(year, month, Math.min(day, new Date(Date.UTC(year, month + 1, 0)).getUTCDate())));
}
