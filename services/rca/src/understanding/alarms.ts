import { negativeBinomialTail } from '@heard/statistics/negative-binomial';

/**
 * When a theme is named far more often than chance explains.
 *
 * A day is compared with the days of the window before it, theme by theme, over all channels and in each. What is expected
 * is the mean of those days times the exposure of the day: the shape of the week, which is how that scope's comments of all
 * themes spread over weekdays, and how many comments of other themes the day has beside what is usual on it, so that a day on
 * which more is said of everything is no burst of anything. Comments come in clumps, so their variance is taken from the days
 * themselves, never less than chance alone would give (quasi-likelihood:
 * C. P. Farrington et al., JRSS A 159 (1996) 547–563, doi 10.2307/2983331; negative binomial tail as in A. Noufaily et al.,
 * Statistics in Medicine 32 (2013) 1206–1222, doi 10.1002/sim.5595), and what the mean itself may be off is added.
 * Everything looked at in a year shares the false alarms allowed: level = per year / (365.25 × tests of the day).
 */
export interface Counted {
  /** null: over all channels. */
  channel: string | null;
  /** Comments of any theme, a day each, oldest first; the last is the day looked at. */
  totals: readonly number[];
  themes: ReadonlyMap<string, readonly number[]>;
}

export interface Burst {
  themeId: string;
  channel: string | null;
  observed: number;
  expected: number;
  /** Of so many or more by chance. */
  p: number;
  level: number;
}

export interface Sensitivity {
  falseAlarmsPerYear: number;
  minComments: number;
}

/** Throws RangeError for less than two weeks before the day. */
export function findBursts(scopes: readonly Counted[], { falseAlarmsPerYear, minComments }: Sensitivity): Burst[] {
  const tests = scopes.reduce((sum, { themes }) => sum + themes.size, 0);
  const level = falseAlarmsPerYear / (365.25 * tests);
  return scopes.flatMap(({ channel, totals, themes }) => {
    const week = weekShape(totals);
    return [...themes].flatMap(([themeId, days]): Burst[] => {
      const observed = days.at(-1)!;
      if (observed < minComments) return [];
      const { expected, variance } = usualOf(days, busyness(totals, days, week), week);
      const p = negativeBinomialTail(observed, expected, variance);
      return p < level ? [{ themeId, channel, observed, expected, p, level }] : [];
    });
  });
}

/**
 * Of each day, how it compares with an average one. A weekday nobody writes on may still be written on: each is
 * drawn towards the others by as much as one day weighs.
 */
function weekShape(totals: readonly number[]): number[] {
  const past = totals.length - 1;
  if (past < 14) throw new RangeError(`${past} days are too few to know a week by`);
  const mean = totals.slice(0, -1).reduce((sum, total) => sum + total, 0) / past;
  if (mean === 0) return totals.map(() => 1);
  const sums = Array.from({ length: 7 }, () => ({ total: mean, days: 1 }));
  for (let day = 0; day < past; day++) {
    const weekday = sums[day % 7]!;
    weekday.total += totals[day]!;
    weekday.days++;
  }
  return totals.map((_, day) => sums[day % 7]!.total / sums[day % 7]!.days / mean);
}

/** Comments; what a day has of others weighs less than this many usual ones. */
const drawn = 10;

/** How much more than usual each day has of other themes, drawn towards 1. */
function busyness(totals: readonly number[], days: readonly number[], week: readonly number[]): number[] {
  const others = totals.map((total, day) => total - days[day]!);
  const usual = others.slice(0, -1).reduce((sum, count) => sum + count, 0) / (totals.length - 1);
  return week.map((shape, day) => (others[day]! + drawn) / (usual * shape + drawn));
}

/**
 * What the last of the days would be. The days before are taken with how busy they were where that explains some of their
 * variance, else by the week alone. The day itself never counts as quieter than usual: what is said of a theme as ever is no
 * burst because the rest is silent.
 */
function usualOf(days: readonly number[], busy: readonly number[], week: readonly number[]): Forecast {
  const past = days.slice(0, -1);
  const next = week.at(-1)! * Math.max(1, busy.at(-1)!);
  const byWeek = forecast(past, week, next);
  const byDay = forecast(
    past,
    week.map((shape, day) => shape * busy[day]!),
    next,
  );
  return byDay.variance / byDay.expected < byWeek.variance / byWeek.expected ? byDay : byWeek;
}

interface Forecast {
  expected: number;
  variance: number;
}

/** The mean and variance of the day after `days`, whose exposure is `next`. */
function forecast(days: readonly number[], shape: readonly number[], next: number): Forecast {
  const exposure = days.reduce((sum, _, day) => sum + shape[day]!, 0);
  // Half a comment more: that nothing was said so far does not mean that nothing can be (Jeffreys).
  const rate = (days.reduce((sum, count) => sum + count, 0) + 0.5) / exposure;
  const squares = days.map((count, day) => (count - rate * shape[day]!) ** 2 / (rate * shape[day]!));
  const spread = squares.reduce((sum, square) => sum + square, 0) / (days.length - 1);
  const deviation = squares.reduce((sum, square) => sum + (square - spread) ** 2, 0) / (days.length - 1);
  // A spread measured too small makes the far tail far too thin, so it is taken one standard error larger.
  const dispersion = Math.max(1, spread + Math.sqrt(deviation / days.length));
  const expected = rate * next;
  return { expected, variance: dispersion * expected * (1 + next / exposure) };
}
