import * as z from 'zod';
import { levels, type Measure, type Reviewed } from './effect-review.ts';
import { figuresOf, type Series } from './effect-review-figures.ts';
import type { Line } from './effect-review-plan.ts';

const Day = z.iso.date();
const Window = z.object({ from: Day, until: Day });
const Side = z.object({ hits: z.number(), of: z.number().nullable() });

export const Shown = z.object({
  level: z.enum(levels).nullable().meta({ description: 'null: nothing was ever brought of it.' }),
  source: z.string(),
  metric: z.string(),
  better: z.enum(['less', 'more']),
  months: z.int(),
  window: Window,
  comparator: z.enum(['prev_period', 'baseline', 'same_period_last_year']),
  compared: Window,
  before: Side.nullable(),
  after: Side.nullable(),
  dispersion: z.number().nullable().meta({ description: 'Variance ÷ mean of the daily counts; widens the interval.' }),
  change: z
    .object({ estimate: z.number(), lower: z.number(), upper: z.number() })
    .nullable()
    .meta({ description: 'Relative: −0.7 is 70 % less.' }),
  finding: z.enum(['better', 'worse', 'no-evidence', 'not-over', 'not-measured']),
  missingDays: z.int().meta({ description: 'Days of the windows without a figure; then nothing is said.' }),
  text: z.string(),
});
export type Shown = z.infer<typeof Shown>;

/** A figure to be, and what is known of it by now. */
interface Known {
  line: Line;
  series: Series | undefined;
  isOver: boolean;
  missingDays: number;
  measure: Measure | undefined;
}

export function figure(line: Line, series: Series | undefined, today: Date): Known {
  const isOver = line.window.until <= today;
  const none = { line, series, isOver, missingDays: 0, measure: undefined };
  if (!series || !isOver) return none;
  const figures = figuresOf(series, line);
  if ('missingDays' in figures) return { ...none, missingDays: figures.missingDays };
  const { level, metric } = series;
  const { comparator, window, compared, look } = line;
  return { ...none, measure: { level, metric, comparator, window, compared, better: look.better, figures } };
}

export function show(
  { line, series, isOver, missingDays }: Known,
  reviewed: Reviewed | undefined,
): Omit<Shown, 'text'> {
  const { look, months, window, comparator, compared } = line;
  const figures = reviewed?.figures;
  const side = (which: 'before' | 'after') => {
    if (!figures) return null;
    return figures.kind === 'share' ? figures[which] : { hits: figures[which], of: null };
  };
  return {
    level: series?.level ?? null,
    ...('metric' in look ? { source: look.source, metric: look.metric } : { source: 'rca', metric: look.themeId }),
    better: look.better,
    months,
    window: days(window),
    comparator,
    compared: days(compared),
    before: side('before'),
    after: side('after'),
    dispersion: figures?.kind === 'volume' ? figures.dispersion : null,
    change: reviewed?.change ?? null,
    finding: reviewed ? reviewed.finding : isOver ? 'not-measured' : 'not-over',
    missingDays,
  };
}

const days = ({ from, until }: Line['window']) => ({ from: dayOf(from), until: dayOf(until) });
const dayOf = (date: Date) => date.toISOString().slice(0, 10);
