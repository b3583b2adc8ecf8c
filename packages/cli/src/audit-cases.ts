import type { Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import type { Finding } from './audit.ts';

/**
 * Which move is legal from where, written down a second time on purpose: an auditor that asked the service's own rules
 * would agree with their mistakes.
 */
const legal: Record<string, Record<string, string>> = {
  none: { 'case.opened': 'new' },
  new: { 'case.assigned': 'assigned', 'case.queued': 'new', 'case.closed': 'over' },
  assigned: {
    'case.contact-attempted': 'contacting',
    'case.contacted': 'in-recovery',
    'case.parked': 'parked',
    'case.closed': 'over',
    'case.assigned': 'assigned',
  },
  contacting: {
    'case.contact-attempted': 'contacting',
    'case.contacted': 'in-recovery',
    'case.parked': 'parked',
    'case.closed': 'over',
    'case.assigned': 'contacting',
  },
  'in-recovery': {
    'case.contact-attempted': 'in-recovery',
    'case.contacted': 'in-recovery',
    'case.parked': 'parked',
    'case.resolved': 'resolved',
    'case.closed': 'over',
  },
  parked: { 'case.reopened': 'assigned', 'case.closed': 'over' },
  resolved: { 'case.observed': 'observing', 'case.reopened': 'assigned', 'case.closed': 'over' },
  observing: { 'case.reopened': 'assigned', 'case.closed': 'over' },
};
const anywhere = new Set(['case.joined', 'case.priority-raised']);

interface CaseHistory {
  id: string;
  state: string;
  owner: string | null;
  version: number;
  types: string[];
  versions: number[];
  owners: (string | null)[];
}

export async function foldCases(tx: Tx): Promise<CaseHistory[]> {
  const { rows } = await sql<CaseHistory>`
    select c.case_id::text as id, c.state, c.owner, c.version, array_agg(e.type order by e.version) as types,
           array_agg(e.version order by e.version) as versions, array_agg(e.data::json ->> 'owner' order by e.version) as owners
      from assignment.cases c left join assignment.case_events e using (case_id) group by c.case_id`.execute(tx);
  return rows;
}

export function checkCases(histories: readonly CaseHistory[]): Finding {
  let broken = 0;
  let example: string | undefined;
  for (const history of histories) {
    const problem = problemOf(history);
    if (!problem) continue;
    broken++;
    example ??= `${history.id} ${problem}`;
  }
  const title = 'case versions run 1..n along legal moves, and the case is the fold of them';
  return { invariant: '3', title, checked: histories.length, broken, example };
}

function problemOf({ state, owner, version, types, versions, owners }: CaseHistory): string | undefined {
  if (versions.length !== version || versions.some((one, i) => one !== i + 1))
    return `is at version ${version} with ${versions.length} events`;
  let folded = 'none';
  let lastOwner: string | null = null;
  for (const [i, type] of types.entries()) {
    if (!anywhere.has(type)) {
      const next: string | undefined = legal[folded]?.[type];
      if (!next) return `made the illegal move ${type} while ${folded}`;
      folded = next;
    }
    if (type === 'case.assigned') lastOwner = owners[i]!;
  }
  const isOver = state === 'closed' || state === 'lost';
  if (isOver ? folded !== 'over' : folded !== state) return `is ${state}, its events say ${folded}`;
  return owner === lastOwner ? undefined : `is owned by ${owner}, its events say ${lastOwner}`;
}
