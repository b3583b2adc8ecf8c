import type { Database, Tx } from '@heard/bus/log';
import type { Priority, Score, TermHit } from '@heard/events/vocabulary';
import { sql } from 'kysely';
import type { CaseWords } from './conversation-routes.ts';
import { readCustomer } from './customers.ts';

const recentMessages = 200;

/** What the customer of a case last said in words, how they are addressed, and what was lately written to anybody. */
export async function readConversation(database: Database | Tx, caseId: string): Promise<CaseWords | null> {
  const { rows } = await sql<{
    customerId: string;
    priority: Priority;
    comment: string;
    hits: TermHit[];
    score: Score | null;
  }>`
    select customer_id as "customerId", priority, coalesce(i.comment, '') as comment, coalesce(i.hits, '[]')::json as hits,
           i.score::json as score
      from cases left join lateral (
        select comment, hits, score from case_items where case_items.case_id = cases.case_id
         order by comment is null or comment = '', joined_at desc, feedback_id limit 1) i on true
     where case_id = ${caseId}`.execute(database);
  const [found] = rows;
  if (!found) return null;
  const [customer, recent] = await Promise.all([
    readCustomer(database, found.customerId),
    sql<{ body: string }>`select body from messages order by at desc limit ${recentMessages}`.execute(database),
  ]);
  const { customerId: _, ...words } = found;
  const isLeaving = found.hits.some((hit) => hit.list === 'highRisk' && hit.category === 'churn');
  return {
    ...words,
    redLineCategories: [...new Set(found.hits.flatMap((hit) => (hit.list === 'redLine' ? hit.category : [])))],
    // Until health is a number of its own: who says that they leave, or is a P0, is red.
    health: isLeaving || found.priority === 'P0' ? 'red' : null,
    customer: { name: customer?.name ?? undefined, honorific: customer?.honorific ?? undefined },
    recent: recent.rows.map((row) => row.body),
  };
}
