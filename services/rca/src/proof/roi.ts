/**
 * What closing the loop is worth, as an estimate.
 *
 * Every figure is a range and lists every assumption it rests on, those of the figures it is made of included, with where
 * each comes from: measured here, entered by somebody, or a rule of thumb. Ranges are multiplied end by end, so the width
 * of every assumption is in the result.
 */
export interface Figure extends Range {
  figure: 'listeners' | 'customers-kept' | 'revenue-kept' | 'profit-share' | 'return';
  unit: 'people' | 'customers' | 'minor' | 'share' | 'ratio';
  label: 'estimate';
  assumptions: Assumption[];
}

export interface Range {
  low: number;
  estimate: number;
  high: number;
}

export interface Assumption extends Range {
  name:
    | 'detractors'
    | 'listeners-per-detractor'
    | 'customers'
    | 'less-churn'
    | 'value-each'
    | 'margin'
    | 'cost'
    | 'profit-per-point-of-churn';
  source: 'measured' | 'entered' | 'rule-of-thumb';
}

/** Exactly known; `source` says from where. */
export const exactly = (name: Assumption['name'], value: number, source: Assumption['source']): Assumption => ({
  ...{ name, source },
  ...{ low: value, estimate: value, high: value },
});

/** One of the policy: between its ends nothing is known, so the middle is the estimate. */
export const ruleOfThumb = (name: Assumption['name'], { low, high }: { low: number; high: number }): Assumption => ({
  ...{ name, low, high },
  estimate: (low + high) / 2,
  source: 'rule-of-thumb',
});

/** People who hear of it. */
export function exposure(detractors: Assumption, listeners: Assumption): Figure {
  return made('listeners', 'people', times(detractors, listeners), [detractors, listeners]);
}

/** `lessChurn` is the fall of the churn rate in shares, best the interval of a matched comparison. */
export function customersKept(customers: Assumption, lessChurn: Assumption): Figure {
  return made('customers-kept', 'customers', times(customers, lessChurn), [customers, lessChurn]);
}

/** `valueEach` in minor units of one currency. */
export function revenueKept(kept: Figure, valueEach: Assumption): Figure {
  return made('revenue-kept', 'minor', times(kept, valueEach), [...kept.assumptions, valueEach]);
}

/** More profit as a share of today's; `lessChurn` in shares, `perPoint` per hundredth of them. */
export function profitShare(lessChurn: Assumption, perPoint: Assumption): Figure {
  const points = times(lessChurn, { low: 100, estimate: 100, high: 100 });
  return made('profit-share', 'share', times(points, perPoint), [lessChurn, perPoint]);
}

/** (revenue × margin − cost) ÷ cost. Throws RangeError unless the cost is above 0 throughout. */
export function returnOnCost(revenue: Figure, margin: Assumption, cost: Assumption): Figure {
  if (!(cost.low > 0)) throw new RangeError('a return needs a cost above 0');
  const each = times(times(revenue, margin), { low: 1 / cost.high, estimate: 1 / cost.estimate, high: 1 / cost.low });
  const net = { low: each.low - 1, estimate: each.estimate - 1, high: each.high - 1 };
  return made('return', 'ratio', net, [...revenue.assumptions, margin, cost]);
}

function made(figure: Figure['figure'], unit: Figure['unit'], range: Range, assumptions: Assumption[]): Figure {
  return { figure, unit, label: 'estimate', ...range, assumptions };
}

function times(a: Range, b: Range): Range {
  const ends = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  return { low: Math.min(...ends), estimate: a.estimate * b.estimate, high: Math.max(...ends) };
}
