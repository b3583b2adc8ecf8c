import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { describe, expect, test } from 'vitest';
import { type CustomerView, churnSignal, decide, type Inputs } from './triage.ts';

const policy = parsePolicy(presetPolicy());
const high: CustomerView = { known: true, ltv: 900, ltvThreshold: 500 };
const ordinary: CustomerView = { known: true, ltv: 100, ltvThreshold: 500 };
const redLine = [{ list: 'redLine', category: 'safety', term: '起火', start: 0, end: 2 }] as const;
const highRisk = [{ list: 'highRisk', category: 'churn', term: '解约', start: 0, end: 2 }] as const;

function response(nps: number | null, over: Partial<Inputs> = {}): Inputs {
  return {
    kind: nps === null ? 'chat' : 'survey-response',
    score: nps === null ? undefined : { scale: 'nps', value: nps },
    negative: false,
    hits: [],
    followUp: 'allowed',
    backfill: false,
    csatBefore: [],
    customer: ordinary,
    ...over,
  };
}

function csat(value: number, before: number[]): Inputs {
  return response(null, { score: { scale: 'csat', value }, csatBefore: before });
}

const decided = (inputs: Inputs) => decide(inputs, policy);

describe('the seed truth table: 11 scores × lifetime value × red line', () => {
  // Written from the seed's three sentences, not from the policy file (S21–S23).
  const expected = (score: number, isHigh: boolean, red: boolean) => {
    if (score > 6) return null;
    if (isHigh && score <= 3 && red) return 'P0';
    if (isHigh || score <= 3) return 'P1';
    return 'P2';
  };
  for (let score = 0; score <= 10; score++) {
    for (const isHigh of [true, false]) {
      for (const red of [true, false]) {
        const want = expected(score, isHigh, red);
        test(`${isHigh ? 'high value' : 'ordinary'}, NPS ${score}, ${red ? 'red line' : 'no red line'} is ${want ?? 'no case'}`, () => {
          const { priority } = decided(
            response(score, { customer: isHigh ? high : ordinary, hits: red ? [...redLine] : [] }),
          );
          expect(priority).toBe(want);
        });
      }
    }
  }
});

describe('alerts are a dimension of their own', () => {
  test('an ordinary 5 with a fire is P2 and pages the crisis team', () => {
    const { priority, alert } = decided(response(5, { hits: [...redLine] }));
    expect(priority).toBe('P2');
    expect(alert).toEqual({ level: 'page', audiences: ['crisis-team'] });
  });
  test('a P0 pages director and crisis team', () => {
    const { alert } = decided(response(2, { customer: high, hits: [...redLine] }));
    expect(alert?.level).toBe('page');
    expect(alert?.audiences).toEqual(['director', 'crisis-team']);
  });
  test('a red line in a promoter’s words pages and opens no case', () => {
    const decision = decided(response(9, { hits: [...redLine] }));
    expect(decision).toMatchObject({ priority: null, noCaseReason: 'alert-only', suppress: false });
    expect(decision.alert?.level).toBe('page');
  });
  test('a high-risk word alone pushes', () => {
    expect(decided(response(8, { hits: [...highRisk] })).alert).toEqual({ level: 'push', audiences: ['supervisor'] });
  });
  test('a P2 without words is digested', () => {
    expect(decided(response(6)).alert).toEqual({ level: 'digest', audiences: [] });
  });
});

describe('feedback without a score is graded by its words', () => {
  test.each([
    ['a red line', { hits: [...redLine] }, 'P1', 'P0'],
    ['a high-risk word', { hits: [...highRisk] }, 'P1', 'P0'],
    ['a negative text', { negative: true }, 'P2', 'P1'],
    ['nothing', {}, null, null],
  ] as const)('%s', (_name, over, forOrdinary, forHigh) => {
    expect(decided(response(null, over as Partial<Inputs>)).priority).toBe(forOrdinary);
    expect(decided(response(null, { ...(over as Partial<Inputs>), customer: high })).priority).toBe(forHigh);
  });
  test('a bad review triggers like a low score', () => {
    const decision = decided(response(null, { kind: 'review', negative: true }));
    expect(decision).toMatchObject({ triggers: ['bad-review'], priority: 'P2', suppress: true });
  });
});

describe('each trigger alone', () => {
  test('CSAT falling three times in a row fires, although the last score is no low one', () => {
    expect(decided(csat(3, [5, 4]))).toMatchObject({ triggers: ['csat-decline'], priority: 'P1', segment: 'passive' });
  });
  test.each([
    [4, [5]],
    [3, [4, 4]],
    [4, [3, 5]],
  ])('CSAT %d after %j does not', (value, before) => {
    expect(decided(csat(value, before)).triggers).toEqual([]);
  });
  test('a rating of 1 star is severe, of 2 stars is low, of 3 is neither', () => {
    const stars = (value: number) =>
      decided(response(null, { kind: 'review', score: { scale: 'rating', value } })).priority;
    expect([stars(1), stars(2), stars(3)]).toEqual(['P1', 'P2', null]);
  });
});

describe('no case', () => {
  test('history makes neither case nor alert nor suppression', () => {
    const decision = decided(response(0, { backfill: true, hits: [...redLine], customer: high }));
    expect(decision).toMatchObject({ priority: null, noCaseReason: 'backfill', suppress: false, alert: undefined });
  });
  test('who refuses contact gets none, is off promotion, and a red line still alerts', () => {
    const decision = decided(response(0, { followUp: 'refused', hits: [...redLine] }));
    expect(decision).toMatchObject({ priority: null, noCaseReason: 'follow-up-refused', suppress: true });
    expect(decision.alert?.audiences).toEqual(['crisis-team']);
  });
  test('a promoter needs none', () => {
    expect(decided(response(10))).toMatchObject({ priority: null, noCaseReason: 'no-trigger', suppress: false });
  });
});

test('a low score, a high-risk word and falling scores are signals of churn; a red line is none, and history says nothing of today', () => {
  const signalOf = (inputs: Inputs) => churnSignal(decided(inputs).triggers, inputs.backfill);
  expect(signalOf(response(2, { hits: [...redLine, ...highRisk] }))).toEqual({
    class: 'explicit',
    level: 'high',
    causes: ['low-score', 'high-risk-word'],
  });
  expect(signalOf(csat(3, [5, 4]))?.causes).toEqual(['csat-decline']);
  expect(signalOf(response(10, { hits: [...redLine] }))).toBeUndefined();
  expect(signalOf(response(2, { backfill: true }))).toBeUndefined();
});

describe('who is high value', () => {
  test.each([
    [{ known: true, ltv: 500, ltvThreshold: 500 }, 'P1'],
    [{ known: true, ltv: 499, ltvThreshold: 500 }, 'P2'],
    [{ known: false, ltvThreshold: 500 }, 'P2'],
    [{ known: true, valueClass: 'high', ltv: 1, ltvThreshold: 500 }, 'P1'],
    [{ known: true, valueClass: 'ordinary', ltv: 900, ltvThreshold: 500 }, 'P2'],
  ] as const)('%j at NPS 6 is %s', (customer, priority) => {
    expect(decided(response(6, { customer })).priority).toBe(priority);
  });
});

test('the receipt keeps all rules that held and names the nearest miss', () => {
  expect(decided(response(2, { customer: high })).matched.map((one) => one.rule)).toEqual([
    'high-value-detractor',
    'ordinary-severe',
    'ordinary-mild',
  ]);
  expect(decided(response(2, { customer: high })).nearestMiss).toMatchObject({
    priority: 'P0',
    needs: 'a red-line word',
  });
  expect(decided(response(5)).nearestMiss).toMatchObject({ priority: 'P1', needs: 'lifetime value >= 500' });
  expect(decided(response(2, { hits: [...redLine] })).nearestMiss).toMatchObject({
    priority: 'P0',
    needs: 'lifetime value >= 500',
  });
});
