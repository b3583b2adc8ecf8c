import type { Tx } from '@heard/bus/log';
import { write } from '@heard/bus/write';
import { type Event, ofType } from '@heard/events/event';
import { sql } from 'kysely';

/** What rca keeps of a case: enough to lead from a comment to what was done, and to know who was recovered. */
interface CaseCopy {
  case_id: string;
  customer_id: string;
  version: number;
  priority: string | null;
  owner: string | null;
  opened_at: string | null;
  contacted_at: string | null;
  root_cause: string | null;
  resolved_at: string | null;
  recovered: boolean | null;
  closed_at: string | null;
  outcome: string | null;
}

export const caseTypes = [
  'case.opened',
  'case.joined',
  'case.priority-raised',
  'case.assigned',
  'case.contacted',
  'case.diagnosed',
  'case.resolved',
  'case.reopened',
  'case.recovery-answered',
  'case.closed',
] as const;
type CaseEvent = Event<(typeof caseTypes)[number]>;

/** Folds a batch into the copies; an event that was folded before changes nothing. */
export async function saveCases(tx: Tx, events: readonly Event[]): Promise<void> {
  const told = ofType(events, ...caseTypes);
  if (told.length === 0) return;
  await linkFeedback(tx, told);
  const ids = [...new Set(told.map(({ data }) => data.caseId))];
  const { rows } = await sql<CaseCopy>`
    select * from jsonb_populate_recordset(null::cases, (select coalesce(jsonb_agg(to_jsonb(c)), '[]') from cases c where case_id = any (${ids}::uuid[])))`.execute(
    tx,
  );
  const copies = new Map(rows.map((row) => [row.case_id, row]));
  for (const event of told) {
    const before = copies.get(event.data.caseId) ?? unknown(event);
    if (event.data.version > before.version) copies.set(event.data.caseId, evolve(before, event));
  }
  await write(
    tx,
    sql`
    insert into cases select * from jsonb_populate_recordset(null::cases, ${JSON.stringify([...copies.values()])}::jsonb)
    on conflict (case_id) do update set version = excluded.version, priority = excluded.priority, owner = excluded.owner,
      opened_at = excluded.opened_at, contacted_at = excluded.contacted_at, root_cause = excluded.root_cause,
      resolved_at = excluded.resolved_at, recovered = excluded.recovered, closed_at = excluded.closed_at, outcome = excluded.outcome
      where cases.version < excluded.version`,
  );
}

function evolve(copy: CaseCopy, { type, data }: CaseEvent): CaseCopy {
  const next = { ...copy, version: data.version };
  switch (type) {
    case 'case.opened':
      return { ...next, priority: data.priority, opened_at: data.at };
    case 'case.priority-raised':
      return { ...next, priority: data.to };
    case 'case.assigned':
      return { ...next, owner: data.owner };
    case 'case.contacted':
      return { ...next, contacted_at: copy.contacted_at ?? data.at };
    case 'case.diagnosed':
      return { ...next, root_cause: data.rootCause };
    case 'case.resolved':
      return { ...next, root_cause: data.rootCause, resolved_at: data.at };
    case 'case.reopened':
      return { ...next, priority: data.priority, resolved_at: null, recovered: null };
    case 'case.recovery-answered':
      return { ...next, recovered: data.recovered };
    case 'case.closed':
      return { ...next, closed_at: data.at, outcome: data.outcome };
    default:
      return next;
  }
}

function unknown({ data: { caseId, customerId } }: CaseEvent): CaseCopy {
  return {
    case_id: caseId,
    customer_id: customerId,
    version: 0,
    priority: null,
    owner: null,
    opened_at: null,
    contacted_at: null,
    root_cause: null,
    resolved_at: null,
    recovered: null,
    closed_at: null,
    outcome: null,
  };
}

async function linkFeedback(tx: Tx, events: readonly CaseEvent[]): Promise<void> {
  const links = ofType(events, 'case.opened', 'case.joined').map(({ data }) => data);
  if (links.length === 0) return;
  await write(
    tx,
    sql`
    insert into case_feedback (feedback_id, case_id)
    select * from unnest(${links.map((l) => l.feedbackId)}::uuid[], ${links.map((l) => l.caseId)}::uuid[])
    on conflict (feedback_id) do update set case_id = excluded.case_id`,
  );
}
