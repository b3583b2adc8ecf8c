import { Segment } from '@heard/events/vocabulary';
import * as z from 'zod';
import { Duration } from './duration.ts';

const Share = z.number().gt(0).lt(1);
const Range = z
  .strictObject({ low: z.number().nonnegative(), high: z.number().positive() })
  .refine(({ low, high }) => low <= high, 'must rise');

/** How causes are found and proven. */
export const RootCauses = z.strictObject({
  corpus: z
    .strictObject({ segments: z.array(Segment).optional(), channels: z.array(z.string()).min(1).optional() })
    .meta({ description: 'Which comments an analysis is about unless it names a filter; absent: all.' }),
  discovery: z.strictObject({
    every: Duration,
    least: z.int().min(2),
    most: z.int().max(200),
    minComments: z.int().min(10).meta({ description: 'Fewer uncertain comments: nothing is proposed.' }),
  }),
  top: z.int().min(1).max(50).meta({ description: 'How many themes a report names.' }),
  confidence: z.number().min(0.5).max(0.999),
  hypothesis: z.strictObject({ threshold: Share, minN: z.int().min(1) }),
  validation: z.strictObject({
    alpha: z.number().gt(0).lt(0.5),
    sided: z.enum(['one', 'two']),
    correction: z.enum(['benjamini-hochberg', 'none']),
    minN: z.int().min(1),
    power: Share,
  }),
  alarms: z.strictObject({
    window: Duration.meta({ description: 'How far back a day is compared with.' }),
    falseAlarmsPerYear: z.number().positive().meta({ description: 'Of the whole company, by chance alone.' }),
    minComments: z.int().min(2),
  }),
  matching: z
    .strictObject({ caliper: z.number().positive(), minPairs: z.int().min(2), maxImbalance: z.number().positive() })
    .meta({ description: 'What makes customers alike: the largest distance in spreads, and what is left after.' }),
  estimates: z
    .strictObject({
      listenersPerDetractor: Range,
      profitPerPointOfChurn: Range.meta({ description: 'Share of more profit per point (1 %) less churn.' }),
    })
    .meta({ description: 'Rules of thumb, always shown as such.' }),
  health: z
    .strictObject({
      weights: z.strictObject({
        nps: z.number().nonnegative(),
        frequency: z.number().nonnegative(),
        resolution: z.number().nonnegative(),
        negative: z.number().nonnegative(),
      }),
      frequencyPerMonth: z.number().positive().meta({ description: 'So many contacts a month count as full.' }),
      negativeWords: z
        .int()
        .min(1)
        .meta({ description: 'So many negative words take the whole weight; more take no more.' }),
      window: Duration,
      green: z.number().min(1).max(100),
      yellow: z.number().min(0).max(99),
    })
    .refine(({ green, yellow }) => yellow < green, 'yellow must lie below green')
    .refine(({ weights }) => weights.nps + weights.frequency + weights.resolution > 0, 'needs a positive part'),
  flyWires: z.strictObject({ longest: Duration, reconcileWithin: Duration }),
});
