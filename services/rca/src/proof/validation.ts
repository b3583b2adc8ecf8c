import { Rejection } from '@heard/bus/rejection';
import { differenceInDifferences, type Sides } from '@heard/statistics/difference';
import type { Count, Interval, Sided } from '@heard/statistics/interval';
import { benjaminiHochberg } from '@heard/statistics/multiple';
import { enoughOn, neededAfter, type Plan, power, smallestDetectableChange } from '@heard/statistics/power';
import { newcombe, twoProportions, wilson } from '@heard/statistics/proportion';

/**
 * Whether a fix is proven.
 *
 * What will be measured is written down before the window it is measured in begins, and never changed after: the share
 * of comments that name the theme, both windows, the effect expected, the test and its α. Both windows are counted with the
 * version of the code frame that was written down; another version is no evidence, for renaming a theme would move its
 * share too. With a control group only what fell beyond the control's fall counts. Themes that were registered together
 * are concluded together, corrected for their number; none may be left out.
 *
 * Confirmed: the share moved as expected by more than chance. Worse: it moved the other way by more than chance. Neither,
 * and the effect expected would have been seen: no evidence. Neither, and it might well have been missed, or there are too
 * few comments in a window or too few hits beside a control: underpowered, which says nothing about the fix. Of a window
 * without any comment every interval is everything.
 */
export interface Registration {
  validationId: string;
  themeId: string;
  frameVersion: number;
  /** Mention share counts every comment that names the theme; primary share only those of which it is the first. */
  metric: 'mention-share' | 'primary-share';
  baseline: Window;
  after: Window;
  /** Relative: −.5 where half as many are expected. */
  expectedChange: number;
  alpha: number;
  sided: 'one' | 'two';
  correction: 'benjamini-hochberg' | 'none';
  /** How many themes are registered together, this one included. */
  comparisons: number;
  /** The fewest comments in each window. */
  minN: number;
  /** The power that "no evidence" asks for. */
  power: number;
  /** What the control group is; its share is compared by difference in differences. */
  control?: string;
  registeredAt: Date;
}

/** From `from` on, until just before `until`. */
export interface Window {
  from: Date;
  until: Date;
}

export interface Evidence {
  frameVersions: { baseline: number; after: number };
  before: Count;
  after: Count;
  control?: Sides;
}

export type Verdict = 'confirmed' | 'no-evidence' | 'worse' | 'underpowered';

export interface Conclusion {
  validationId: string;
  verdict: Verdict;
  method: 'z' | 'fisher' | 'difference-in-differences';
  before: Interval;
  after: Interval;
  /** after − before in shares; beyond the control's where there is one. */
  difference: Interval;
  /** By the test registered; `corrected` is what α is held against. */
  p: number;
  corrected: number;
  twoSided: number;
  /** Corrected too, of a change the other way. */
  worse: number;
  alpha: number;
  /** The chance the expected change had to be called, given how many comments there were. */
  power: number;
  /** In shares; undefined when not even the largest would have been seen. */
  smallestDetectableChange: number | undefined;
}

/** Throws Rejection where what is written down could not prove anything, or comes too late. */
export function register(draft: Omit<Registration, 'registeredAt'>, at: Date): Registration {
  const { baseline, after, expectedChange, alpha, comparisons } = draft;
  if (!(baseline.from < baseline.until && after.from < after.until)) {
    throw new Rejection('window-empty', 'a window ends before it begins');
  }
  if (baseline.until > after.from)
    throw new Rejection('windows-overlap', 'the baseline must end before the fix is measured');
  if (at >= after.from) {
    throw new Rejection('too-late-to-register', 'what is measured must be written down before its window begins');
  }
  if (!(expectedChange >= -1) || expectedChange === 0) {
    throw new Rejection('no-effect-expected', 'the expected change must be -100 % or more, and not none');
  }
  if (!(alpha > 0 && alpha < 0.5 && draft.power > alpha && draft.power < 1 && draft.minN >= 1 && comparisons >= 1)) {
    throw new Rejection('test-not-valid', 'alpha, power, minN or the number of comparisons makes no test');
  }
  return { ...draft, registeredAt: at };
}

export interface Forecast {
  /** Comments of the second window that give the registered power; Infinity if the baseline is too small for any. */
  needed: number;
  /** undefined: never at this rate. */
  enoughOn: Date | undefined;
  /** At the end of the window, at this rate. */
  power: number;
  smallestDetectableChange: number | undefined;
}

/** When there will be enough data, from what the baseline counted and the comments a week that are expected. */
export function forecast(
  registration: Registration,
  baseline: { before: Count; control?: Count },
  perWeek: { treated: number; control?: number },
): Forecast {
  const control = controlPlan(registration, baseline.control, (perWeek.control ?? 0) / perWeek.treated);
  const plan = planOf(registration, baseline.before, control);
  const needed = Math.max(registration.minN, neededAfter(plan, registration.power));
  const { from, until } = registration.after;
  const byTheEnd = Math.floor((perWeek.treated * (until.getTime() - from.getTime())) / (7 * 24 * 3_600_000));
  return {
    needed,
    enoughOn: enoughOn(from, needed, perWeek.treated),
    power: power(plan, byTheEnd),
    smallestDetectableChange: smallestDetectableChange(plan, byTheEnd, registration.power),
  };
}

/**
 * Concludes what was registered together. The order of the conclusions is that of the cases. Throws Rejection while a
 * window is open, when a registered comparison or control is missing, and when the frame is not the registered one.
 */
export function conclude(cases: readonly { registration: Registration; evidence: Evidence }[], at: Date): Conclusion[] {
  for (const { registration, evidence } of cases) refuse(registration, evidence, cases.length, at);
  const tested = cases.map(({ registration, evidence }) => test(registration, evidence));
  const correct = (p: readonly number[]) => {
    const adjusted = benjaminiHochberg(p);
    return cases.map(({ registration }, of) => (registration.correction === 'none' ? p[of]! : adjusted[of]!));
  };
  const corrected = correct(tested.map(({ p }) => p));
  const worse = correct(tested.map(({ other }) => other));
  return cases.map(({ registration, evidence }, of) => {
    const { method, difference, p, twoSided } = tested[of]!;
    const sampled = sample(registration, evidence);
    const numbers = { corrected: corrected[of]!, worse: worse[of]!, power: sampled.power };
    return {
      validationId: registration.validationId,
      verdict: verdict(registration, evidence, difference.estimate, numbers),
      method,
      before: shareOf(evidence.before),
      after: shareOf(evidence.after),
      difference,
      p,
      twoSided,
      alpha: registration.alpha,
      ...numbers,
      smallestDetectableChange: sampled.smallestDetectableChange,
    };
  });
}

function refuse({ frameVersion, after, comparisons, control }: Registration, evidence: Evidence, of: number, at: Date) {
  if (at < after.until)
    throw new Rejection('window-open', 'the window is not over: looking early finds effects by chance');
  const { frameVersions } = evidence;
  if (frameVersions.baseline !== frameVersion || frameVersions.after !== frameVersion) {
    throw new Rejection('frame-changed', `both windows must be counted with version ${frameVersion} of the code frame`);
  }
  if (of !== comparisons) {
    throw new Rejection('comparisons-missing', `${comparisons} themes were registered together, ${of} are concluded`);
  }
  if ((control !== undefined) !== (evidence.control !== undefined)) {
    throw new Rejection('control-mismatch', 'the control group must be the registered one');
  }
}

function test(registration: Registration, evidence: Evidence) {
  const { before, after, control } = evidence;
  if (isUnseen(evidence)) {
    const method = control ? ('difference-in-differences' as const) : ('z' as const);
    return { method, difference: { estimate: 0, lower: -1, upper: 1 }, p: 1, other: 1, twoSided: 1 };
  }
  const expected = directionOf(registration);
  const opposite = expected === 'fell' ? 'rose' : 'fell';
  const by = (sided: Sided) => {
    if (!control) return { ...twoProportions(before, after, sided), difference: newcombe(before, after) };
    const difference = differenceInDifferences({ before, after }, control, sided);
    return { method: 'difference-in-differences' as const, p: difference.p, difference };
  };
  const two = by('two');
  if (registration.sided === 'two') return { ...two, twoSided: two.p, other: two.p };
  return { ...two, p: by(expected).p, other: by(opposite).p, twoSided: two.p };
}

function verdict(
  registration: Registration,
  evidence: Evidence,
  moved: number,
  numbers: { corrected: number; worse: number; power: number },
): Verdict {
  const { alpha, minN, expectedChange } = registration;
  const asExpected = moved * expectedChange > 0;
  if (isTooSmall(evidence, minN)) return 'underpowered';
  if (asExpected && numbers.corrected <= alpha) return 'confirmed';
  if (!asExpected && numbers.worse <= alpha) return 'worse';
  return numbers.power < registration.power ? 'underpowered' : 'no-evidence';
}

/** The normal law of the difference in differences asks for some hits and misses in each of its four shares. */
function isTooSmall(evidence: Evidence, minN: number): boolean {
  const sides = sidesOf(evidence);
  if (sides.some(({ of }) => of < minN)) return true;
  return evidence.control !== undefined && sides.some(({ hits, of }) => Math.min(hits, of - hits) < 5);
}

function isUnseen(evidence: Evidence): boolean {
  return sidesOf(evidence).some((side) => side.of === 0);
}

function shareOf(count: Count): Interval {
  return count.of === 0 ? { estimate: 0, lower: 0, upper: 1 } : wilson(count);
}

function sidesOf({ before, after, control }: Evidence): Count[] {
  return [before, after, ...(control ? [control.before, control.after] : [])];
}

function sample(registration: Registration, evidence: Evidence) {
  if (isUnseen(evidence)) return { power: 0, smallestDetectableChange: undefined };
  const { before, after, control } = evidence;
  const plan = planOf(
    registration,
    before,
    controlPlan(registration, control?.before, (control?.after.of ?? 0) / after.of),
  );
  return {
    power: power(plan, after.of),
    smallestDetectableChange: smallestDetectableChange(plan, after.of, registration.power),
  };
}

/** α is divided by the number of comparisons: what the correction asks of the one theme that changed when no other did. */
function planOf(registration: Registration, before: Count, control: Plan['control']): Plan {
  const { alpha, correction, comparisons, sided, expectedChange } = registration;
  const share = before.hits / before.of;
  return {
    share,
    expectedShare: Math.min(1, share * (1 + expectedChange)),
    before: before.of,
    alpha: correction === 'none' ? alpha : alpha / comparisons,
    sided: sided === 'two' ? 'two' : directionOf(registration),
    control,
  };
}

function controlPlan({ control }: Registration, before: Count | undefined, perAfter: number): Plan['control'] {
  if (control === undefined || !before) return undefined;
  return { share: before.hits / before.of, before: before.of, perAfter };
}

function directionOf({ expectedChange }: Registration): 'fell' | 'rose' {
  return expectedChange < 0 ? 'fell' : 'rose';
}
