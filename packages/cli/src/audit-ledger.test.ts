import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { expect, test } from 'vitest';
import { type Entry, overdrawn } from './audit-ledger.ts';

const rules = parsePolicy(presetPolicy()).compensation!;
const given: Entry = {
  ...{ grantId: 'a', caseId: 'k', customerId: 'c', kind: 'cash', by: 'sara', approved: false },
  ...{ authority: 'senior-urgent', amount: 300_00, at: new Date('2026-03-31T15:00:00Z') },
};
const judge = (...entries: Partial<Entry>[]) =>
  overdrawn(entries.map((one, i) => [{ ...given, grantId: `g${i}`, ...one }, rules]));

test('what is within authority and budgets holds, and so does what was approved, taken back or an advance', () => {
  expect(judge({}, { amount: 200_00 })).toEqual([]);
  expect(judge({}, { approved: true, authority: 'approval', amount: 4_000_00 })).toEqual([]);
  expect(judge({}, { grantId: 'g0', amount: -300_00 }, { amount: 500_00 })).toEqual([]);
  expect(judge({}, { kind: 'advance-refund', authority: 'advance', amount: 2_000_00 })).toEqual([]);
});

test('months of an agent end where the policy says', () => {
  const many = Array.from({ length: 20 }, (_, i) => ({ caseId: `k${i}`, customerId: `c${i}`, amount: 500_00 }));
  const late = { caseId: 'l', customerId: 'l', amount: 1 };
  expect(judge(...many, late)).toEqual(['g20 is beyond the budget of the agent']);
  expect(judge(...many, { ...late, at: new Date('2026-03-31T16:00:00Z') })).toEqual([]);
});

test.each<[string, Partial<Entry>[]]>([
  ['g1 is beyond the authority senior-urgent', [{}, { amount: 200_01 }]],
  ['g0 is beyond the authority frontline', [{ authority: 'frontline', amount: 50_01 }]],
  ['g0 is beyond the authority made-up', [{ authority: 'made-up' }]],
  ['g1 is beyond the budget of the case', [{}, { by: 'sven', amount: 200_01 }]],
  ['g2 is beyond the budget of the customer', [500_00, 500_00, 1].map((amount, i) => ({ amount, caseId: `k${i}` }))],
  ['g0 is above the ceiling', [{ approved: true, amount: 5_000_01 }]],
])('%s', (example, entries) => expect(judge(...entries)).toEqual([example]));
