import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Count, Sided } from './interval.ts';
import { fisher, newcombe, smallestExpected, twoProportions, twoProportionZ, wilson } from './proportion.ts';

const count = (hits: number, of: number): Count => ({ hits, of });
const counts = fc
  .integer({ min: 1, max: 300 })
  .chain((of) => fc.integer({ min: 0, max: of }).map((hits) => count(hits, of)));

describe('Wilson', () => {
  // Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3 (four digits); the rest of the digits and the
  // last row by statsmodels 0.15.0, proportion_confint(method='wilson').
  test.each([
    [81, 263, 0.2552885198782742, 0.36620957698280004],
    [15, 148, 0.06238639953073628, 0.16048724172330803],
    [0, 20, 0, 0.1611251580528194],
    [1, 29, 0.006113214292762667, 0.17175521879320294],
    [29, 29, 0.8830302015002592, 1],
    [135, 1500, 0.0765454288549283, 0.10554920433562054],
  ])('%i of %i', (hits, of, lower, upper) => {
    const interval = wilson(count(hits, of));
    expect(interval.estimate).toBe(hits / of);
    expect(interval.lower).toBeCloseTo(lower, 10);
    expect(interval.upper).toBeCloseTo(upper, 10);
  });

  test('at 99 %', () => {
    expect(wilson(count(81, 263), 0.99).lower).toBeCloseTo(0.24013690268760773, 10);
    expect(wilson(count(81, 263), 0.99).upper).toBeCloseTo(0.38528250231822986, 10);
  });

  test('the interval holds the share, stays within 0 and 1 and mirrors', () => {
    fc.assert(
      fc.property(counts, ({ hits, of }) => {
        const { lower, estimate, upper } = wilson(count(hits, of));
        const mirrored = wilson(count(of - hits, of));
        expect(0 <= lower && lower <= estimate && estimate <= upper && upper <= 1).toBe(true);
        expect(mirrored.lower).toBeCloseTo(1 - upper, 12);
      }),
    );
  });

  test('what is no count is refused', () => {
    for (const [hits, of] of [
      [3, 2],
      [-1, 2],
      [0, 0],
      [1.5, 2],
      [Number.NaN, 2],
    ] as const) {
      expect(() => wilson(count(hits, of))).toThrow(RangeError);
    }
  });
});

describe('Newcombe', () => {
  // Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10 (four digits); the rest of the digits and the
  // last row by statsmodels 0.15.0, confint_proportions_2indep(method='newcomb').
  test.each([
    [56, 70, 48, 80, 0.05243147240236498, 0.33387265403690614],
    [9, 10, 3, 10, 0.1705227239345029, 0.809017973535488],
    [6, 7, 2, 7, 0.05822792748231209, 0.8062496375242278],
    [5, 56, 0, 29, -0.038137147903536936, 0.19256001385511165],
    [0, 10, 0, 20, -0.1611251580528194, 0.27753279986288926],
    [0, 10, 0, 10, -0.27753279986288926, 0.27753279986288926],
    [10, 10, 0, 20, 0.6790860371419145, 1],
    [10, 10, 0, 10, 0.6075093504305241, 1],
    [135, 1500, 68, 1500, 0.02681040674249326, 0.06284509335816163],
  ])('%i/%i − %i/%i', (a, m, b, n, lower, upper) => {
    const interval = newcombe(count(b, n), count(a, m));
    expect(interval.estimate).toBeCloseTo(a / m - b / n, 12);
    expect(interval.lower).toBeCloseTo(lower, 10);
    expect(interval.upper).toBeCloseTo(upper, 10);
  });
});

describe('the z test', () => {
  // statsmodels 0.15.0, proportions_ztest of (after, before): z, p of "fell", p of two sides.
  test.each([
    [56, 70, 48, 80, -2.6501719512585336, 0.00402254068409828, 0.00804508136819656],
    [135, 1500, 68, 1500, -4.870136995025449, 5.576045107746324e-7, 1.1152090215492648e-6],
    [30, 400, 45, 380, 2.056100092987989, 0.9801135653526997, 0.03977286929460061],
  ])('%i/%i against %i/%i', (a, m, b, n, z, fell, two) => {
    const test = (sided: Sided) => twoProportionZ(count(a, m), count(b, n), sided);
    expect(test('fell').z).toBeCloseTo(z, 10);
    expect(test('fell').p / fell).toBeCloseTo(1, 9);
    expect(test('two').p / two).toBeCloseTo(1, 9);
    expect(test('rose').p).toBeCloseTo(1 - fell, 10);
  });

  test('two empty or two full sides differ in nothing', () => {
    expect(twoProportionZ(count(0, 10), count(0, 20), 'two')).toEqual({ method: 'z', z: 0, p: 1 });
    expect(twoProportionZ(count(10, 10), count(20, 20), 'fell').p).toBe(0.5);
  });
});

describe("Fisher's test", () => {
  // Exact fractions of whole numbers (Python's fractions and math.comb); two-sided also scipy 1.17.1, fisher_exact. The
  // first is Fisher's tea (p = 17/70 one-sided, 34/70 two-sided), the second scipy's own example, the fourth his twins
  // (two-sided .0005367 in R's manual).
  test.each([
    [3, 4, 1, 4, 0.24285714285714285, 0.9857142857142858, 0.4857142857142857],
    [8, 10, 1, 6, 0.024475524475524476, 0.9991258741258742, 0.03496503496503497],
    [2, 14, 10, 14, 0.9998294970161978, 0.0031647746818025454, 0.006329549363605091],
    [10, 13, 2, 17, 0.00046518094336290503, 0.9999845190186861, 0.0005367241191434358],
    [4, 50, 0, 60, 0.03989132515240721, 1, 0.03989132515240721],
    [60, 1500, 31, 1500, 0.0013423804894823312, 0.9993590445385366, 0.0026847609789646624],
    [900, 20000, 700, 20000, 1.8511264890998363e-7, 0.9999998588412359, 3.7022529781996727e-7],
  ])('%i/%i against %i/%i', (a, m, b, n, fell, rose, two) => {
    const p = (sided: Sided) => fisher(count(a, m), count(b, n), sided).p;
    expect(p('fell') / fell).toBeCloseTo(1, 9);
    expect(p('rose') / rose).toBeCloseTo(1, 9);
    expect(p('two') / two).toBeCloseTo(1, 9);
  });

  test('the table may be as large as a year of comments', () => {
    const p = fisher(count(30_000, 1_000_000), count(29_600, 1_000_000), 'fell').p;
    expect(p).toBeCloseTo(twoProportionZ(count(30_000, 1_000_000), count(29_600, 1_000_000), 'fell').p, 3);
    expect(fisher(count(900_000, 1_000_000), count(100_000, 1_000_000), 'two').p).toBe(0);
  });

  test('both tails overlap in what was seen, and two sides are seen the same from either end', () => {
    fc.assert(
      fc.property(counts, counts, (before, after) => {
        const fell = fisher(before, after, 'fell').p;
        const rose = fisher(before, after, 'rose').p;
        expect(fell + rose).toBeGreaterThanOrEqual(1 - 1e-12);
        expect(fisher(after, before, 'fell').p).toBeCloseTo(rose, 10);
        expect(fisher(after, before, 'two').p).toBeCloseTo(fisher(before, after, 'two').p, 10);
      }),
    );
  });
});

test("Fisher's test is taken where a cell expects fewer than 5", () => {
  expect(smallestExpected(count(6, 100), count(4, 100))).toBe(5);
  expect(twoProportions(count(6, 100), count(4, 100), 'fell').method).toBe('z');
  expect(twoProportions(count(5, 100), count(4, 100), 'fell').method).toBe('fisher');
  expect(twoProportions(count(95, 100), count(96, 100), 'fell').method).toBe('fisher');
});
