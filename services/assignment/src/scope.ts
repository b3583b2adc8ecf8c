import { Priority } from '@heard/events/vocabulary';
import type { Principal } from '@heard/service/access';
import { seesEverything } from '@heard/service/access';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import type { FastifyRequest } from 'fastify';
import { type RawBuilder, sql } from 'kysely';

/**
 * Which cases somebody reaches who does not see them all: those they own, those that wait in everybody's queue or in
 * that of a team of theirs and whose priority the policy offers to one of their roles, those they help with or were told
 * of, and of a CSM those of their own customers. A team is theirs when their token or their supervisor says so.
 * A condition on `cases`.
 */
export function ownCases({ personId, roles, teams }: Principal, policy: VersionedPolicy): RawBuilder<boolean> {
  const offered = Priority.options.filter((priority) =>
    policy.routing[priority].some((role) => (roles as string[]).includes(role)),
  );
  return sql<boolean>`(owner = ${personId}
    or (owner is null and state = 'new' and priority = any (${offered}::text[])
        and (team is null or team = any (${teams}::text[]) or team = (select p.team from people p where p.person_id = ${personId})))
    or (${roles.includes('csm')} and csm_id = ${personId})
    or exists (select 1 from case_collaborators h where h.case_id = cases.case_id and h.person_id = ${personId})
    or exists (select 1 from alerts a where a.case_id = cases.case_id and ${personId} = any (a.people)))`;
}

/** The same for a list: what a request may be shown of `cases`. */
export async function visibleCases({ database, policies }: Service, request: FastifyRequest) {
  return seesEverything(request) ? sql<boolean>`true` : ownCases(request.principal, await policies.current(database));
}

/** The same for a list of `grants g`: one's own, those one is asked to decide on, and those of cases one sees. */
export async function visibleGrants({ database, policies }: Service, request: FastifyRequest) {
  const { principal } = request;
  return seesEverything(request) ? sql<boolean>`true` : ownGrants(principal, await policies.current(database));
}

function ownGrants(principal: Principal, policy: VersionedPolicy): RawBuilder<boolean> {
  return sql<boolean>`(g.requested_by = ${principal.personId} or g.approver = ${principal.personId}
    or g.approver_roles && ${principal.roles}::text[]
    or exists (select 1 from cases where cases.case_id = g.case_id and ${ownCases(principal, policy)}))`;
}

/** A record that is not there is refused like one of somebody else: who may not see it learns nothing of it. */
export function registerScopes({ database, policies, recordScope }: Service): void {
  recordScope('case', async ({ params }, principal) => {
    const { caseId } = params as { caseId: string };
    const { rows } = await sql`select 1 from cases
      where case_id = ${caseId} and ${ownCases(principal, await policies.current(database))}`.execute(database);
    return rows.length > 0;
  });
  recordScope('grant', async ({ params }, principal) => {
    const { grantId } = params as { grantId: string };
    const { rows } = await sql`select 1 from grants g
      where g.grant_id = ${grantId} and ${ownGrants(principal, await policies.current(database))}`.execute(database);
    return rows.length > 0;
  });
  recordScope('customer', async ({ params }, principal) => {
    const { customerId } = params as { customerId: string };
    const { rows } = await sql`select 1 from cases
      where customer_id = ${customerId} and ${ownCases(principal, await policies.current(database))}`.execute(database);
    return rows.length > 0;
  });
  recordScope('alert', async ({ params }, { personId }) => {
    const { alertId } = params as { alertId: string };
    const { rows } = await sql`
      select 1 from alerts where alert_id = ${alertId} and ${personId} = any (people)`.execute(database);
    return rows.length > 0;
  });
}
