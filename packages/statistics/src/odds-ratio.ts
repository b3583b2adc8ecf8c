import type { Interval } from './interval.ts';
import { criticalZ } from './normal.ts';

/**
 * A 2 × 2 table of customers: `a` named the theme and left, `b` named it and stayed, `c` did not name it and left, `d`
 * did not and stayed.
 */
export interface Table {
  a: number;
  b: number;
  c: number;
  d: number;
}

/** `corrected`: a cell was empty, so one half was added to each. */
export interface OddsRatio extends Interval {
  corrected: boolean;
}

/**
 * ad/bc with Woolf's interval, exp(ln OR ± z √(1/a + 1/b + 1/c + 1/d)): B. Woolf, Annals of Human Genetics 19 (1955)
 * 251–253, doi 10.1111/j.1469-1809.1955.tb01348.x. When a cell is empty, ½ is added to all four (J. B. S. Haldane 1956,
 * doi 10.1111/j.1469-1809.1955.tb01285.x; F. J. Anscombe 1956, doi 10.1093/biomet/43.3-4.461).
 * Throws RangeError when a row or a column is empty: there is nothing to compare.
 */
export function oddsRatio(table: Table, confidence = 0.95): OddsRatio {
  checkMargins(table);
  const corrected = Object.values(table).includes(0);
  const half = corrected ? 0.5 : 0;
  const [a, b, c, d] = [table.a + half, table.b + half, table.c + half, table.d + half];
  const log = Math.log(a) + Math.log(d) - Math.log(b) - Math.log(c);
  const reach = criticalZ(confidence) * Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d);
  return { estimate: Math.exp(log), lower: Math.exp(log - reach), upper: Math.exp(log + reach), corrected };
}

/**
 * φ = (ad − bc) / √(product of the four margins), the correlation of two yes-or-no answers, with the large-sample (delta
 * method) interval of Y. M. M. Bishop, S. E. Fienberg, P. W. Holland, Discrete Multivariate Analysis 1975, ch. 11,
 * cut at ±1. With r = p₁₊ − p₂₊, s = p₊₁ − p₊₂, R = p₁₊p₂₊ and S = p₊₁p₊₂:
 * n·var = 1 − φ² + (φ + φ³/2) rs/√(RS) − ¾φ² (r²/R + s²/S). Throws like the odds ratio.
 */
export function phi(table: Table, confidence = 0.95): Interval {
  checkMargins(table);
  const { a, b, c, d } = table;
  const n = a + b + c + d;
  const [row1, row2, column1, column2] = [(a + b) / n, (c + d) / n, (a + c) / n, (b + d) / n];
  const [rows, columns] = [row1 * row2, column1 * column2];
  const [r, s] = [row1 - row2, column1 - column2];
  const estimate = ((a / n) * (d / n) - (b / n) * (c / n)) / Math.sqrt(rows * columns);
  const square = estimate * estimate;
  const variance =
    (1 -
      square +
      ((estimate + (estimate * square) / 2) * r * s) / Math.sqrt(rows * columns) -
      0.75 * square * ((r * r) / rows + (s * s) / columns)) /
    n;
  const reach = criticalZ(confidence) * Math.sqrt(Math.max(0, variance));
  return { estimate, lower: Math.max(-1, estimate - reach), upper: Math.min(1, estimate + reach) };
}

function checkMargins({ a, b, c, d }: Table): void {
  if (![a, b, c, d].every((cell) => Number.isSafeInteger(cell) && cell >= 0))
    throw new RangeError('a cell is no count');
  if (a + b === 0 || c + d === 0 || a + c === 0 || b + d === 0) throw new RangeError('a row or a column is empty');
}
