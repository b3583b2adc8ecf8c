import { Rejection } from '@heard/bus/rejection';
import type { CompensationKind, Priority, Role } from '@heard/events/vocabulary';
import { type Compensation, parsePolicy, presetPolicy } from '@heard/policy/policy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bypass,
  type Candidate,
  type Command,
  decide,
  evolve,
  type Fact,
  type Grant,
  isAdvance,
  noGrant,
  postings,
  type Spent,
} from './compensation.ts';

const policy = parsePolicy(presetPolicy()).compensation!;
const nothing: Spent = { own: 0, case: 0, customer: 0, agent: 0, ofKind: 0 };
const somebody = (personId: string, ...roles: Role[]): Candidate => ({ personId, roles, present: true, openCases: 0 });
const sue = somebody('sue', 'supervisor');
const dan = somebody('dan', 'director');
/** Covers everybody and everything. */
const wide: Bypass = {
  flyWires: [
    {
      flyWireId: 'f',
      roles: ['support', 'senior-support', 'csm', 'supervisor', 'director', 'crisis-team'],
      ceiling: { amount: 5000_00, currency: 'CNY' },
      highValueOnly: false,
    },
  ],
  highValue: false,
};
const extras = ['cash', 'voucher', 'gift', 'service-days', 'refund'] as const;

function grant(change: Partial<Command & { do: 'grant' }> = {}): Command & { do: 'grant' } {
  return {
    do: 'grant',
    kind: 'cash',
    amount: 50_00,
    currency: 'CNY',
    by: somebody('ann', 'support'),
    reason: 'r',
    on: { state: 'in-recovery', priority: 'P2', involved: true },
    spent: nothing,
    blocked: [],
    bypass: wide,
    candidates: [sue, dan],
    ...change,
  };
}
const verdict = (command: Command, state = noGrant, rules = policy) => decide(command, state, rules).map((f) => f.type);
const after = (...facts: Fact[]) => facts.reduce(evolve, noGrant);
const asked = (change: Partial<Command & { do: 'grant' }> = {}) =>
  after(...decide(grant({ amount: 50_01, ...change }), noGrant, policy));

describe('role × priority × kind: the limit passes, one fen more asks', () => {
  const priorities: Priority[] = ['P0', 'P1', 'P2'];
  const limits: [Role, Record<Priority, number>, number][] = [
    ['support', { P0: 0, P1: 0, P2: 50_00 }, 0],
    ['senior-support', { P0: 500_00, P1: 500_00, P2: 50_00 }, 2000_00],
    ['csm', { P0: 500_00, P1: 500_00, P2: 50_00 }, 2000_00],
    ['supervisor', { P0: 500_00, P1: 500_00, P2: 500_00 }, 2000_00],
    ['director', { P0: 500_00, P1: 500_00, P2: 500_00 }, 2000_00],
    ['crisis-team', { P0: 500_00, P1: 500_00, P2: 500_00 }, 0],
  ];
  const table = limits.flatMap(([role, byPriority, advance]) =>
    priorities.flatMap((priority) => [
      ...extras.map((kind) => [role, priority, kind as CompensationKind, byPriority[priority]] as const),
      [role, priority, 'advance-refund' as CompensationKind, priority === 'P2' ? 0 : advance] as const,
    ]),
  );
  test.each(table)('%s at %s, %s: %i', (role, priority, kind, limit) => {
    for (const amount of [49_99, 50_00, 50_01, 499_99, 500_00, 500_01, 1999_99, 2000_00, 2000_01]) {
      const on = { state: 'assigned', priority, involved: true };
      const command = grant({ kind, amount, by: somebody('ann', role), on });
      expect(verdict(command), String(amount)).toEqual([
        amount <= limit ? 'compensation.granted' : 'compensation.requested',
      ]);
    }
  });
  test('of several roles the widest authority counts, and it is named', () => {
    const command = grant({ amount: 500_00, by: somebody('ann', 'support', 'supervisor') });
    expect(decide(command, noGrant, policy)).toMatchObject([{ type: 'compensation.granted', authority: 'lead' }]);
  });
});

describe('beyond the authority one is asked', () => {
  test.each<[string, Partial<Spent>, string[]]>([
    ['what the giver has given on the case counts', { own: 1 }, ['authority']],
    ['the case', { case: 450_01 }, ['case-budget']],
    ['the customer in 90 days', { customer: 950_01 }, ['customer-budget']],
    ['the agent in the month', { agent: 9950_01 }, ['agent-budget']],
    ['the case up to its budget', { case: 450_00, customer: 950_00, agent: 9950_00 }, []],
  ])('%s', (_name, spent, exceeds) => {
    const [fact] = decide(grant({ spent: { ...nothing, ...spent } }), noGrant, policy);
    expect(fact && 'exceeds' in fact ? fact.exceeds : []).toEqual(exceeds);
  });
  test('an advance refund is no budget’s, and has a limit of its own', () => {
    const on = { state: 'assigned', priority: 'P1' as const, involved: true };
    const spent = { ...nothing, case: 500_00, customer: 1000_00, agent: 10_000_00 };
    const command = grant({ kind: 'advance-refund', amount: 2000_00, by: somebody('ann', 'csm'), on, spent });
    expect(verdict(command)).toEqual(['compensation.granted']);
  });
  test.each<[number, string | null, Role[]]>([
    [2000_00, 'sue', ['supervisor']],
    [2000_01, 'dan', ['director']],
  ])('%i is asked of %s', (amount, approver, approverRoles) => {
    expect(decide(grant({ amount }), noGrant, policy)).toMatchObject([{ approver, approverRoles, step: 0 }]);
  });
  test('who asks is not asked; whoever is away neither', () => {
    expect(asked({ by: sue, amount: 500_01 })).toMatchObject({ approver: 'dan', step: 1 });
    expect(asked({ candidates: [{ ...sue, present: false }] })).toMatchObject({
      approver: null,
      approverRoles: ['supervisor', 'director'],
    });
  });
  test('of several the one with the fewest open cases', () => {
    const busy = { ...sue, personId: 'a', openCases: 3 };
    expect(asked({ candidates: [busy, sue] }).approver).toBe('sue');
  });
});

describe('the answer', () => {
  const approve = (by: Candidate, ofKind = 0): Command => ({
    ...{ do: 'approve', by, giver: somebody('ann', 'support'), spent: { ofKind }, blocked: [], bypass: wide },
  });
  test('approved, it is granted in the name of who asked', () =>
    expect(decide(approve(sue), asked(), policy)).toEqual([
      {
        type: 'compensation.granted',
        kind: 'cash',
        amount: 50_01,
        by: 'ann',
        authority: 'approval',
        approvedBy: 'sue',
        flyWireId: null,
      },
    ]));
  test.each<[string, Command, Grant, string]>([
    ['not by who asked', approve(somebody('ann', 'supervisor')), asked(), 'own-request'],
    ['not by another role', approve(dan), asked(), 'not-the-approver'],
    ['not above the ceiling of the case', approve(sue, 4949_99 + 1), asked(), 'over-ceiling'],
    ['not twice', approve(sue), { ...asked(), state: 'refused' }, 'not-asked'],
    ['not for whom was flagged since', { ...approve(sue), blocked: ['cash'] } as Command, asked(), 'extras-blocked'],
    ['no refusal of a grant', { do: 'refuse', by: sue, reason: '' }, { ...asked(), state: 'granted' }, 'not-asked'],
    ['no return of what was not given', { do: 'reverse', by: sue, reason: '' }, asked(), 'not-granted'],
    [
      'no return by a stranger',
      { do: 'reverse', by: somebody('eve', 'support'), reason: '' },
      { ...asked(), state: 'granted' },
      'not-yours',
    ],
  ])('%s', (_name, command, state, code) =>
    expect(() => decide(command, state, policy)).toThrow(expect.objectContaining({ code })),
  );
  test('sent again it changes nothing', () => {
    const granted = after(
      ...decide(grant({ amount: 50_01 }), noGrant, policy),
      ...decide(approve(sue), asked(), policy),
    );
    expect(verdict(approve(sue), granted)).toEqual([]);
  });
  test('nobody answers: the next of the ladder, then it expires', () => {
    const handed = evolve(asked(), decide({ do: 'expire', candidates: [sue, dan] }, asked(), policy)[0]!);
    expect(handed).toMatchObject({ approver: 'dan', step: 1, approverRoles: ['supervisor', 'director'] });
    expect(verdict(approve(sue), handed)).toEqual(['compensation.granted']);
    const [end] = decide({ do: 'expire', candidates: [sue, dan] }, handed, policy);
    expect(evolve(handed, end!).state).toBe('expired');
  });
});

describe('an advance refund', () => {
  const [open] = wide.flyWires;
  const order = (bypass: Partial<Bypass>, change: Partial<Command & { do: 'grant' }> = {}) =>
    grant({
      ...{ kind: 'advance-refund', amount: 2000_00, by: somebody('ann', 'csm') },
      on: { state: 'assigned', priority: 'P1', involved: true },
      ...{ bypass: { ...wide, ...bypass }, ...change },
    });
  const only = (change: Partial<Bypass['flyWires'][number]>, highValue = false) => ({
    flyWires: [{ ...open!, ...change }],
    highValue,
  });
  const given = () => after(...decide(order({}), noGrant, policy));
  const refused = (command: Command, state = noGrant) => {
    try {
      decide(command, state, policy);
      return 'yes';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test.each<[string, Partial<Bypass>, string]>([
    ['one that covers all', {}, 'yes'],
    ['none', { flyWires: [] }, 'no-fly-wire'],
    ['one for another role', only({ roles: ['supervisor'] }), 'no-fly-wire'],
    ['one for high value, for an ordinary customer', only({ highValueOnly: true }), 'no-fly-wire'],
    ['one for high value, for such a customer', only({ highValueOnly: true }, true), 'yes'],
    ['one up to the amount', only({ ceiling: { amount: 2000_00, currency: 'CNY' } }), 'yes'],
    ['one up to less', only({ ceiling: { amount: 1999_99, currency: 'CNY' } }), 'no-fly-wire'],
    ['one in another currency', only({ ceiling: { amount: 5000_00, currency: 'USD' } }), 'no-fly-wire'],
    ['the second of two', { flyWires: [{ ...open!, roles: ['director'] }, open!] }, 'yes'],
  ])('with %s: %s', (_name, bypass, answer) => expect(refused(order(bypass))).toBe(answer));

  test('names the fly-wire it is given through; other kinds need none', () => {
    expect(given().flyWireId).toBe('f');
    expect(verdict(grant({ bypass: { flyWires: [], highValue: false } }))).toEqual(['compensation.granted']);
  });
  test('that was asked for is approved only while one is open for who asked', () => {
    const state = after(...decide(order({}, { amount: 2000_01 }), noGrant, policy));
    const approve = (bypass: Bypass): Command => ({
      ...{ do: 'approve', by: dan, giver: somebody('ann', 'csm'), spent: { ofKind: 0 }, blocked: [], bypass },
    });
    expect(refused(approve({ flyWires: [], highValue: true }), state)).toBe('no-fly-wire');
    expect(refused(approve({ ...wide, ...only({ roles: ['director'] }) }), state)).toBe('no-fly-wire');
    expect(refused(approve(wide), state)).toBe('yes');
  });
  test('is matched once, by another than its giver, and then stays', () => {
    const match = (reference: string, by = dan): Command => ({ do: 'reconcile', by, reference });
    const [fact] = decide(match('R-1'), given(), policy);
    const matched = evolve(given(), fact!);
    expect(postings(fact!, given(), 'c')).toEqual([
      { account: 'refunds', amount: -2000_00 },
      { account: 'advances:unreconciled', amount: 2000_00 },
    ]);
    expect(decide(match('R-1'), matched, policy)).toEqual([]);
    expect(refused(match('R-2'), matched)).toBe('reconciled-already');
    expect(refused({ do: 'reverse', by: dan, reason: 'r' }, matched)).toBe('reconciled-already');
    expect(refused(match('R-1', somebody('ann', 'director')), given())).toBe('own-request');
    expect(refused(match('R-1'), { ...given(), state: 'reversed' })).toBe('not-granted');
    expect(refused(match('R-1'), { ...given(), kind: 'cash' })).toBe('not-an-advance');
  });
});

test.each<[string, Partial<Command & { do: 'grant' }>, string]>([
  ['a case that is over', { on: { state: 'closed', priority: 'P2', involved: true } }, 'case-not-open'],
  ['a case that waits', { on: { state: 'new', priority: 'P2', involved: true } }, 'case-not-open'],
  ['somebody else’s case', { on: { state: 'assigned', priority: 'P2', involved: false } }, 'not-on-the-case'],
  ['another currency', { currency: 'USD' }, 'wrong-currency'],
  ['more than the ceiling', { amount: 5000_01 }, 'over-ceiling'],
  ['more than the ceiling in parts', { spent: { ...nothing, ofKind: 4950_01 } }, 'over-ceiling'],
  ['a flagged customer', { blocked: ['cash'] }, 'extras-blocked'],
])('%s gets nothing', (_name, change, code) =>
  expect(() => decide(grant(change), noGrant, policy)).toThrow(expect.objectContaining({ code })),
);

describe('any sequence of commands', () => {
  const small: Compensation = {
    ...policy,
    budgets: { perCase: 300, perCustomer90d: 500, perAgentMonth: 600 },
    authority: [{ name: 'one', roles: ['support'], priorities: ['P2'], kinds: ['cash', 'gift'], upTo: 200 }],
    max: { ...policy.max, cash: 700 },
  };
  const step = fc.record({
    do: fc.constantFrom('grant', 'grant', 'approve', 'refuse', 'reverse', 'reconcile', 'expire'),
    which: fc.nat(11),
    by: fc.constantFrom(somebody('ann', 'support'), somebody('bob', 'support'), sue, dan),
    on: fc.constantFrom('case-1', 'case-2', 'case-3'),
    kind: fc.constantFrom<CompensationKind>('cash', 'gift', 'advance-refund'),
    amount: fc.integer({ min: 1, max: 260 }),
  });

  test('keeps the ledger balanced, the budgets the sum of the grants, and what was not asked within the limits', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const files: { grant: Grant; on: string }[] = [];
        const ledger = new Map<string, number>();
        const given = (of: (file: { grant: Grant; on: string }) => boolean) =>
          files
            .filter((file) => file.grant.state === 'granted' && of(file))
            .reduce((sum, { grant: g }) => sum + g.amount, 0);
        // case-1 and case-2 belong to the same customer
        const customerOf = (on: string) => (on === 'case-3' ? 'y' : 'x');

        for (const one of steps) {
          const file = one.do === 'grant' ? { grant: noGrant, on: one.on } : files[one.which % (files.length || 1)];
          if (!file) continue;
          const { kind } = one.do === 'grant' ? one : file.grant;
          const same = (g: Grant) => isAdvance(g.kind) === isAdvance(kind);
          const spent: Spent = {
            own: given(
              (f) => f.on === file.on && same(f.grant) && f.grant.by === one.by.personId && !f.grant.decidedBy,
            ),
            case: given((f) => f.on === file.on && same(f.grant)),
            customer: given((f) => customerOf(f.on) === customerOf(file.on) && same(f.grant)),
            agent: given((f) => f.grant.by === one.by.personId && same(f.grant)),
            ofKind: given((f) => f.on === file.on && f.grant.kind === kind),
          };
          const command = {
            ...grant({ kind, amount: one.amount, by: one.by, spent, candidates: [sue, dan] }),
            ...{ do: one.do, giver: somebody(file.grant.by, 'support'), reference: 'r' },
          } as Command;
          let facts: Fact[];
          try {
            facts = decide(command, file.grant, small);
          } catch (error) {
            if (!(error instanceof Rejection)) throw error;
            continue;
          }
          for (const fact of facts) {
            file.grant = evolve(file.grant, fact);
            const entries = postings(fact, file.grant, customerOf(file.on));
            expect(entries.reduce((sum, entry) => sum + entry.amount, 0)).toBe(0);
            for (const { account, amount } of entries) ledger.set(account, (ledger.get(account) ?? 0) + amount);
          }
          if (one.do === 'grant') files.push(file);
        }

        expect([...ledger.values()].reduce((sum, amount) => sum + amount, 0)).toBe(0);
        for (const customer of ['x', 'y']) {
          expect(ledger.get(`customer:${customer}`) ?? 0).toBe(given((f) => customerOf(f.on) === customer));
        }
        expect(0 - (ledger.get('budget:recovery') ?? 0)).toBe(given((f) => !isAdvance(f.grant.kind)));
        const advances = (matched: boolean) =>
          given((f) => isAdvance(f.grant.kind) && (f.grant.reference !== null) === matched);
        expect(0 - (ledger.get('advances:unreconciled') ?? 0)).toBe(advances(false));
        expect(0 - (ledger.get('refunds') ?? 0)).toBe(advances(true));
        for (const on of ['case-1', 'case-2', 'case-3']) {
          const unasked = given((f) => f.on === on && f.grant.decidedBy === null && !isAdvance(f.grant.kind));
          expect(unasked).toBeLessThanOrEqual(small.budgets.perCase);
          expect(given((f) => f.on === on && f.grant.kind === 'cash')).toBeLessThanOrEqual(small.max.cash);
        }
        for (const { grant: g } of files) expect(g.decidedBy).not.toBe(g.by);
      }),
    ));
});
