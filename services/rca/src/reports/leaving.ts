import type { Tx } from '@heard/bus/log';
import type { AssociationRow, Names, PeriodReportData } from '@heard/reports/report-data';
import type { CorpusFilter } from '../corpus/corpus-filter.ts';
import { associate, type Customer } from '../understanding/association.ts';
import { customersOfThemes } from '../understanding/churn.ts';

/** What the themes of a report are compared on: too much work for the thread that answers requests. */
export interface Leaving {
  customers: readonly Customer[];
  themes: ReadonlyMap<string, Names>;
  /** Shown whatever is found; `others` are shown as well where they go together with leaving. */
  shown: readonly string[];
  others: boolean;
  levels: { alpha: number; confidence: number };
}

export async function readLeaving(
  tx: Tx,
  { frameVersion, filter }: { frameVersion: number; filter: CorpusFilter },
  leaving: Omit<Leaving, 'customers'>,
  now: Date,
): Promise<Leaving> {
  const { customers } = await customersOfThemes(tx, frameVersion, filter, now);
  return { ...leaving, customers };
}

const most = 6;

export function associationsOf({
  customers,
  themes,
  shown,
  others,
  levels,
}: Leaving): PeriodReportData['associations'] {
  const found = associate(customers, [...themes.keys()], levels)
    .filter(({ themeId, wording }) => shown.includes(themeId) || (others && wording !== 'no-association-shown'))
    .sort((one, other) => one.corrected - other.corrected || one.p - other.p)
    .slice(0, most);
  return {
    customers: customers.length,
    left: customers.filter(({ churned }) => churned).length,
    rows: found.map(
      ({ themeId, table: { a, b, c, d }, oddsRatio, phi, adjusted, corrected, wording }): AssociationRow => ({
        names: themes.get(themeId)!,
        named: { hits: a, of: a + b },
        notNamed: { hits: c, of: c + d },
        oddsRatio,
        phi,
        adjusted: adjusted.outcome === 'fitted' ? adjusted.oddsRatio : undefined,
        corrected,
        wording,
      }),
    ),
  };
}
