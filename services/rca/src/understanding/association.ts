import type { Interval } from '@heard/statistics/interval';
import { type LogisticFit, logistic } from '@heard/statistics/logistic';
import { benjaminiHochberg } from '@heard/statistics/multiple';
import { type OddsRatio, oddsRatio, phi, type Table } from '@heard/statistics/odds-ratio';
import { twoProportions } from '@heard/statistics/proportion';

/**
 * Which themes go together with leaving.
 *
 * For every theme: how much larger the odds of leaving are among those who named it, the same with tenure, value and
 * channel held equal, and the same within each segment, because detractors leave more anyway. Many themes are looked at,
 * so chance is allowed for in their number. It is an association and is worded as one: who named a theme and left may have
 * left for something else.
 */
export interface Customer {
  themes: readonly string[];
  churned: boolean;
  /** null: not known, and so are left out of the adjusted model only. */
  tenureDays: number | null;
  /** Lifetime value in minor units of one currency. */
  valueMinor: number | null;
  channel: string;
  segment: string;
}

export interface Association {
  themeId: string;
  table: Table;
  oddsRatio: OddsRatio;
  phi: Interval;
  /** Two-sided, of the table; `corrected` for the number of themes (Benjamini–Hochberg). */
  p: number;
  corrected: number;
  adjusted: Adjusted;
  withinSegments: { segment: string; table: Table; oddsRatio: OddsRatio }[];
  /** What may be said. */
  wording: 'leavers-name-it-more' | 'leavers-name-it-less' | 'no-association-shown';
}

/** `of`: the customers whose tenure and value are known. */
export type Adjusted = { of: number } & (
  | { outcome: 'fitted'; for: string[]; oddsRatio: Interval; p: number }
  | Exclude<LogisticFit, { outcome: 'fitted' }>
);

type Known = Customer & { tenureDays: number; valueMinor: number };

/** Themes that nobody or everybody named, or where nobody or everybody left, have nothing to compare and are not listed. */
export function associate(
  customers: readonly Customer[],
  themes: readonly string[],
  { alpha, confidence }: { alpha: number; confidence: number },
): Association[] {
  const known = customers.filter(
    (customer): customer is Known => customer.tenureDays !== null && customer.valueMinor !== null,
  );
  const covariates = covariatesOf(known);
  const compared = themes.flatMap((themeId) => {
    const table = tabulate(customers, themeId);
    return isComparable(table) ? [{ themeId, table, p: tableP(table) }] : [];
  });
  const corrected = benjaminiHochberg(compared.map(({ p }) => p));
  return compared.map(({ themeId, table, p }, at) => {
    const ratio = oddsRatio(table, confidence);
    const shown = corrected[at]! <= alpha && ratio.estimate !== 1;
    return {
      themeId,
      table,
      oddsRatio: ratio,
      phi: phi(table, confidence),
      p,
      corrected: corrected[at]!,
      adjusted: adjust(known, themeId, covariates, confidence),
      withinSegments: withinSegments(customers, themeId, confidence),
      wording: !shown ? 'no-association-shown' : ratio.estimate > 1 ? 'leavers-name-it-more' : 'leavers-name-it-less',
    };
  });
}

function adjust(
  customers: readonly Known[],
  themeId: string,
  covariates: Readonly<Record<string, number[]>>,
  confidence: number,
): Adjusted {
  const of = customers.length;
  const theme = customers.map(({ themes }) => (themes.includes(themeId) ? 1 : 0));
  const churned = customers.map((customer) => customer.churned);
  const fit = logistic({ theme, ...covariates }, churned, confidence);
  if (fit.outcome !== 'fitted') return { of, ...fit };
  const { oddsRatio, p } = fit.coefficients.find(({ name }) => name === 'theme')!;
  return { of, outcome: 'fitted', for: Object.keys(covariates), oddsRatio, p };
}

/** Years of tenure, the logarithm of the value, and each channel against the one most customers use; what never differs is left out. */
function covariatesOf(customers: readonly Known[]): Record<string, number[]> {
  const channels = [...Map.groupBy(customers, ({ channel }) => channel)]
    .sort(([a, left], [b, right]) => right.length - left.length || (a < b ? -1 : 1))
    .map(([channel]) => channel);
  const columns = {
    tenure: customers.map(({ tenureDays }) => tenureDays / 365.25),
    value: customers.map(({ valueMinor }) => Math.log1p(Math.max(0, valueMinor))),
    ...Object.fromEntries(
      channels.slice(1).map((name) => [`channel ${name}`, customers.map(({ channel }) => (channel === name ? 1 : 0))]),
    ),
  };
  return Object.fromEntries(
    Object.entries(columns).filter(([, values]) => values.some((value) => value !== values[0])),
  );
}

function withinSegments(customers: readonly Customer[], themeId: string, confidence: number) {
  return [...Map.groupBy(customers, ({ segment }) => segment)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([segment, members]) => ({ segment, table: tabulate(members, themeId) }))
    .filter(({ table }) => isComparable(table))
    .map(({ segment, table }) => ({ segment, table, oddsRatio: oddsRatio(table, confidence) }));
}

function tabulate(customers: readonly Customer[], themeId: string): Table {
  const table = { a: 0, b: 0, c: 0, d: 0 };
  for (const { themes, churned } of customers) {
    if (themes.includes(themeId)) table[churned ? 'a' : 'b']++;
    else table[churned ? 'c' : 'd']++;
  }
  return table;
}

function isComparable({ a, b, c, d }: Table): boolean {
  return a + b > 0 && c + d > 0 && a + c > 0 && b + d > 0;
}

function tableP({ a, b, c, d }: Table): number {
  return twoProportions({ hits: c, of: c + d }, { hits: a, of: a + b }, 'two').p;
}
