import { type Measure, review } from '@heard/rca/proof/effect-review';
import { type Followed, recoveryParadox } from '@heard/rca/proof/recovery-paradox';
import {
  conclude,
  type Evidence,
  forecast,
  type Registration,
  register,
  type Verdict,
} from '@heard/rca/proof/validation';
import { associate, type Customer } from '@heard/rca/understanding/association';
import { type Belief, judge } from '@heard/rca/understanding/hypothesis';
import type { Count } from '@heard/statistics/interval';
import { neededEach } from '@heard/statistics/power';
import { type Random, seeded } from '@heard/statistics/random';
import type { BenchOptions } from './ground.ts';
import { progress, type Report } from './measuring.ts';
import { plantedThemes } from './planted-themes.ts';

/** Worlds whose truth is known, because it was planted, put to the rules that prove fixes. The same seeds every time. */
export async function proof(report: Report, { quick }: BenchOptions): Promise<void> {
  const worlds = quick ? 100 : 1000;
  plantedThemes(report, quick ? 10 : 100, registered({ metric: 'primary-share' }));
  oddsRatios(report, quick ? 20 : 100);
  priceBelief(report, worlds);
  halvedThemes(report, worlds);
  namedSampleSizes(report, worlds);
  nullWorlds(report, 5 * worlds);
  renamedThemes(report, worlds);
  generalFall(report, worlds);
  seedReview(report, worlds);
  paradox(report, quick ? 20 : 500);
}

const alpha = 0.05;
const day = (n: number) => new Date(Date.UTC(2027, 0, 1 + n));
const baseline = { from: day(0), until: day(90) };
const after = { from: day(100), until: day(190) };

function registered(over: Partial<Registration> = {}): Registration {
  const draft: Omit<Registration, 'registeredAt'> = {
    validationId: 'v',
    themeId: 'planted',
    frameVersion: 1,
    metric: 'mention-share',
    baseline,
    after,
    expectedChange: -0.5,
    alpha,
    sided: 'one',
    correction: 'benjamini-hochberg',
    comparisons: 1,
    minN: 100,
    power: 0.8,
    ...over,
  };
  return register(draft, day(95));
}

const count = (random: Random, of: number, share: number): Count => ({ hits: random.binomial(of, share), of });

function counted(random: Random, each: number, was: number, is: number): Evidence {
  return {
    frameVersions: { baseline: 1, after: 1 },
    before: count(random, each, was),
    after: count(random, each, is),
  };
}

/** What a report of themes lists besides the one of interest. */
const others = [0.25, 0.18, 0.12, 0.08, 0.07, 0.05, 0.04, 0.03, 0.02];

function reportOf(registration: Registration, first: Evidence, random: Random, each: number): Verdict[] {
  const evidence = [first, ...others.map((share) => counted(random, each, share, share))];
  const all = evidence.map((one) => ({
    registration: { ...registration, comparisons: evidence.length },
    evidence: one,
  }));
  return conclude(all, day(200)).map(({ verdict }) => verdict);
}

/** How many of the worlds hold. */
function tally(worlds: number, seed: number, holds: (random: Random) => boolean): number {
  let held = 0;
  for (let world = 0; world < worlds; world++) if (holds(seeded(seed + world))) held++;
  return held;
}

const within = (truth: number, { lower, upper }: { lower: number; upper: number }) => lower <= truth && truth <= upper;
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** In the plain world nothing else matters; in the other, short tenure and the app bring both the theme and leaving. */
function oddsRatios(report: Report, worlds: number): void {
  progress('odds ratios');
  const world = (random: Random, confounded: number): Customer[] =>
    Array.from({ length: 2000 }, () => {
      const years = random.uniform() * 6;
      const app = random.chance(0.4);
      const lean = confounded * (0.9 - 0.3 * years + (app ? 0.7 : 0));
      const theme = random.chance(logistic(-1.6 + lean));
      return {
        themes: theme ? ['refund'] : [],
        churned: random.chance(logistic(-1.8 + lean + (theme ? Math.log(3) : 0))),
        tenureDays: years * 365.25,
        valueMinor: Math.round(Math.exp(9 + random.normal())),
        channel: app ? 'app' : 'web',
        segment: 'detractor',
      };
    });
  const found = (random: Random, confounded: number) =>
    associate(world(random, confounded), ['refund'], { alpha, confidence: 0.95 })[0]!;
  const goal = { atLeast: 0.93 * worlds };
  const plain = tally(worlds, 1000, (random) => within(3, found(random, 0).oddsRatio));
  report.row(`odds ratio 3 inside its interval, of ${worlds} worlds`, plain, 'worlds', goal);
  const inside = { adjusted: 0, crude: 0 };
  for (let n = 0; n < worlds; n++) {
    const one = found(seeded(2000 + n), 1);
    if (one.adjusted.outcome === 'fitted' && within(3, one.adjusted.oddsRatio)) inside.adjusted++;
    if (within(3, one.oddsRatio)) inside.crude++;
  }
  report.row('odds ratio 3 where tenure and channel bring both, adjusted', inside.adjusted, 'worlds', goal);
  report.row('  the same, not adjusted', inside.crude, 'worlds');
}

function priceBelief(report: Report, worlds: number): void {
  progress('hypotheses');
  const belief: Belief = { hypothesisId: 'h', themeId: 'price', threshold: 0.05, minN: 100, confidence: 0.95 };
  const rejected = (seed: number, shares: number[]) =>
    tally(worlds, seed, (random) => {
      const channels = shares.map((share, n) => [`channel ${n}`, count(random, 1500, share)] as const);
      return judge(belief, Object.fromEntries(channels)).verdict === 'rejected';
    }) / worlds;
  const low = rejected(3000, [0.01, 0.02, 0.03, 0.025, 0.015]);
  report.row('price named by 1–3 % in five channels of 1,500: rejected', low, 'of worlds', { atLeast: 0.95 });
  const edge = rejected(4000, [0.01, 0.02, 0.05, 0.025, 0.015]);
  report.row('price named by 5 % in one of them: rejected', edge, 'of worlds', { atMost: alpha });
}

function halvedThemes(report: Report, worlds: number): void {
  progress('halved themes');
  const each = 1500;
  const confirmed = (share: number, seed: number) =>
    tally(worlds, seed, (random) => {
      const first = counted(random, each, share, share / 2);
      return reportOf(registered({ comparisons: 10 }), first, random, each)[0] === 'confirmed';
    }) / worlds;
  const large = [0.09, 0.12, 0.2, 0.3].map((share, n) => confirmed(share, 10_000 * (n + 1)));
  report.row('halved, 9–30 % of 1,500 a side, one of ten: confirmed, fewest', Math.min(...large), 'of worlds', {
    atLeast: 0.95,
  });
  const small = [0.045, 0.05, 0.06, 0.07, 0.08, 0.09].map((share, n) => confirmed(share, 10_000 * (n + 5)));
  const mean = small.reduce((sum, power) => sum + power, 0) / small.length;
  report.row('halved, 4.5–9 %: confirmed, on average', mean, 'of worlds', { atLeast: 0.7 });
  report.row('  halved, 4.5 %: confirmed', small[0], 'of worlds');
}

/** The forecast is asked once with the truth; the worlds then have exactly the comments it named. */
function namedSampleSizes(report: Report, worlds: number): void {
  progress('sample sizes');
  const plans = [0.02, 0.05, 0.1, 0.25].flatMap((share) =>
    [-0.3, -0.5, -0.7, -0.9].flatMap((change) => [1, 10].map((comparisons) => ({ share, change, comparisons }))),
  );
  let [farthest, which, seed] = [0, '', 200_000];
  for (const { share, change, comparisons } of plans) {
    const equal = { share, expectedShare: share * (1 + change), alpha: alpha / comparisons, sided: 'fell' as const };
    const before = Math.ceil(neededEach(equal, 0.8) * 1.5);
    const registration = registered({ expectedChange: change, comparisons, minN: 1 });
    const truth = { hits: share * before, of: before };
    const { needed } = forecast(registration, { before: truth }, { treated: 100 });
    const confirmed = tally(worlds, seed, (random) => {
      const evidence: Evidence = {
        frameVersions: { baseline: 1, after: 1 },
        before: count(random, before, share),
        after: count(random, needed, share * (1 + change)),
      };
      if (comparisons > 1) return reportOf(registration, evidence, random, needed)[0] === 'confirmed';
      return conclude([{ registration, evidence }], day(200))[0]!.verdict === 'confirmed';
    });
    seed += worlds;
    const off = Math.abs(confirmed / worlds - 0.8);
    if (off > farthest)
      [farthest, which] = [off, `${share * 100} % by ${change * 100} %, one of ${comparisons}: ${confirmed / worlds}`];
  }
  report.row(`power .8 at the sample size named, ${plans.length} plans: farthest off`, farthest, '', { atMost: 0.05 });
  report.remark(`sample size: farthest off is ${which}`);
}

function nullWorlds(report: Report, worlds: number): void {
  progress('null worlds');
  const each = 1500;
  let [registeredOne, anyOfTen, worse, alone] = [0, 0, 0, 0];
  for (let world = 0; world < worlds; world++) {
    const random = seeded(500_000 + world);
    const verdicts = reportOf(registered({ comparisons: 10 }), counted(random, each, 0.09, 0.09), random, each);
    if (verdicts[0] === 'confirmed') registeredOne++;
    if (verdicts.includes('confirmed')) anyOfTen++;
    if (verdicts.includes('worse')) worse++;
    const single = { registration: registered(), evidence: counted(random, each, 0.09, 0.09) };
    if (conclude([single], day(200))[0]!.verdict === 'confirmed') alone++;
  }
  // Where the truth is α itself, a share of so many worlds is above it half the time: two standard errors are allowed.
  const slack = 2 * Math.sqrt((alpha * (1 - alpha)) / worlds);
  report.row(`${worlds} null worlds, one of ten themes: confirmed`, registeredOne / worlds, 'of worlds', {
    atMost: alpha,
  });
  report.row('  any of the ten: confirmed', anyOfTen / worlds, 'of worlds', { atMost: alpha + slack });
  report.row('  any of the ten: worse', worse / worlds, 'of worlds', { atMost: alpha + slack });
  report.row('  a theme registered alone: confirmed (α is .05)', alone / worlds, 'of worlds', {
    atLeast: alpha - 2 * slack,
    atMost: alpha + slack,
  });
}

/** Nothing changed, but version 2 of the frame files half of the theme's comments under a new name. */
function renamedThemes(report: Report, worlds: number): void {
  progress('renamed themes');
  const registration = registered({ comparisons: 1 });
  const one = (random: Random) => counted(random, 1500, 0.12, 0.12);
  const renamed = (random: Random, { before, after }: Evidence): Evidence => ({
    frameVersions: { baseline: 1, after: 2 },
    before,
    after: { hits: random.binomial(after.hits, 0.5), of: after.of },
  });
  const confirms = (evidence: Evidence) => conclude([{ registration, evidence }], day(200))[0]!.verdict === 'confirmed';
  let refused = 0;
  const fooled = tally(worlds, 600_000, (random) => {
    try {
      return confirms(renamed(random, one(random)));
    } catch (error) {
      if ((error as { code?: string }).code !== 'frame-changed') throw error;
      refused++;
      return false;
    }
  });
  const blind = tally(worlds, 600_000, (random) =>
    confirms({ ...renamed(random, one(random)), frameVersions: { baseline: 1, after: 1 } }),
  );
  report.row('theme renamed between the windows: confirmed', fooled / worlds, 'of worlds', { atMost: 0 });
  report.row('  refused', refused / worlds, 'of worlds', { atLeast: 1 });
  report.row('  would have been confirmed without the rule', blind / worlds, 'of worlds');
}

/** Every theme falls by 30 % because people complain less, the control's too. */
function generalFall(report: Report, worlds: number): void {
  progress('a general fall');
  const confirmed = (seed: number, change: number, control: boolean) =>
    tally(worlds, seed, (random) => {
      const evidence: Evidence = {
        ...counted(random, 3000, 0.12, 0.12 * change),
        control: control ? { before: count(random, 3000, 0.12), after: count(random, 3000, 0.12 * 0.7) } : undefined,
      };
      const registration = registered({ control: control ? 'region without the fix' : undefined });
      return conclude([{ registration, evidence }], day(200))[0]!.verdict === 'confirmed';
    }) / worlds;
  const slack = 2 * Math.sqrt((alpha * (1 - alpha)) / worlds);
  report.row('all fell by 30 %, against a control: confirmed', confirmed(700_000, 0.7, true), 'of worlds', {
    atMost: alpha + slack,
  });
  report.row('  without a control', confirmed(700_000, 0.7, false), 'of worlds');
  report.row('  the fix halved it again, against the control: confirmed', confirmed(800_000, 0.35, true), 'of worlds');
}

/** The three levels of seed 004: half a year before the fix against half a year after it. */
function seedReview(report: Report, worlds: number): void {
  progress('the review of seed 004');
  const windows = { window: { from: day(180), until: day(360) }, compared: { from: day(0), until: day(180) } };
  const planted = {
    'social negative volume': -0.7,
    'progress enquiries': -0.6,
    'repurchase in 12 months': 0.18,
    churn: -0.15,
  };
  const poisson = (random: Random, mean: number) => random.binomial(1_000_000, mean / 1_000_000);
  const measures = (random: Random): Measure[] => {
    const volume = (before: number, change: number) =>
      ({
        kind: 'volume',
        before: poisson(random, before),
        after: poisson(random, before * (1 + change)),
        dispersion: 1,
      }) as const;
    const share = (of: number, was: number, change: number) =>
      ({ kind: 'share', before: count(random, of, was), after: count(random, of, was * (1 + change)) }) as const;
    const base = { comparator: 'prev_period', ...windows } as const;
    return [
      { ...base, level: 'voc', metric: 'social negative volume', better: 'less', figures: volume(4000, -0.7) },
      { ...base, level: 'operations', metric: 'progress enquiries', better: 'less', figures: volume(9000, -0.6) },
      {
        ...base,
        level: 'business',
        metric: 'repurchase in 12 months',
        better: 'more',
        figures: share(20_000, 0.3, 0.18),
      },
      { ...base, level: 'business', metric: 'churn', better: 'less', figures: share(40_000, 0.12, -0.15) },
    ];
  };
  const reviews = Array.from(
    { length: worlds },
    (_, n) => review(measures(seeded(900_000 + n)), day(180), 0.95).measures,
  );
  Object.entries(planted).forEach(([metric, truth], at) => {
    const found = reviews.map((lines) => lines[at]!);
    const mean = found.reduce((sum, { change }) => sum + change!.estimate, 0) / worlds;
    const inside = found.filter(({ change }) => within(truth, change!)).length / worlds;
    report.row(`seed 004, ${metric}: mean estimate`, mean * 100, '%', {
      atLeast: truth * 100 - 1,
      atMost: truth * 100 + 1,
    });
    report.row('  planted value inside the interval', inside, 'of worlds', { atLeast: 0.93 });
    report.row('  found better', found.filter(({ finding }) => finding === 'better').length / worlds, 'of worlds');
  });
}

/** Recovery is tried more on those who are worth more, and they stay longer anyway. */
function paradox(report: Report, worlds: number): void {
  progress('the recovery paradox');
  const people = (random: Random, prefix: string, many: number, years: number, lift: number): Followed[] =>
    Array.from({ length: many }, (_, n) => {
      const tenure = years * random.uniform();
      const vip = random.chance(years / 10);
      const retained = random.chance(logistic(-0.4 + 0.25 * tenure + (vip ? 0.6 : 0)) + lift);
      const revenueMinor = retained ? Math.round(Math.exp(9 + (vip ? 0.5 : 0) + 0.5 * random.normal())) : 0;
      return { id: `${prefix}${n}`, stratum: vip ? 'vip' : 'basic', near: [tenure], retained, revenueMinor };
    });
  const matching = { caliper: 0.2, minPairs: 100, maxImbalance: 0.1, confidence: 0.95 };
  const found = (random: Random, lift: number) => {
    const recovered = people(random, 'r', 500, 6, lift);
    const controls = people(random, 'c', 2500, 4, 0);
    const share = (side: Followed[]) => side.filter(({ retained }) => retained).length / side.length;
    return { gross: share(recovered) - share(controls), ...recoveryParadox(recovered, controls, matching) };
  };
  const nothing = Array.from({ length: worlds }, (_, n) => found(seeded(1_000_000 + n), 0));
  const none = nothing.filter(({ retained }) => retained.finding === 'no-difference-shown').length / worlds;
  report.row('no paradox: reported as none shown', none, 'of worlds', { atLeast: 0.93 });
  const revenue = nothing.filter((one) => one.revenue.finding === 'no-difference-shown').length / worlds;
  report.row('  the same for revenue', revenue, 'of worlds', { atLeast: 0.93 });
  report.row(
    '  gross difference in retention, all of it selection',
    nothing.reduce((sum, { gross }) => sum + gross, 0) / worlds,
    '',
  );
  const lifted = Array.from({ length: worlds }, (_, n) => found(seeded(1_100_000 + n), 0.1));
  const inside =
    lifted.filter(({ retained }) => retained.difference && within(0.1, retained.difference)).length / worlds;
  report.row('ten points more retention planted: inside the interval', inside, 'of worlds', { atLeast: 0.93 });
}
