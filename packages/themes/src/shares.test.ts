import { expect, test } from 'vitest';
import { shareOf, themeShares } from './shares.ts';

test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('%i of %i lies between the bounds of Newcombe (Statistics in Medicine 17, 1998), table I', (n, of, low, high) => {
  expect(shareOf(n, of).low).toBeCloseTo(low, 4);
  expect(shareOf(n, of).high).toBeCloseTo(high, 4);
});

test('primary shares sum to one with the comments of no theme; mentions count a comment once per theme', () => {
  const shares = themeShares(
    [
      { primary: 0, mentions: [0, 1, 1] },
      { primary: 1, mentions: [1] },
      { primary: -1, mentions: [] },
      { primary: 0, mentions: [0] },
    ],
    2,
  );
  expect(shares.map(({ primary }) => primary.n)).toEqual([2, 1, 1]);
  expect(shares.map(({ mention }) => mention.n)).toEqual([2, 2, 1]);
  expect(shares.reduce((sum, { primary }) => sum + primary.share, 0)).toBe(1);
});
