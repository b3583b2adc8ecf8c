import { describe, expect, test } from 'vitest';
import { oddsRatio, phi } from './odds-ratio.ts';

describe('odds ratio', () => {
  // The first is the Physicians' Health Study (New England Journal of Medicine 321 (1989) 129–135) as in Agresti,
  // Categorical Data Analysis, 3rd ed. 2013, §3.1.2: 1.83 (1.44, 2.33). Digits by statsmodels 0.15.0, Table2x2.
  test.each([
    [189, 10845, 104, 10933, 1.8320539419087136, 1.4400423918486245, 2.3307797500006435],
    [30, 70, 45, 355, 3.380952380952381, 1.9934077777388046, 5.734320458623866],
    [12, 5, 9, 40, 10.666666666666666, 2.9974506273181456, 37.95818244371755],
  ])('%i %i %i %i', (a, b, c, d, estimate, lower, upper) => {
    const ratio = oddsRatio({ a, b, c, d });
    expect(ratio.estimate).toBeCloseTo(estimate, 9);
    expect(ratio.lower).toBeCloseTo(lower, 9);
    expect(ratio.upper).toBeCloseTo(upper, 9);
    expect(ratio.corrected).toBe(false);
  });

  // statsmodels 0.15.0, Table2x2 of 5.5, 3.5, 0.5, 20.5.
  test('an empty cell adds one half to each, and is said', () => {
    const ratio = oddsRatio({ a: 5, b: 3, c: 0, d: 20 });
    expect(ratio.estimate).toBeCloseTo(64.42857142857143, 9);
    expect(ratio.lower).toBeCloseTo(2.876251201711755, 9);
    expect(ratio.upper / 1443.212197132192).toBeCloseTo(1, 9);
    expect(ratio.corrected).toBe(true);
  });

  test('an empty row or column is refused', () => {
    expect(() => oddsRatio({ a: 0, b: 0, c: 3, d: 5 })).toThrow(RangeError);
    expect(() => phi({ a: 0, b: 7, c: 0, d: 5 })).toThrow(RangeError);
  });
});

describe('φ', () => {
  // The delta method done with mpmath: numerical derivatives of φ at 50 digits, multinomial covariance.
  test.each([
    [30, 70, 45, 355, 0.21004201260420147, 0.10686734819859986, 0.3132166770098031],
    [12, 5, 9, 40, 0.4902875350572634, 0.2609669437690061, 0.7196081263455207],
    [189, 10845, 104, 10933, 0.03366507296510879, 0.02089150676958058, 0.046438639160636994],
  ])('%i %i %i %i', (a, b, c, d, estimate, lower, upper) => {
    const interval = phi({ a, b, c, d });
    expect(interval.estimate).toBeCloseTo(estimate, 10);
    expect(interval.lower).toBeCloseTo(lower, 10);
    expect(interval.upper).toBeCloseTo(upper, 10);
  });

  test('of the same answer twice it is 1', () => {
    expect(phi({ a: 10, b: 0, c: 0, d: 30 }).estimate).toBeCloseTo(1, 12);
  });
});
