import { type Random, seeded } from '@heard/statistics/random';
import { expect, test } from 'vitest';
import { type Counted, findBursts } from './alarms.ts';

const sensitivity = { falseAlarmsPerYear: 4, minComments: 5 };
const week = [1.2, 1.1, 1, 1, 1.1, 0.8, 0.3];
const past = 56;

function poisson(random: Random, mean: number): number {
  let count = -1;
  for (let left = 1; left > Math.exp(-mean); count++) left *= 1 - random.uniform();
  return count;
}

/** Gamma of mean 1 and this shape, by G. Marsaglia and W. W. Tsang (2000). */
function clump(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  for (;;) {
    const x = random.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return (d * v) / shape;
  }
}

/** Comments a day of twelve themes in five channels; `size`: of the negative binomial, absent: Poisson; `busy`: of a day, all themes. */
function world(random: Random, days: number, size?: number, busy = (_day: number) => 1): number[][][] {
  return Array.from({ length: 12 }, (_, theme) =>
    Array.from({ length: 5 }, (_, channel) =>
      Array.from({ length: days }, (_, day) => {
        const mean = 10 * Math.exp(-0.25 * theme - 0.6 * channel) * week[day % 7]! * busy(day);
        return poisson(random, size ? mean * clump(random, size) : mean);
      }),
    ),
  );
}

function scopesOf(counts: readonly number[][][], day: number): Counted[] {
  const window = (of: readonly number[]) => of.slice(day - past, day + 1);
  const sum = (all: readonly number[][]) => all[0]!.map((_, at) => all.reduce((total, one) => total + one[at]!, 0));
  const scope = (channel: string | null, days: (theme: number[][]) => number[]): Counted => {
    const themes = counts.map((theme, n) => [`theme-${n}`, window(days(theme))] as const);
    return { channel, themes: new Map(themes), totals: sum(themes.map(([, own]) => own)) };
  };
  return [scope(null, sum), ...[0, 1, 2, 3, 4].map((channel) => scope(`${channel}`, (theme) => theme[channel]!))];
}

test.each([
  ['by chance alone', undefined],
  ['in clumps', 5],
])('in years when comments come %s and nothing happens, no more alarms than are allowed', (_, size) => {
  const years = 5;
  let alarms = 0;
  for (let year = 0; year < years; year++) {
    const counts = world(seeded(100 + year), past + 365, size);
    for (let day = past; day < past + 365; day++) alarms += findBursts(scopesOf(counts, day), sensitivity).length;
  }
  expect(alarms).toBeLessThanOrEqual(sensitivity.falseAlarmsPerYear * years);
});

test('a day on which four times as much is said of everything is no burst of anything', () => {
  const years = 5;
  let alarms = 0;
  for (let year = 0; year < years; year++) {
    const counts = world(seeded(100 + year), past + 365, 20, (day) => (day % 30 === 7 ? 4 : 1));
    for (let day = past; day < past + 365; day++) alarms += findBursts(scopesOf(counts, day), sensitivity).length;
  }
  expect(alarms).toBeLessThanOrEqual(sensitivity.falseAlarmsPerYear * years);
});

test('a theme named five times as often is found on that day, in its channel and over all, and nothing else is', () => {
  let [channel, overall, others] = [0, 0, 0];
  const worlds = 40;
  for (let seed = 0; seed < worlds; seed++) {
    const random = seeded(900 + seed);
    const counts = world(random, past + 1, 20);
    counts[1]![0]![past]! += poisson(random, 4 * 10 * Math.exp(-0.25));
    for (const burst of findBursts(scopesOf(counts, past), sensitivity)) {
      if (burst.themeId !== 'theme-1') others++;
      else if (burst.channel === null) overall++;
      else channel++;
    }
  }
  expect(channel).toBeGreaterThanOrEqual(0.9 * worlds);
  expect(overall).toBeGreaterThanOrEqual(0.75 * worlds);
  expect(others).toBeLessThanOrEqual(2);
});

test('what bursts on a busy day is found, and what is as ever on a silent one is not', () => {
  const rest = (last: number) => steady(60, last);
  const beside = (days: number[], last: number) =>
    scope(
      days,
      days.map((count, day) => count + rest(last)[day]!),
    );
  expect(findBursts([beside(steady(8, 24), 180)], sensitivity)).toEqual([]);
  expect(findBursts([beside(steady(8, 70), 180)], sensitivity)).toMatchObject([{ themeId: 'a', observed: 70 }]);
  expect(findBursts([beside(steady(8, 12), 0)], sensitivity)).toEqual([]);
});

const scope = (days: number[], totals = days): Counted => ({ channel: null, totals, themes: new Map([['a', days]]) });
const steady = (count: number, last: number) => [...new Array<number>(past).fill(count), last];

test('the busy day of the week is not a burst, the same number on a quiet one is', () => {
  const days = (shift: number) => Array.from({ length: past }, (_, day) => ((day + shift) % 7 === 0 ? 40 : 5));
  expect(findBursts([scope([...days(0), 40])], sensitivity)).toEqual([]);
  expect(findBursts([scope([...days(3), 40])], sensitivity)).toMatchObject([{ themeId: 'a', observed: 40 }]);
});

test('fewer comments than the policy says are never an alarm, and the more is looked at the clearer one must be', () => {
  expect(findBursts([scope(steady(0, 4))], sensitivity)).toEqual([]);
  expect(findBursts([scope(steady(0, 5))], sensitivity)).toHaveLength(1);
  const edge = scope(steady(4, 12));
  expect(findBursts([edge], sensitivity)).toHaveLength(1);
  const many = Array.from({ length: 200 }, () => scope(steady(4, 4)));
  expect(findBursts([edge, ...many], sensitivity)).toEqual([]);
});

test('less than two weeks tell nothing of a week', () => {
  expect(() => findBursts([scope(new Array(14).fill(3))], sensitivity)).toThrow(RangeError);
});
