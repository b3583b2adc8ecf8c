import type { Tx } from '@heard/bus/log';
import { sql } from 'kysely';
import type { Finding } from './finding.ts';

/**
 * Which move is legal from where, written down a second time on purpose: an auditor that asked the service's own rules
 * would agree with their mistakes.
 */
const working = { 'case.help-requested': '', 'case.paused': '', 'case.parked': 'parked', 'case.assigned': '' };
const ending = { 'case.closed': 'over' };
const legal: Record<string, Record<string, string>> = {
  none: { 'case.opened': 'new' },
  new: { 'case.assigned': 'assigned', 'case.queued': 'new', ...ending },
  assigned: {
    ...working,
    ...ending,
    'case.acknowledged': '',
    'case.contact-attempted': 'contacting',
    'case.contacted': 'in-recovery',
  },
  contacting: {
    ...working,
    ...ending,
    'case.acknowledged': '',
    'case.contact-attempted': 'contacting',
    'case.contacted': 'in-recovery',
  },
  'in-recovery': {
    ...working,
    ...ending,
    'case.acknowledged': '',
    'case.contact-attempted': '',
    'case.contacted': '',
    'case.promised': '',
    'case.resolved': 'resolved',
  },
  parked: { 'case.reopened': 'assigned', ...ending },
  resolved: { 'case.observed': 'observing', 'case.reopened': 'assigned', 'case.promised': '', ...ending },
  observing: { 'case.reopened': 'assigned', 'case.promised': '', ...ending },
};
/** Facts that move a case from no state to another. */
const anywhere = new Set([
  'case.joined',
  'case.priority-raised',
  'case.replied',
  'case.promise-kept',
  'case.promise-withdrawn',
  'case.resumed',
  'case.collaborator-added',
  'case.collaborator-removed',
  'case.help-given',
  'case.callback-requested',
  'case.heard',
  'case.diagnosed',
  'case.message-sent',
  'case.wow-planned',
  'case.wow-done',
  'case.wow-skipped',
  'case.recovery-answered',
  'case.deadline-endangered',
]);

interface CaseHistory {
  id: string;
  state: string;
  owner: string | null;
  version: number;
  types: string[];
  versions: number[];
  owners: (string | null)[];
  reasons: (string | null)[];
}

export async function foldCases(tx: Tx): Promise<CaseHistory[]> {
  const { rows } = await sql<CaseHistory>`
    select c.case_id::text as id, c.state, c.owner, c.version, array_agg(e.type order by e.version) as types,
           array_agg(e.version order by e.version) as versions, array_agg(e.data::json ->> 'owner' order by e.version) as owners,
           array_agg(e.data::json ->> 'reason' order by e.version) as reasons
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

function problemOf({ state, owner, version, types, versions, owners, reasons }: CaseHistory): string | undefined {
  if (versions.length !== version || versions.some((one, i) => one !== i + 1))
    return `is at version ${version} with ${versions.length} events`;
  let folded = 'none';
  let lastOwner: string | null = null;
  for (const [i, type] of types.entries()) {
    if (!anywhere.has(type)) {
      const next: string | undefined = legal[folded]?.[type];
      if (next === undefined) return `made the illegal move ${type} while ${folded}`;
      folded = next || folded;
    }
    if (type === 'case.assigned') {
      const isContacted = types.lastIndexOf('case.contacted', i) >= 0;
      // How many transfers there may be is a policy's matter: see `oneOwner`.
      const isTransfer = reasons[i] === 'transferred' || reasons[i] === 'overridden';
      if (isContacted && lastOwner !== owners[i] && !isTransfer)
        return 'changed hands after a contact without a transfer';
      lastOwner = owners[i]!;
    }
    if (type === 'case.contacted' && types[i + 1] !== 'case.promised' && !types.slice(0, i).includes('case.promised')) {
      return 'was contacted without a promise';
    }
    const diagnosed = ['case.diagnosed', 'case.resolved'].some((one) => types.slice(0, i).includes(one));
    if ((type === 'case.resolved' || type === 'case.closed') && !diagnosed) return `${type} without a root cause`;
  }
  const isOver = state === 'closed' || state === 'lost';
  if (isOver ? folded !== 'over' : folded !== state) return `is ${state}, its events say ${folded}`;
  return owner === lastOwner ? undefined : `is owned by ${owner}, its events say ${lastOwner}`;
}
