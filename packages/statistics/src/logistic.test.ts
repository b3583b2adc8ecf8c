import { describe, expect, test } from 'vitest';
import { type Coefficient, logistic } from './logistic.ts';

// L. C. Spector, M. Mazzeo, Journal of Economic Education 11 (1980) 37–44, as in Greene's Econometric Analysis:
// grade point average, test score, taught by the new method (1 = yes), improved (1 = yes).
const spector: readonly (readonly [number, number, number, number])[] = [
  [2.66, 20, 0, 0],
  [2.89, 22, 0, 0],
  [3.28, 24, 0, 0],
  [2.92, 12, 0, 0],
  [4, 21, 0, 1],
  [2.86, 17, 0, 0],
  [2.76, 17, 0, 0],
  [2.87, 21, 0, 0],
  [3.03, 25, 0, 0],
  [3.92, 29, 0, 1],
  [2.63, 20, 0, 0],
  [3.32, 23, 0, 0],
  [3.57, 23, 0, 0],
  [3.26, 25, 0, 1],
  [3.53, 26, 0, 0],
  [2.74, 19, 0, 0],
  [2.75, 25, 0, 0],
  [2.83, 19, 0, 0],
  [3.12, 23, 1, 0],
  [3.16, 25, 1, 1],
  [2.06, 22, 1, 0],
  [3.62, 28, 1, 1],
  [2.89, 14, 1, 0],
  [3.51, 26, 1, 0],
  [3.54, 24, 1, 1],
  [2.83, 27, 1, 1],
  [3.39, 17, 1, 1],
  [2.67, 24, 1, 0],
  [3.65, 21, 1, 1],
  [4, 23, 1, 1],
  [3.1, 21, 1, 0],
  [2.39, 19, 1, 1],
];
const outcomes = spector.map((row) => row[3] === 1);
const columns = {
  gpa: spector.map((row) => row[0]),
  tuce: spector.map((row) => row[1]),
  psi: spector.map((row) => row[2]),
};

function coefficients(...given: Parameters<typeof logistic>): Coefficient[] {
  const fit = logistic(...given);
  if (fit.outcome !== 'fitted') throw new Error(fit.outcome);
  return fit.coefficients;
}

describe('logistic regression', () => {
  // Greene prints −13.021 (4.931), 2.826 (1.263), .095 (.142), 2.379 (1.065); digits by Newton's method in mpmath at 50.
  test.each([
    ['intercept', -13.021346858115688, 4.931324213602758],
    ['gpa', 2.826112594889321, 1.2629410756290924],
    ['tuce', 0.09515766131790929, 0.14155420567369473],
    ['psi', 2.3786876550933544, 1.064564254497133],
  ])('Spector and Mazzeo: %s', (name, estimate, error) => {
    const found = coefficients(columns, outcomes).find((one) => one.name === name)!;
    expect(found.estimate).toBeCloseTo(estimate, 9);
    expect(found.error).toBeCloseTo(error, 9);
  });

  // statsmodels 0.15.0, Logit.
  test('its likelihood, p values and limits', () => {
    const fit = logistic(columns, outcomes);
    expect(fit).toMatchObject({ outcome: 'fitted', logLikelihood: expect.closeTo(-12.889634222131415, 9) });
    const psi = coefficients(columns, outcomes).at(-1)!;
    expect(psi.p).toBeCloseTo(0.025455204361278325, 9);
    expect(psi.oddsRatio.lower).toBeCloseTo(1.3393441542871458, 9);
    expect(psi.oddsRatio.upper).toBeCloseTo(86.93800280038214, 8);
  });

  test('with one yes-or-no column it is the odds ratio of the table', () => {
    const cells = [
      [1, true, 30],
      [1, false, 70],
      [0, true, 45],
      [0, false, 355],
    ] as const;
    const theme = cells.flatMap(([named, , times]) => new Array<number>(times).fill(named));
    const left = cells.flatMap(([, gone, times]) => new Array<boolean>(times).fill(gone));
    const { oddsRatio } = coefficients({ theme }, left).at(-1)!;
    // Wald's interval of one column is Woolf's: statsmodels 0.15.0, Table2x2.
    expect(oddsRatio.estimate).toBeCloseTo(3.380952380952381, 9);
    expect(oddsRatio.lower).toBeCloseTo(1.9934077777388046, 9);
    expect(oddsRatio.upper).toBeCloseTo(5.734320458623866, 9);
  });

  test('units do not matter', () => {
    const inCents = coefficients({ ...columns, gpa: columns.gpa.map((value) => value * 1e7 + 1e8) }, outcomes)[1]!;
    expect(inCents.z).toBeCloseTo(2.826112594889321 / 1.2629410756290924, 9);
  });

  test('separation is said, with the column that does it', () => {
    const churned = Array.from({ length: 60 }, (_, n) => n >= 30);
    const noise = churned.map((_, n) => (n * 7) % 11);
    expect(logistic({ noise, theme: churned.map((gone) => (gone ? 1 : 0)) }, churned)).toEqual({
      outcome: 'separated',
      by: ['theme'],
    });
  });

  test('so is a theme after which everybody left although others left too', () => {
    const theme = Array.from({ length: 60 }, (_, n) => (n < 20 ? 1 : 0));
    const churned = theme.map((named, n) => named === 1 || n % 2 === 0);
    expect(logistic({ theme }, churned).outcome).toBe('separated');
  });

  test('columns that say the same are refused', () => {
    expect(logistic({ ...columns, again: columns.gpa.map((value) => 2 * value) }, outcomes).outcome).toBe('collinear');
    expect(logistic({ ...columns, constant: columns.gpa.map(() => 1) }, outcomes).outcome).toBe('collinear');
  });
});
