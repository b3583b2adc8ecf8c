import type { Tx } from '@heard/bus/log';
import type { CompensationKind } from '@heard/events/vocabulary';
import { type Compensation, parsePolicy } from '@heard/policy/policy';
import { sql } from 'kysely';
import { type Finding, look } from './finding.ts';

export async function ledgerIsWhatWasGranted(tx: Tx): Promise<Finding> {
  const title = 'every ledger transaction sums to zero, and the ledger holds what is granted and nothing else';
  return look(tx, '5', title, {
    checked: sql`select count(*) from assignment.cases`,
    broken: sql`
      select transaction_id::text as id, 'sums to ' || sum(amount_minor) || ' ' || currency as why
        from assignment.ledger_entries group by transaction_id, currency having sum(amount_minor) <> 0
      union all
      select coalesce(g.grant_id, e.grant_id)::text,
             'is ' || coalesce(g.state || ' with ' || g.amount_minor, 'not there') || ', the customer got ' || coalesce(e.got, 0)
        from assignment.grants g
        full join (select grant_id, account, sum(amount_minor) as got from assignment.ledger_entries
                    where account like 'customer:%' group by 1, 2) e
          on e.grant_id = g.grant_id and e.account = 'customer:' || g.customer_id
       where coalesce(e.got, 0) <> case when g.state = 'granted' then g.amount_minor else 0 end
      union all
      select grant_id::text, 'is in ' || count(distinct transaction_id) || ' transactions and ' || state
             || case when reference is null then '' else ', matched' end
        from assignment.grants left join assignment.ledger_entries using (grant_id) group by grant_id, state, reference
      having count(distinct transaction_id) <>
             case state when 'granted' then 1 when 'reversed' then 2 else 0 end + (reference is not null)::int
      union all
      select currency, 'of advances ' || coalesce(held, 0) || ' are in the ledger, ' || coalesce(given, 0) || ' are not matched'
        from (select currency, -sum(amount_minor) as held from assignment.ledger_entries
               where account = 'advances:unreconciled' group by 1) l
        full join (select currency, sum(amount_minor) as given from assignment.grants
                    where kind = 'advance-refund' and state = 'granted' and reference is null group by 1) g using (currency)
       where coalesce(held, 0) <> coalesce(given, 0)`,
  });
}

/** One side of a ledger transaction: what a customer got, or gave back. */
export interface Entry {
  grantId: string;
  caseId: string;
  customerId: string;
  kind: CompensationKind;
  by: string;
  approved: boolean;
  /** The rule that allowed it. */
  authority: string;
  /** Minor units; negative where it was taken back. */
  amount: number;
  at: Date;
}

export async function grantsKeepToAuthority(tx: Tx): Promise<Finding> {
  const { rows } = await sql<Entry & { policyVersion: number | null }>`
    select g.grant_id::text as "grantId", g.case_id::text as "caseId", g.customer_id as "customerId", g.kind, g.requested_by as by,
           g.decided_by is not null as approved, g.authority, e.amount_minor::float8 as amount, e.at,
           (select max((l.data::json ->> 'policyVersion')::int) from bus.log l
             where l.topic = 'heard.assignment' and l.key = g.customer_id
               and l.attributes::json ->> 'type' = 'compensation.granted' and l.data::json ->> 'grantId' = g.grant_id::text) as "policyVersion"
      from assignment.ledger_entries e join assignment.grants g using (grant_id)
     where e.account like 'customer:%' order by e.entry_id`.execute(tx);
  const { rows: policies } = await sql<{ version: number; document: unknown }>`
    select version, document from assignment.policies`.execute(tx);
  const rules = new Map(policies.map(({ version, document }) => [version, parsePolicy(document).compensation]));
  const { rows: cases } = await sql<{ n: number }>`select count(*)::int as n from assignment.cases`.execute(tx);
  const wrong = overdrawn(rows.map((row) => [row, rules.get(row.policyVersion ?? 0)]));
  const pruned = rows.some((row) => row.policyVersion === null);
  return {
    invariant: '5',
    title: 'grants never exceed the ceiling of their kind, nor authority and budgets unless approved',
    checked: cases[0]!.n,
    broken: wrong.length,
    example: wrong[0],
    note: pruned ? 'grants whose events were pruned are counted and not judged' : undefined,
  };
}

/** The rules of authority a second time: entries in the order they were written, each with the rules then in force. */
export function overdrawn(entries: readonly (readonly [Entry, Compensation | undefined])[]): string[] {
  const held = new Map<string, Entry>();
  const wrong: string[] = [];
  for (const [entry, rules] of entries) {
    if (entry.amount < 0) {
      held.delete(entry.grantId);
      continue;
    }
    held.set(entry.grantId, entry);
    const why = rules && problemOf(entry, [...held.values()], rules);
    if (why) wrong.push(`${entry.grantId} ${why}`);
  }
  return wrong;
}

function problemOf(entry: Entry, held: readonly Entry[], rules: Compensation): string | undefined {
  const sum = (of: (one: Entry) => boolean) => held.filter(of).reduce((all, one) => all + one.amount, 0);
  const onCase = (one: Entry) => one.caseId === entry.caseId;
  if (sum((one) => onCase(one) && one.kind === entry.kind) > rules.max[entry.kind]) return 'is above the ceiling';
  if (entry.approved) return undefined;
  const isAdvance = (one: Entry) => one.kind === 'advance-refund';
  const samePurse = (one: Entry) => isAdvance(one) === isAdvance(entry);
  const own = sum((one) => onCase(one) && samePurse(one) && one.by === entry.by && !one.approved);
  const rule = rules.authority.find((one) => one.name === entry.authority);
  if (!rule?.kinds.includes(entry.kind) || own > rule.upTo) return `is beyond the authority ${entry.authority}`;
  if (isAdvance(entry)) return undefined;
  const { perCase, perCustomer90d, perAgentMonth } = rules.budgets;
  const since = entry.at.getTime() - 90 * 86_400_000;
  const month = (at: Date) => at.toLocaleDateString('sv-SE', { timeZone: rules.monthIn }).slice(0, 7);
  const ofCustomer = (one: Entry) => one.customerId === entry.customerId && one.at.getTime() > since;
  const ofAgent = (one: Entry) => one.by === entry.by && month(one.at) === month(entry.at);
  const budgets = [
    ['case', onCase, perCase],
    ['customer', ofCustomer, perCustomer90d],
    ['agent', ofAgent, perAgentMonth],
  ] as const;
  const over = budgets.find(([, of, most]) => sum((one) => samePurse(one) && of(one)) > most);
  return over && `is beyond the budget of the ${over[0]}`;
}
