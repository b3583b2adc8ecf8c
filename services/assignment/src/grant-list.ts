import { CompensationKind, Instant, PersonId } from '@heard/events/vocabulary';
import { type RawBuilder, sql } from 'kysely';
import * as z from 'zod';
import { instant } from './store.ts';

/** A grant as the routes show it. */
export const GrantBody = z.object({
  grantId: z.uuid(),
  caseId: z.uuid(),
  customerId: z.string(),
  kind: CompensationKind,
  amount: z.object({ amount: z.int(), currency: z.string() }),
  serviceDays: z.int().nullable(),
  reason: z.string(),
  state: z.enum(['asked', 'granted', 'refused', 'reversed', 'expired']),
  by: z.string(),
  requestedAt: z.string(),
  exceeds: z.array(z.string()),
  approver: z.string().nullable(),
  approverRoles: z.array(z.string()),
  dueAt: z.string().nullable(),
  authority: z.string().nullable(),
  decidedBy: z.string().nullable(),
  grantedAt: z.string().nullable(),
  reversedBy: z.string().nullable(),
  reversedAt: z.string().nullable(),
  flyWireId: z.uuid().nullable().meta({ description: 'What allowed an advance refund.' }),
  reconciledBy: z.string().nullable(),
  reconciledAt: z.string().nullable(),
  reference: z.string().nullable().meta({ description: 'Finance’s document of the refund that followed.' }),
  rootCause: z.string().nullable(),
});
export type GrantBody = z.infer<typeof GrantBody>;

export const grantColumns = sql`g.grant_id as "grantId", g.case_id as "caseId", g.customer_id as "customerId", g.kind,
  json_build_object('amount', g.amount_minor, 'currency', g.currency) as amount, g.service_days as "serviceDays", g.reason, g.state,
  g.requested_by as by, ${instant('g.requested_at')} as "requestedAt", g.exceeds, g.approver, g.approver_roles as "approverRoles",
  ${instant('g.due_at')} as "dueAt", g.authority, g.decided_by as "decidedBy", ${instant('g.granted_at')} as "grantedAt",
  g.reversed_by as "reversedBy", ${instant('g.reversed_at')} as "reversedAt", c.root_cause as "rootCause",
  g.fly_wire_id as "flyWireId", g.reconciled_by as "reconciledBy", ${instant('g.reconciled_at')} as "reconciledAt", g.reference`;

/** Which grants a list or a report is about. `from` and `to` are about when they were granted. */
export const GrantFilter = z.object({
  state: GrantBody.shape.state.optional(),
  approver: PersonId.optional(),
  agent: PersonId.optional(),
  customerId: z.string().optional(),
  kind: CompensationKind.optional(),
  rootCause: z.string().optional().meta({ description: 'Empty: cases without one yet.' }),
  from: Instant.optional(),
  to: Instant.optional().meta({ description: 'Not included.' }),
});

/** The condition of a filter on `grants g join cases c`. */
export function matching(filter: z.infer<typeof GrantFilter>): RawBuilder<unknown> {
  const conditions = [sql`true`];
  const when = <T>(value: T | undefined, condition: (value: T) => RawBuilder<unknown>) => {
    if (value !== undefined) conditions.push(condition(value) as RawBuilder<never>);
  };
  when(filter.state, (state) => sql`g.state = ${state}`);
  when(filter.approver, (approver) => sql`g.approver = ${approver}`);
  when(filter.agent, (agent) => sql`g.requested_by = ${agent}`);
  when(filter.customerId, (customerId) => sql`g.customer_id = ${customerId}`);
  when(filter.kind, (kind) => sql`g.kind = ${kind}`);
  when(filter.rootCause, (cause) => sql`coalesce(c.root_cause, '') = ${cause}`);
  when(filter.from, (from) => sql`g.granted_at >= ${from}`);
  when(filter.to, (to) => sql`g.granted_at < ${to}`);
  return sql.join(conditions, sql` and `);
}
