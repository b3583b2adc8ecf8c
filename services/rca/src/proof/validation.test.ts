import { seeded } from '@heard/statistics/random';
import { describe, expect, test } from 'vitest';
import { conclude, type Evidence, forecast, type Registration, register } from './validation.ts';

const day = (n: number) => new Date(Date.UTC(2027, 0, 1 + n));
const draft: Omit<Registration, 'registeredAt'> = {
  validationId: 'v1',
  themeId: 'refund',
  frameVersion: 3,
  metric: 'mention-share',
  baseline: { from: day(0), until: day(90) },
  after: { from: day(100), until: day(190) },
  expectedChange: -0.5,
  alpha: 0.05,
  sided: 'one',
  correction: 'benjamini-hochberg',
  comparisons: 1,
  minN: 100,
  power: 0.8,
};
const registered = (over: Partial<Registration> = {}) => register({ ...draft, ...over }, day(95));
const evidence = (before: [number, number], after: [number, number], over: Partial<Evidence> = {}): Evidence => ({
  frameVersions: { baseline: 3, after: 3 },
  before: { hits: before[0], of: before[1] },
  after: { hits: after[0], of: after[1] },
  ...over,
});
const over = day(200);
const concluded = (given: Evidence, registration = registered()) =>
  conclude([{ registration, evidence: given }], over)[0]!;
const code = (expected: string) => expect.objectContaining({ name: 'Rejection', code: expected });

describe('registering', () => {
  test('comes before the window in which it is measured', () => {
    expect(register(draft, day(99)).registeredAt).toEqual(day(99));
    expect(() => register(draft, day(100))).toThrow(code('too-late-to-register'));
  });

  test('refuses what could prove nothing', () => {
    const refused = (over: Partial<Registration>, why: string) => expect(() => registered(over)).toThrow(code(why));
    refused({ baseline: { from: day(0), until: day(101) } }, 'windows-overlap');
    refused({ after: { from: day(100), until: day(100) } }, 'window-empty');
    refused({ expectedChange: 0 }, 'no-effect-expected');
    refused({ expectedChange: -1.2 }, 'no-effect-expected');
    refused({ alpha: 0.5 }, 'test-not-valid');
    refused({ power: 0.01 }, 'test-not-valid');
    refused({ comparisons: 0 }, 'test-not-valid');
  });
});

describe('the forecast', () => {
  const baseline = { before: { hits: 135, of: 1500 } };

  test('names how many comments are needed and the day there will be as many', () => {
    const found = forecast(registered(), baseline, { treated: 50 });
    // With scipy 1.17.1, every pair of outcomes: .8 is reached with 231 comments and not with 230.
    expect(found.needed).toBe(231);
    expect(found.enoughOn).toEqual(new Date('2027-05-13T08:09:36Z'));
    expect(found.power).toBeGreaterThan(0.95);
  });

  test('says what the window can see at this rate', () => {
    const found = forecast(registered(), baseline, { treated: 10 });
    expect(found.enoughOn! > draft.after.until).toBe(true);
    expect(found.power).toBeLessThan(0.8);
    expect(found.smallestDetectableChange).toBeGreaterThan(0.045);
  });

  test('never ends where nothing comes or the baseline is too small', () => {
    expect(forecast(registered(), baseline, { treated: 0 }).enoughOn).toBeUndefined();
    expect(forecast(registered(), { before: { hits: 1, of: 11 } }, { treated: 50 }).enoughOn).toBeUndefined();
  });

  test('asks for more where several themes are registered, and where a control adds its own noise', () => {
    const alone = forecast(registered(), baseline, { treated: 50 }).needed;
    expect(forecast(registered({ comparisons: 10 }), baseline, { treated: 50 }).needed).toBeGreaterThan(alone);
    const control = { before: { hits: 135, of: 1500 }, control: { hits: 120, of: 1500 } };
    const controlled = registered({ control: 'region north' });
    expect(forecast(controlled, control, { treated: 50, control: 50 }).needed).toBeGreaterThan(alone);
  });
});

describe('the verdict', () => {
  test('is confirmed where the share fell by more than chance, with every number', () => {
    const found = concluded(evidence([135, 1500], [68, 1500]));
    expect(found).toMatchObject({ verdict: 'confirmed', method: 'z', alpha: 0.05 });
    // Those of the tests of the statistics: statsmodels 0.15.0.
    expect(found.p / 5.576045107746324e-7).toBeCloseTo(1, 9);
    expect(found.twoSided / 1.1152090215492648e-6).toBeCloseTo(1, 9);
    expect(found.difference.upper).toBeCloseTo(-0.02681040674249326, 10);
    expect(found.difference.lower).toBeCloseTo(-0.06284509335816163, 10);
    expect(found.before.lower).toBeCloseTo(0.0765454288549283, 10);
    expect(found.smallestDetectableChange).toBeCloseTo(0.024317018802143764, 9);
    expect(found.corrected).toBe(found.p);
  });

  test('is no evidence where the expected fall would have been seen and was not', () => {
    expect(concluded(evidence([135, 1500], [130, 1500])).verdict).toBe('no-evidence');
  });

  test('is underpowered where it might well have been missed', () => {
    const found = concluded(evidence([9, 150], [6, 150]));
    expect(found.verdict).toBe('underpowered');
    expect(found.power).toBeLessThan(0.8);
  });

  test('is underpowered below the fewest comments, however clear it looks', () => {
    expect(concluded(evidence([80, 99], [10, 99])).verdict).toBe('underpowered');
    expect(concluded(evidence([80, 100], [10, 100])).verdict).toBe('confirmed');
  });

  test('is worse where the share rose by more than chance', () => {
    expect(concluded(evidence([68, 1500], [135, 1500])).verdict).toBe('worse');
  });

  test('looks the other way for what should rise, and both ways where two sides were registered', () => {
    const rising = registered({ expectedChange: 0.5 });
    expect(concluded(evidence([68, 1500], [135, 1500]), rising).verdict).toBe('confirmed');
    expect(concluded(evidence([135, 1500], [68, 1500]), rising).verdict).toBe('worse');
    const both = registered({ sided: 'two' });
    const [one, two] = [
      concluded(evidence([100, 1000], [80, 1000])),
      concluded(evidence([100, 1000], [80, 1000]), both),
    ];
    expect(two.p).toBeCloseTo(2 * one.p, 12);
    expect(concluded(evidence([68, 1500], [135, 1500]), both).verdict).toBe('worse');
  });

  test("is by Fisher's test where a cell expects fewer than 5", () => {
    expect(concluded(evidence([4, 110], [0, 120])).method).toBe('fisher');
  });

  test('counts only what fell beyond the control', () => {
    const fallen = evidence([360, 3000], [250, 3000]);
    expect(concluded(fallen).verdict).toBe('confirmed');
    const control = { before: { hits: 360, of: 3000 }, after: { hits: 252, of: 3000 } };
    const found = concluded({ ...fallen, control }, registered({ control: 'region north' }));
    expect(found.verdict).not.toBe('confirmed');
    expect(found.method).toBe('difference-in-differences');
    const flat = { before: { hits: 360, of: 3000 }, after: { hits: 362, of: 3000 } };
    expect(concluded({ ...fallen, control: flat }, registered({ control: 'region north' })).verdict).toBe('confirmed');
  });
});

test('a window without any comment says nothing, and takes nothing from those registered with it', () => {
  for (const empty of [{ before: { hits: 0, of: 0 } }, { after: { hits: 0, of: 0 } }]) {
    const found = concluded({ ...evidence([135, 1500], [68, 1500]), ...empty });
    expect(found).toMatchObject({ verdict: 'underpowered', p: 1, power: 0, difference: { lower: -1, upper: 1 } });
  }
  const registration = registered({ comparisons: 2 });
  const both = [evidence([135, 1500], [68, 1500]), evidence([135, 1500], [0, 0])];
  const [first] = conclude(
    both.map((given) => ({ registration, evidence: given })),
    over,
  );
  expect(first!.verdict).toBe('confirmed');
});

test('against a control with too few hits nothing is concluded', () => {
  const control = { before: { hits: 3, of: 200 }, after: { hits: 20, of: 200 } };
  const found = concluded({ ...evidence([135, 1500], [68, 1500]), control }, registered({ control: 'region north' }));
  expect(found.verdict).toBe('underpowered');
});

describe('concluding is refused', () => {
  const fallen = evidence([135, 1500], [68, 1500]);

  test('while the window is open', () => {
    expect(() => conclude([{ registration: registered(), evidence: fallen }], day(189))).toThrow(code('window-open'));
  });

  test('where a window was counted with another version of the frame', () => {
    for (const frameVersions of [
      { baseline: 3, after: 4 },
      { baseline: 2, after: 3 },
      { baseline: 4, after: 4 },
    ]) {
      expect(() => concluded({ ...fallen, frameVersions })).toThrow(code('frame-changed'));
    }
  });

  test('where a theme that was registered with it is left out', () => {
    expect(() => concluded(fallen, registered({ comparisons: 2 }))).toThrow(code('comparisons-missing'));
  });

  test('with another control than the registered one', () => {
    expect(() => concluded(fallen, registered({ control: 'region north' }))).toThrow(code('control-mismatch'));
    const control = { before: fallen.before, after: fallen.before };
    expect(() => concluded({ ...fallen, control })).toThrow(code('control-mismatch'));
  });
});

describe('themes registered together', () => {
  const registration = registered({ comparisons: 3 });
  const nothing = evidence([150, 1500], [150, 1500]);
  const slight = evidence([150, 1500], [122, 1500]);

  test('share the error among them', () => {
    const [first] = conclude(
      [slight, nothing, nothing].map((given) => ({ registration, evidence: given })),
      over,
    );
    expect(first!.p).toBeLessThan(0.05);
    expect(first!.corrected).toBeCloseTo(3 * first!.p, 12);
    expect(first!.verdict).not.toBe('confirmed');
  });

  test('unless no correction was registered', () => {
    const plain = registered({ comparisons: 3, correction: 'none' });
    const [first] = conclude(
      [slight, nothing, nothing].map((given) => ({ registration: plain, evidence: given })),
      over,
    );
    expect(first!.verdict).toBe('confirmed');
  });
});

describe('in 400 worlds', () => {
  const share = (of: (random: ReturnType<typeof seeded>) => Evidence) => {
    let confirmed = 0;
    for (let seed = 0; seed < 400; seed++) if (concluded(of(seeded(seed))).verdict === 'confirmed') confirmed++;
    return confirmed / 400;
  };
  const world = (random: ReturnType<typeof seeded>, was: number, is: number) =>
    evidence([random.binomial(1500, was), 1500], [random.binomial(1500, is), 1500]);

  test('a halved theme is confirmed', () => {
    expect(share((random) => world(random, 0.09, 0.045))).toBeGreaterThanOrEqual(0.95);
  });

  test('nothing is confirmed as nothing, but for α', () => {
    // α and three standard errors.
    expect(share((random) => world(random, 0.09, 0.09))).toBeLessThanOrEqual(0.05 + 0.033);
  });
});
