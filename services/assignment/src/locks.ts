import type { Tx } from '@heard/bus/log';
import type { Priority } from '@heard/events/vocabulary';
import { NotFound } from '@heard/service/http';
import { sql } from 'kysely';

/*
 * Sums of money are only right while nobody adds to them: whoever sums the grants of a case, a customer and an agent
 * takes these three locks, always in this order, so that no two wait for each other.
 */

export interface CaseStanding {
  customerId: string;
  state: string;
  priority: Priority;
  owner: string | null;
  feedbackId: string;
}

export async function lockCase(tx: Tx, caseId: string): Promise<CaseStanding> {
  const { rows } = await sql<CaseStanding>`
    select customer_id as "customerId", state, priority, owner, feedback_id as "feedbackId" from cases
     where case_id = ${caseId} for no key update`.execute(tx);
  if (!rows[0]) throw new NotFound('There is no such case.');
  return rows[0];
}

/** Also what everything that moves a customer's abuse flag waits for. */
export async function lockCustomer(tx: Tx, customerId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('assignment.customer'), hashtext(${customerId}))`.execute(tx);
}

export async function lockAgent(tx: Tx, personId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('assignment.agent'), hashtext(${personId}))`.execute(tx);
}
