import { Rejection } from '@heard/bus/rejection';
import type { CompensationKind, Priority, Role } from '@heard/events/vocabulary';
import type { Compensation } from '@heard/policy/policy';

/**
 * Who may give a customer how much, and who is asked beyond that.
 *
 * Only who works on an open case gives. Within the authority of their role and the budgets it is given at once; beyond
 * either, one person is asked, never the one who asks, and if nobody answers in time the next role of the fallback is
 * asked too. Above the case's ceiling for the kind the answer is no, whoever approves. Authority counts what the person
 * has given on the case already, so that an amount cannot be split. What was given can be taken back, which frees the
 * budgets. An advance refund is the customer's own money before its time: its own limits, no budget, only while a
 * fly-wire is open that covers the giver, the customer and the amount, and finance must match it later. Once matched it
 * is not taken back.
 */
export interface Grant {
  state: 'none' | 'asked' | 'granted' | 'refused' | 'reversed' | 'expired';
  kind: CompensationKind;
  amount: number;
  by: string;
  approver: string | null;
  approverRoles: Role[];
  /** Place in the approver's ladder: role, then fallback. */
  step: number;
  /** Who approved or refused. */
  decidedBy: string | null;
  /** What allowed an advance refund. */
  flyWireId: string | null;
  /** Finance's document of the refund an advance was matched with. */
  reference: string | null;
}

export const noGrant: Grant = {
  state: 'none',
  kind: 'cash',
  amount: 0,
  by: '',
  approver: null,
  approverRoles: [],
  step: 0,
  decidedBy: null,
  flyWireId: null,
  reference: null,
};

export interface Giver {
  personId: string;
  roles: readonly Role[];
}

/** Somebody who could be asked. */
export interface Candidate extends Giver {
  present: boolean;
  openCases: number;
}

/** A temporary bypass that is open now. The ceiling is of one grant. */
export interface FlyWire {
  flyWireId: string;
  roles: readonly string[];
  ceiling: { amount: number; currency: string };
  highValueOnly: boolean;
}

/** What an advance refund needs besides. */
export interface Bypass {
  flyWires: readonly FlyWire[];
  /** The customer is. */
  highValue: boolean;
}

/** What is given and not taken back, in minor units, before this grant. Advance refunds are summed by themselves. */
export interface Spent {
  /** By the giver on this case, unasked. */
  own: number;
  case: number;
  customer: number;
  agent: number;
  /** Of this kind on this case, by anybody. */
  ofKind: number;
}

export type Exceeds = 'authority' | 'case-budget' | 'customer-budget' | 'agent-budget';

export type Command =
  | {
      do: 'grant';
      kind: CompensationKind;
      amount: number;
      currency: string;
      by: Giver;
      reason: string;
      /** `involved`: the giver is owner or collaborator. */
      on: { state: string; priority: Priority; involved: boolean };
      spent: Spent;
      /** Kinds this customer does not get for now. */
      blocked: readonly CompensationKind[];
      bypass: Bypass;
      candidates: readonly Candidate[];
    }
  | {
      do: 'approve';
      by: Giver;
      /** Who asked. */
      giver: Giver;
      spent: Pick<Spent, 'ofKind'>;
      blocked: readonly CompensationKind[];
      bypass: Bypass;
    }
  | { do: 'refuse'; by: Giver; reason: string }
  | { do: 'reverse'; by: Giver; reason: string }
  | { do: 'reconcile'; by: Giver; reference: string }
  | { do: 'expire'; candidates: readonly Candidate[] };

interface Asked {
  approver: string | null;
  approverRoles: Role[];
  step: number;
}

export type Fact =
  | ({
      type: 'compensation.requested';
      kind: CompensationKind;
      amount: number;
      by: string;
      reason: string;
      exceeds: Exceeds[];
    } & Asked)
  | ({ type: 'compensation.handed-over' } & Asked)
  | {
      type: 'compensation.granted';
      kind: CompensationKind;
      amount: number;
      by: string;
      authority: string;
      approvedBy?: string;
      flyWireId: string | null;
      reason?: string;
    }
  | { type: 'compensation.refused'; by: string | null; reason: string }
  | { type: 'compensation.reversed'; by: string; reason: string }
  | { type: 'compensation.reconciled'; by: string; reference: string };

const open = ['assigned', 'contacting', 'in-recovery'];

/** What follows from a command; [] where it is done already. Throws Rejection where the rules say no. */
export function decide(command: Command, grant: Grant, policy: Compensation): Fact[] {
  switch (command.do) {
    case 'grant':
      return grant.state === 'none' ? give(command, policy) : [];
    case 'approve':
      if (grant.state === 'granted' && grant.decidedBy === command.by.personId) return [];
      mayAnswer(grant, command.by);
      refuseBlocked(grant.kind, command.blocked);
      refuseAboveMax(grant, command.spent, policy);
      return [
        {
          type: 'compensation.granted',
          kind: grant.kind,
          amount: grant.amount,
          by: grant.by,
          authority: 'approval',
          approvedBy: command.by.personId,
          flyWireId: bypassFor(grant, policy.currency, command.giver, command.bypass),
        },
      ];
    case 'refuse':
      if (grant.state === 'refused' && grant.decidedBy === command.by.personId) return [];
      mayAnswer(grant, command.by);
      return [{ type: 'compensation.refused', by: command.by.personId, reason: command.reason }];
    case 'reverse':
      if (grant.state === 'reversed') return [];
      if (grant.state !== 'granted') throw new Rejection('not-granted', `the grant is ${grant.state}`);
      if (grant.reference !== null) throw new Rejection('reconciled-already', 'finance has matched it');
      if (
        command.by.personId !== grant.by &&
        !ladderFor(grant.amount, policy).some((role) => command.by.roles.includes(role))
      ) {
        throw new Rejection('not-yours', 'only its giver or who could approve it may take a grant back');
      }
      return [{ type: 'compensation.reversed', by: command.by.personId, reason: command.reason }];
    case 'reconcile':
      return reconcile(command, grant);
    case 'expire': {
      if (grant.state !== 'asked') return [];
      const from = grant.approver === null ? 0 : grant.step + 1;
      const asked = ask(ladderFor(grant.amount, policy), from, grant.by, command.candidates);
      if (!asked) return [{ type: 'compensation.refused', by: null, reason: 'expired' }];
      return [{ type: 'compensation.handed-over', ...asked }];
    }
  }
}

export function evolve(grant: Grant, fact: Fact): Grant {
  switch (fact.type) {
    case 'compensation.requested': {
      const { kind, amount, by, approver, approverRoles, step } = fact;
      return { ...noGrant, state: 'asked', kind, amount, by, approver, approverRoles, step };
    }
    case 'compensation.handed-over':
      return { ...grant, approver: fact.approver, approverRoles: fact.approverRoles, step: fact.step };
    case 'compensation.granted':
      return {
        ...grant,
        state: 'granted',
        kind: fact.kind,
        amount: fact.amount,
        by: fact.by,
        decidedBy: fact.approvedBy ?? null,
        flyWireId: fact.flyWireId,
      };
    case 'compensation.refused':
      return { ...grant, state: fact.by === null ? 'expired' : 'refused', decidedBy: fact.by };
    case 'compensation.reversed':
      return { ...grant, state: 'reversed' };
    case 'compensation.reconciled':
      return { ...grant, reference: fact.reference };
  }
}

export interface Posting {
  account: string;
  amount: number;
}

/**
 * The two sides of a grant in the ledger; taken back, the same with opposite signs. They sum to zero. Matched, an advance
 * is the refund it was an advance on; the customer has it already.
 */
export function postings(fact: Fact, grant: Grant, customerId: string): Posting[] {
  if (fact.type === 'compensation.reconciled') {
    return [
      { account: 'refunds', amount: -grant.amount },
      { account: 'advances:unreconciled', amount: grant.amount },
    ];
  }
  const amount =
    fact.type === 'compensation.granted' ? grant.amount : fact.type === 'compensation.reversed' ? -grant.amount : 0;
  if (amount === 0) return [];
  const from = isAdvance(grant.kind)
    ? 'advances:unreconciled'
    : grant.kind === 'refund'
      ? 'refunds'
      : 'budget:recovery';
  return [
    { account: from, amount: -amount },
    { account: `customer:${customerId}`, amount },
  ];
}

export function isAdvance(kind: CompensationKind): boolean {
  return kind === 'advance-refund';
}

function give(command: Command & { do: 'grant' }, policy: Compensation): Fact[] {
  const { kind, amount, by, on, spent, reason } = command;
  if (!open.includes(on.state)) throw new Rejection('case-not-open', `the case is ${on.state}`);
  if (!on.involved) throw new Rejection('not-on-the-case', 'only the owner and collaborators of a case may grant');
  if (command.currency !== policy.currency) {
    throw new Rejection('wrong-currency', `compensation is granted in ${policy.currency}, not ${command.currency}`);
  }
  refuseBlocked(kind, command.blocked);
  refuseAboveMax(command, spent, policy);
  const flyWireId = bypassFor(command, policy.currency, by, command.bypass);

  const rule = policy.authority
    .filter(
      (one) =>
        one.kinds.includes(kind) &&
        one.priorities.includes(on.priority) &&
        one.roles.some((role) => by.roles.includes(role)),
    )
    .reduce<Compensation['authority'][number] | undefined>(
      (best, one) => (best && best.upTo >= one.upTo ? best : one),
      undefined,
    );
  const exceeds: Exceeds[] = [];
  if (!rule || spent.own + amount > rule.upTo) exceeds.push('authority');
  if (!isAdvance(kind)) {
    const { budgets } = policy;
    if (spent.case + amount > budgets.perCase) exceeds.push('case-budget');
    if (spent.customer + amount > budgets.perCustomer90d) exceeds.push('customer-budget');
    if (spent.agent + amount > budgets.perAgentMonth) exceeds.push('agent-budget');
  }
  if (rule && exceeds.length === 0) {
    return [{ type: 'compensation.granted', kind, amount, by: by.personId, authority: rule.name, flyWireId, reason }];
  }
  const ladder = ladderFor(amount, policy);
  const asked = ask(ladder, 0, by.personId, command.candidates) ?? { approver: null, approverRoles: ladder, step: 0 };
  return [{ type: 'compensation.requested', kind, amount, by: by.personId, reason, exceeds, ...asked }];
}

/** Roles in the order they are asked. The policy's last row reaches every max, so there is one. */
function ladderFor(amount: number, { approvers }: Compensation): Role[] {
  const row = approvers.find((one) => amount <= one.upTo) ?? approvers.at(-1)!;
  return [row.role, ...row.fallback];
}

/** The first rung with somebody there who did not ask; of those the one with the fewest open cases. */
function ask(ladder: Role[], from: number, asker: string, candidates: readonly Candidate[]): Asked | undefined {
  for (let step = from; step < ladder.length; step++) {
    const [found] = candidates
      .filter((one) => one.present && one.personId !== asker && one.roles.includes(ladder[step]!))
      .sort((a, b) => a.openCases - b.openCases || (a.personId < b.personId ? -1 : 1));
    if (found) return { approver: found.personId, approverRoles: ladder.slice(0, step + 1), step };
  }
  return undefined;
}

function mayAnswer(grant: Grant, by: Giver): void {
  if (grant.state !== 'asked') throw new Rejection('not-asked', `the grant is ${grant.state}`);
  if (by.personId === grant.by) throw new Rejection('own-request', 'nobody answers their own request');
  if (!grant.approverRoles.some((role) => by.roles.includes(role))) {
    throw new Rejection('not-the-approver', `${grant.approverRoles.join(' or ')} decides on this`);
  }
}

function reconcile({ by, reference }: Command & { do: 'reconcile' }, grant: Grant): Fact[] {
  if (!isAdvance(grant.kind)) throw new Rejection('not-an-advance', `a ${grant.kind} is final`);
  if (grant.state !== 'granted') throw new Rejection('not-granted', `the grant is ${grant.state}`);
  if (grant.reference === reference) return [];
  if (grant.reference !== null) throw new Rejection('reconciled-already', `it was matched with ${grant.reference}`);
  if (by.personId === grant.by) throw new Rejection('own-request', 'nobody matches what they gave');
  return [{ type: 'compensation.reconciled', by: by.personId, reference }];
}

/** The fly-wire an advance refund is given through, null for every other kind. Throws Rejection where none covers it. */
function bypassFor(
  { kind, amount }: Pick<Grant, 'kind' | 'amount'>,
  currency: string,
  giver: Giver,
  { flyWires, highValue }: Bypass,
): string | null {
  if (!isAdvance(kind)) return null;
  const found = flyWires.find(
    (one) =>
      giver.roles.some((role) => one.roles.includes(role)) &&
      (highValue || !one.highValueOnly) &&
      one.ceiling.currency === currency &&
      amount <= one.ceiling.amount,
  );
  if (!found) throw new Rejection('no-fly-wire', 'no open fly-wire covers this advance refund');
  return found.flyWireId;
}

function refuseBlocked(kind: CompensationKind, blocked: readonly CompensationKind[]): void {
  if (blocked.includes(kind)) throw new Rejection('extras-blocked', 'this customer gets no extra compensation for now');
}

function refuseAboveMax(
  { kind, amount }: Pick<Grant, 'kind' | 'amount'>,
  spent: Pick<Spent, 'ofKind'>,
  { max }: Compensation,
) {
  if (spent.ofKind + amount > max[kind]) {
    throw new Rejection('over-ceiling', `a case gets at most ${max[kind]} (minor units) as ${kind}`);
  }
}
