import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Cause, type Event, newEvent } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { CompensationKind, Role } from '@heard/events/vocabulary';
import type { Compensation } from '@heard/policy/policy';
import { NotFound } from '@heard/service/http';
import type { VersionedPolicy } from '@heard/service/policies';
import { sql } from 'kysely';
import { blockedKinds, suspect } from './abuse-flags.ts';
import {
  type Candidate,
  type Command,
  decide,
  type Exceeds,
  evolve,
  type Fact,
  type Giver,
  type Grant,
  isAdvance,
  noGrant,
  type Posting,
  postings,
  type Spent,
} from './compensation.ts';
import { bypassOf } from './fly-wires.ts';
import { lockAgent, lockCase, lockCustomer } from './locks.ts';

/** A grant with what the rules do not need to know. */
export interface GrantFile extends Grant {
  grantId: string;
  caseId: string;
  customerId: string;
  currency: string;
  reason: string;
  serviceDays: number | null;
  exceeds: Exceeds[];
}

export interface Order {
  caseId: string;
  by: string;
  kind: CompensationKind;
  /** Minor units, or days of service. */
  worth: { amount: number; currency: string } | { days: number };
  reason: string;
  idempotencyKey: string;
}

const budgetDays = 90;

/** Gives, asks or refuses. The same Idempotency-Key on the same case is the same grant. */
export async function give(tx: Tx, order: Order, now: Date, policy: VersionedPolicy): Promise<Outcome> {
  const rules = required(policy);
  // Before the locks: whoever is next waits for all that comes after them.
  const people = await candidates(tx);
  const standing = await lockCase(tx, order.caseId);
  await lockCustomer(tx, standing.customerId);
  await lockAgent(tx, order.by);

  const grantId = stableId('grant', order.caseId, order.idempotencyKey);
  const amount = 'days' in order.worth ? order.worth.days * rules.serviceDay : order.worth.amount;
  const [known] = await loadGrants(tx, [grantId]);
  if (known) {
    if (known.by !== order.by || known.kind !== order.kind || known.amount !== amount) {
      throw new Rejection('idempotency-key-reused', 'this Idempotency-Key was used for another grant');
    }
    return { grant: known, events: [] };
  }
  const file: GrantFile = {
    ...noGrant,
    grantId,
    caseId: order.caseId,
    customerId: standing.customerId,
    currency: 'days' in order.worth ? rules.currency : order.worth.currency,
    reason: order.reason,
    serviceDays: 'days' in order.worth ? order.worth.days : null,
    exceeds: [],
    kind: order.kind,
    amount,
    by: order.by,
  };
  const command: Command = {
    do: 'grant',
    kind: order.kind,
    amount,
    currency: file.currency,
    by: giver(people, order.by),
    reason: order.reason,
    on: { ...standing, involved: standing.owner === order.by || (await collaborates(tx, order.caseId, order.by)) },
    spent: await spentBefore(tx, file, now, rules),
    blocked: await blockedKinds(tx, standing.customerId, now, policy),
    bypass: await bypassOf(tx, file, now),
    candidates: people,
  };
  const cause = { correlationid: standing.feedbackId };
  const events = await apply(tx, file, command, now, policy, cause);
  events.push(...(await suspect(tx, standing.customerId, now, policy, cause)));
  return { grant: file, events };
}

export interface Outcome {
  grant: GrantFile;
  events: Event[];
}

export type Answer =
  | { do: 'approve'; by: string; reason: string }
  | { do: 'refuse'; by: string; reason: string }
  | { do: 'reverse'; by: string; reason: string }
  | { do: 'reconcile'; by: string; reference: string };

/** Approves, refuses, takes back, or matches an advance with its refund. */
export async function answer(
  tx: Tx,
  grantId: string,
  order: Answer,
  now: Date,
  policy: VersionedPolicy,
): Promise<Outcome> {
  const rules = required(policy);
  const [found] = await loadGrants(tx, [grantId]);
  if (!found) throw new NotFound('There is no such grant.');
  const standing = await lockCase(tx, found.caseId);
  await lockCustomer(tx, found.customerId);
  await lockAgent(tx, found.by);
  const [file] = await loadGrants(tx, [grantId], true);
  const people = await candidates(tx);
  const by = giver(people, order.by);
  const command: Command =
    order.do === 'approve'
      ? {
          do: 'approve',
          by,
          giver: giver(people, found.by),
          spent: await spentBefore(tx, file!, now, rules),
          blocked: await blockedKinds(tx, found.customerId, now, policy),
          bypass: await bypassOf(tx, file!, now),
        }
      : { ...order, by };
  const events = await apply(tx, file!, command, now, policy, { correlationid: standing.feedbackId });
  return { grant: file!, events };
}

/**
 * Nobody answered by the deadline: asks the next of the ladder too, or ends the request where there is none. Returns the
 * events to publish; [] where it was answered meanwhile.
 */
export async function handOverApproval(
  tx: Tx,
  grantId: string,
  now: Date,
  policy: VersionedPolicy,
  cause: Cause = {},
): Promise<Event[]> {
  if (!policy.compensation) return [];
  const [file] = await loadGrants(tx, [grantId], true);
  if (!file) return [];
  return apply(tx, file, { do: 'expire', candidates: await candidates(tx) }, now, policy, cause);
}

async function spentBefore(tx: Tx, grant: GrantFile, now: Date, rules: Compensation): Promise<Spent> {
  const at = now.toISOString();
  const windowStart = new Date(now.getTime() - budgetDays * 86_400_000).toISOString();
  const monthStart = sql`date_trunc('month', ${at}::timestamptz, ${rules.monthIn})`;
  const samePurse = sql`(kind = 'advance-refund') = ${isAdvance(grant.kind)}`;
  const onCase = sql`case_id = ${grant.caseId}`;
  const ofCustomer = sql`customer_id = ${grant.customerId} and granted_at > ${windowStart}`;
  const ofAgent = sql`requested_by = ${grant.by} and granted_at >= ${monthStart}`;
  const sum = (where: ReturnType<typeof sql>) => sql`coalesce(sum(amount_minor) filter (where ${where}), 0)::float8`;
  const { rows } = await sql<Spent>`
    select ${sum(sql`${onCase} and ${samePurse} and requested_by = ${grant.by} and decided_by is null`)} as own,
           ${sum(sql`${onCase} and ${samePurse}`)} as "case", ${sum(sql`${ofCustomer} and ${samePurse}`)} as customer,
           ${sum(sql`${ofAgent} and ${samePurse}`)} as agent, ${sum(sql`${onCase} and kind = ${grant.kind}`)} as "ofKind"
      from grants where state = 'granted' and ((${onCase}) or (${ofCustomer}) or (${ofAgent}))`.execute(tx);
  return rows[0]!;
}

async function candidates(tx: Tx): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select person_id as "personId", roles, present, open_cases as "openCases" from people`.execute(tx);
  return rows;
}

function giver(people: readonly Candidate[], personId: string): Giver {
  return people.find((one) => one.personId === personId) ?? { personId, roles: [] };
}

async function collaborates(tx: Tx, caseId: string, personId: string): Promise<boolean> {
  const { rows } =
    await sql`select 1 from case_collaborators where case_id = ${caseId} and person_id = ${personId}`.execute(tx);
  return rows.length > 0;
}

async function loadGrants(tx: Tx, grantIds: readonly string[], lock = false): Promise<GrantFile[]> {
  const { rows } = await sql<GrantFile & { approverRoles: Role[] }>`
    select grant_id as "grantId", case_id as "caseId", customer_id as "customerId", kind, amount_minor::float8 as amount, currency,
           service_days as "serviceDays", reason, state, requested_by as by, exceeds, approver, approver_roles as "approverRoles",
           step, decided_by as "decidedBy", fly_wire_id as "flyWireId", reference
      from grants where grant_id = any (${grantIds}::uuid[]) ${lock ? sql`for update` : sql``}`.execute(tx);
  return rows;
}

async function apply(
  tx: Tx,
  file: GrantFile,
  command: Command,
  now: Date,
  policy: VersionedPolicy,
  cause: Cause,
): Promise<Event[]> {
  const rules = required(policy);
  const at = now.toISOString();
  const events: Event[] = [];
  for (const fact of decide(command, file, rules)) {
    Object.assign(file, evolve(file, fact));
    if (fact.type === 'compensation.requested') file.exceeds = fact.exceeds;
    const dueAt = new Date(now.getTime() + rules.approvalWithin).toISOString();
    await write(tx, file, fact, at, dueAt);
    const transactionId = stableId('ledger', file.grantId, fact.type);
    await enter(tx, transactionId, file, postings(fact, file, file.customerId), at);
    events.push(eventOf(file, fact, now, dueAt, policy.version, cause));
  }
  return events;
}

async function write(tx: Tx, file: GrantFile, fact: Fact, at: string, dueAt: string): Promise<void> {
  const of = sql`where grant_id = ${file.grantId}`;
  const { approver, approverRoles, step } = file;
  switch (fact.type) {
    case 'compensation.requested':
    case 'compensation.granted': {
      const granted = fact.type === 'compensation.granted' ? fact : undefined;
      const by = granted?.approvedBy ?? null;
      await sql`
        insert into grants (grant_id, case_id, customer_id, kind, amount_minor, currency, service_days, reason, requested_by, requested_at,
          exceeds, approver, approver_roles, step, due_at, state, authority, granted_at, decided_by, decided_at, fly_wire_id)
        values (${file.grantId}, ${file.caseId}, ${file.customerId}, ${file.kind}, ${file.amount}, ${file.currency}, ${file.serviceDays},
          ${file.reason}, ${file.by}, ${at}, ${file.exceeds}::text[], ${approver}, ${approverRoles}::text[], ${step},
          ${granted ? null : dueAt}::timestamptz, ${file.state}, ${granted?.authority ?? null}, ${granted ? at : null}::timestamptz,
          ${by}, ${by === null ? null : at}::timestamptz, ${file.flyWireId})
        on conflict (grant_id) do update set state = excluded.state, authority = excluded.authority, granted_at = excluded.granted_at,
          decided_by = excluded.decided_by, decided_at = excluded.decided_at, fly_wire_id = excluded.fly_wire_id`.execute(
        tx,
      );
      return;
    }
    case 'compensation.handed-over':
      await sql`update grants set approver = ${approver}, approver_roles = ${approverRoles}::text[], step = ${step}, due_at = ${dueAt} ${of}`.execute(
        tx,
      );
      return;
    case 'compensation.refused':
      await sql`update grants set state = ${file.state}, decided_by = ${fact.by}, decided_at = ${at} ${of}`.execute(tx);
      return;
    case 'compensation.reversed':
      await sql`update grants set state = 'reversed', reversed_by = ${fact.by}, reversed_at = ${at} ${of}`.execute(tx);
      return;
    case 'compensation.reconciled':
      await sql`update grants set reconciled_by = ${fact.by}, reconciled_at = ${at}, reference = ${fact.reference} ${of}`.execute(
        tx,
      );
  }
}

async function enter(tx: Tx, transactionId: string, file: GrantFile, entries: readonly Posting[], at: string) {
  if (entries.length === 0) return;
  await sql`
    insert into ledger_entries (transaction_id, account, amount_minor, currency, at, grant_id)
    select ${transactionId}::uuid, account, amount, ${file.currency}, ${at}::timestamptz, ${file.grantId}::uuid
      from unnest(${entries.map((one) => one.account)}::text[], ${entries.map((one) => one.amount)}::bigint[]) as t (account, amount)`.execute(
    tx,
  );
}

function eventOf(file: GrantFile, fact: Fact, now: Date, dueAt: string, policyVersion: number, cause: Cause): Event {
  const { grantId, caseId, customerId, kind, by } = file;
  const common = {
    grantId,
    caseId,
    customerId,
    kind,
    amount: { amount: file.amount, currency: file.currency },
    at: now.toISOString(),
  };
  switch (fact.type) {
    case 'compensation.requested':
    case 'compensation.handed-over': {
      const { approver, approverRoles, step } = fact;
      const { exceeds, reason } = file;
      const data = { ...common, by, reason, exceeds, approver, approverRoles, step, dueAt };
      return newEvent('compensation.requested', customerId, data, now, cause);
    }
    case 'compensation.granted': {
      const { authority, approvedBy } = fact;
      const data = { ...common, by, authority, approvedBy, needsReconciliation: isAdvance(kind), policyVersion };
      return newEvent('compensation.granted', customerId, data, now, cause);
    }
    case 'compensation.refused':
      return newEvent(fact.type, customerId, { ...common, by: fact.by, reason: fact.reason }, now, cause);
    case 'compensation.reversed':
      return newEvent(fact.type, customerId, { ...common, by: fact.by, reason: fact.reason }, now, cause);
    case 'compensation.reconciled':
      return newEvent(fact.type, customerId, { ...common, by: fact.by, reference: fact.reference }, now, cause);
  }
}

function required(policy: VersionedPolicy): Compensation {
  if (!policy.compensation) throw new Rejection('not-in-policy', 'the policy in force has no section "compensation"');
  return policy.compensation;
}
