import { randomUUID } from 'node:crypto';
import type { Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { type Cause, type Event, newEvent } from '@heard/events/event';
import type { CompensationKind } from '@heard/events/vocabulary';
import type { Abuse } from '@heard/policy/policy';
import { NotFound } from '@heard/service/http';
import type { VersionedPolicy } from '@heard/service/policies';
import { type RawBuilder, sql } from 'kysely';
import { type Command, decide, type Evidence, evolve, type Fact, type Flag, noFlag } from './abuse.ts';
import { lockCustomer } from './locks.ts';

export interface FlagRow extends Flag {
  flagId: string;
  customerId: string;
}

/** Evidence with the grants it rests on. */
export interface Claims extends Evidence {
  grantIds: string[];
}

type CommandFor = (claims: Claims) => Command;

/** The kinds this customer does not get for now. */
export async function blockedKinds(
  tx: Tx,
  customerId: string,
  now: Date,
  policy: VersionedPolicy,
): Promise<readonly CompensationKind[]> {
  return policy.abuse && (await isFlagged(tx, customerId, now)) ? policy.abuse.blocks : [];
}

export async function isFlagged(tx: Tx, customerId: string, now: Date): Promise<boolean> {
  const { rows } = await sql`
    select 1 from abuse_flags where customer_id = ${customerId} and state = 'flagged' and expires_at > ${now.toISOString()}`.execute(
    tx,
  );
  return rows.length > 0;
}

/** Suspects a customer whose claims fulfil the rule; the caller holds the customer's lock. */
export async function suspect(
  tx: Tx,
  customerId: string,
  now: Date,
  policy: VersionedPolicy,
  cause: Cause,
): Promise<Event[]> {
  if (!policy.abuse || (await openFlag(tx, customerId))) return [];
  const claims = await claimsOf(tx, customerId, now, policy, policy.abuse);
  return apply(tx, none(customerId), { do: 'suspect', evidence: claims }, claims, now, policy, cause);
}

/** One person flags a customer; nothing changes for the customer before a second confirms. */
export async function propose(
  tx: Tx,
  customerId: string,
  by: string,
  now: Date,
  policy: VersionedPolicy,
): Promise<{ flagId: string; events: Event[] }> {
  const rules = required(policy);
  await lockCustomer(tx, customerId);
  const flag = (await openFlag(tx, customerId)) ?? none(customerId);
  const claims = await claimsOf(tx, customerId, now, policy, rules);
  const events = await apply(tx, flag, { do: 'propose', by, evidence: claims }, claims, now, policy, {});
  return { flagId: flag.flagId, events };
}

/** Carries out a command on one flag of a customer. */
export async function moveFlag(
  tx: Tx,
  customerId: string,
  flagId: string,
  now: Date,
  policy: VersionedPolicy,
  build: CommandFor,
): Promise<Event[]> {
  const rules = required(policy);
  await lockCustomer(tx, customerId);
  const [flag] = await loadFlags(tx, sql`flag_id = ${flagId} and customer_id = ${customerId}`);
  if (!flag) throw new NotFound('There is no such flag.');
  const claims = await claimsOf(tx, customerId, now, policy, rules);
  return apply(tx, flag, build(claims), claims, now, policy, {});
}

/** Ends flags whose time is over: what the timer of kind `abuse-flag`, keyed by flag id, does. */
export async function expireFlags(
  tx: Tx,
  flagIds: readonly string[],
  now: Date,
  policy: VersionedPolicy,
): Promise<Event[]> {
  const due = await loadFlags(tx, sql`flag_id = any (${flagIds}::uuid[]) and expires_at <= ${now.toISOString()}`);
  const events: Event[] = [];
  for (const flag of due) events.push(...(await apply(tx, flag, { do: 'expire' }, null, now, policy, {})));
  return events;
}

/**
 * Clears flags whose claims a confirmed defect explains by now: to be called when a defect was confirmed, and when a
 * case of these customers got its root cause.
 */
export async function clearVictims(
  tx: Tx,
  now: Date,
  policy: VersionedPolicy,
  customerIds: readonly string[] | 'all',
): Promise<Event[]> {
  if (!policy.abuse) return [];
  const flags = await loadFlags(
    tx,
    sql`state <> 'cleared' and (${customerIds === 'all'} or customer_id = any (${customerIds === 'all' ? [] : customerIds}::text[]))`,
  );
  const { rows } = await sql<{ flagId: string; left: number }>`
    select f.flag_id as "flagId", count(*) filter (where ${notExplained})::int as left
      from abuse_flags f, unnest(f.claims) as claim (grant_id) join grants g using (grant_id) join cases c using (case_id)
     where f.flag_id = any (${flags.map((flag) => flag.flagId)}::uuid[]) group by f.flag_id`.execute(tx);
  const left = new Map(rows.map((row) => [row.flagId, row.left]));
  const events: Event[] = [];
  for (const flag of flags) {
    const command: Command = { do: 'excuse', claimsLeft: left.get(flag.flagId) ?? 0 };
    events.push(...(await apply(tx, flag, command, null, now, policy, {})));
  }
  return events;
}

/**
 * What a customer claimed: extras asked for within the window and after the last flag ended, so that nothing an appeal
 * has judged is held against anybody again. The percentile is looked up only for
 * whoever claims often.
 */
export async function claimsOf(
  tx: Tx,
  customerId: string,
  now: Date,
  policy: VersionedPolicy,
  rules: Abuse,
): Promise<Claims> {
  const since = new Date(now.getTime() - rules.window).toISOString();
  const counted = sql`g.requested_at > ${since} and g.state <> 'reversed' and g.kind = any (${rules.blocks}::text[]) and ${notExplained}`;
  const { rows } = await sql<{ grantIds: string[]; claimed: number; value: number | null }>`
    select coalesce(array_agg(g.grant_id), '{}') as "grantIds", coalesce(sum(g.amount_minor), 0)::float8 as claimed,
           (select value from ${worths(policy)} w where customer_id = ${customerId}) as value
      from grants g join cases c using (case_id)
     where g.customer_id = ${customerId} and ${counted}
       and g.requested_at > coalesce((select max(cleared_at) from abuse_flags where customer_id = ${customerId}), '-infinity')`.execute(
    tx,
  );
  const { grantIds, claimed, value } = rows[0]!;
  const evidence = { grantIds, claims: grantIds.length, ratio: value === null ? null : claimed / value };
  if (grantIds.length < rules.claims || value === null) return { ...evidence, excessive: null, customers: 0 };
  const { rows: all } = await sql<{ excessive: number | null; customers: number }>`
    select percentile_disc(${rules.percentile / 100}) within group (order by claimed / value) as excessive, count(*)::int as customers
      from (select g.customer_id, sum(g.amount_minor)::float8 as claimed
              from grants g join cases c using (case_id) where ${counted} group by g.customer_id) as claimants
      join ${worths(policy)} w using (customer_id)`.execute(tx);
  return { ...evidence, ...all[0]! };
}

const notExplained = sql`not exists (select 1 from confirmed_defects d where d.theme = lower(btrim(c.root_cause)))`;

/** What customers are worth in the policy's currency, at least one minor unit, where it and the rate are known. */
function worths({ ltv }: VersionedPolicy): RawBuilder<unknown> {
  const currencies = [ltv.currency, ...Object.keys(ltv.rates)];
  const rates = [1, ...Object.values(ltv.rates)];
  return sql`(select v.customer_id, greatest(v.value_minor * r.rate, 1)::float8 as value from customers v
    join unnest(${currencies}::text[], ${rates}::float8[]) as r (currency, rate) on r.currency = v.value_currency
   where v.value_minor is not null)`;
}

function required(policy: VersionedPolicy): Abuse {
  if (!policy.abuse) throw new Rejection('not-in-policy', 'the policy in force has no section "abuse"');
  return policy.abuse;
}

function none(customerId: string): FlagRow {
  return { ...noFlag, flagId: randomUUID(), customerId };
}

async function openFlag(tx: Tx, customerId: string): Promise<FlagRow | undefined> {
  return (await loadFlags(tx, sql`customer_id = ${customerId} and state <> 'cleared'`))[0];
}

async function loadFlags(tx: Tx, where: RawBuilder<unknown>): Promise<FlagRow[]> {
  const { rows } = await sql<FlagRow>`
    select flag_id as "flagId", customer_id as "customerId", state, flagged_by as "flaggedBy", confirmed_by as "confirmedBy"
      from abuse_flags where ${where} order by flag_id for update`.execute(tx);
  return rows;
}

async function apply(
  tx: Tx,
  before: FlagRow,
  command: Command,
  claims: Claims | null,
  now: Date,
  policy: VersionedPolicy,
  cause: Cause,
): Promise<Event[]> {
  let flag: FlagRow = before;
  const events: Event[] = [];
  for (const fact of decide(command, flag, required(policy))) {
    flag = { ...flag, ...evolve(flag, fact) };
    const expiresAt = new Date(now.getTime() + required(policy).expires).toISOString();
    await write(tx, flag, fact, claims, now.toISOString(), expiresAt);
    const common = { flagId: flag.flagId, customerId: flag.customerId, at: now.toISOString() };
    if (fact.type === 'abuse.proposed' || fact.type === 'abuse.appeal-refused') continue;
    const { type, ...data } = fact;
    const extra = type === 'customer.abuse-flagged' ? { expiresAt } : {};
    events.push(newEvent(type, flag.customerId, { ...common, ...data, ...extra } as never, now, cause));
  }
  return events;
}

async function write(
  tx: Tx,
  flag: FlagRow,
  fact: Fact,
  claims: Claims | null,
  at: string,
  expiresAt: string,
): Promise<void> {
  const { grantIds = [], ...evidence } = claims ?? {};
  const of = sql`where flag_id = ${flag.flagId}`;
  const rests = sql`evidence = ${JSON.stringify(evidence)}::jsonb, claims = ${grantIds}::uuid[]`;
  switch (fact.type) {
    case 'customer.abuse-suspected':
      await sql`insert into abuse_flags (flag_id, customer_id, state, evidence, claims, suspected_at)
        values (${flag.flagId}, ${flag.customerId}, 'suspected', ${JSON.stringify(evidence)}::jsonb, ${grantIds}::uuid[], ${at})`.execute(
        tx,
      );
      return;
    case 'abuse.proposed':
      await sql`insert into abuse_flags (flag_id, customer_id, state, evidence, claims, flagged_by, flagged_at)
        values (${flag.flagId}, ${flag.customerId}, 'proposed', ${JSON.stringify(evidence)}::jsonb, ${grantIds}::uuid[], ${fact.by}, ${at})
        on conflict (flag_id) do update set state = excluded.state, evidence = excluded.evidence, claims = excluded.claims,
          flagged_by = excluded.flagged_by, flagged_at = excluded.flagged_at`.execute(tx);
      return;
    case 'customer.abuse-flagged':
      await sql`update abuse_flags set state = 'flagged', ${rests}, confirmed_by = ${fact.confirmedBy}, confirmed_at = ${at},
        expires_at = ${expiresAt} ${of}`.execute(tx);
      return;
    case 'abuse.appeal-refused':
      await sql`update abuse_flags set appeals = appeals || ${JSON.stringify([{ by: fact.by, at, outcome: 'keep', reason: fact.reason }])}::jsonb ${of}`.execute(
        tx,
      );
      return;
    case 'customer.abuse-cleared':
      await sql`update abuse_flags set state = 'cleared', cleared_reason = ${fact.reason}, cleared_by = ${fact.by ?? null}, cleared_at = ${at} ${of}`.execute(
        tx,
      );
  }
}
