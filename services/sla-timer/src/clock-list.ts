import type { Database } from '@heard/bus/log';
import { ClockKind, Priority } from '@heard/events/vocabulary';
import { type RawBuilder, sql } from 'kysely';
import * as z from 'zod';

export const ClockBody = z.object({
  clockId: z.uuid(),
  caseId: z.uuid(),
  customerId: z.string(),
  kind: z.string(),
  about: z.string().nullable(),
  cycle: z.int(),
  priority: z.string(),
  owner: z.string().nullable(),
  team: z.string().nullable(),
  state: z.string(),
  calendar: z.string(),
  startedAt: z.string(),
  dueAt: z.string().meta({ description: 'Of a paused clock: where it was due when it stopped.' }),
  naturalDueAt: z.string().nullable().meta({ description: "Due without regard to the customer's night." }),
  warnedPercent: z.int(),
  escalationStep: z.int().meta({ description: 'The last step of its ladder, -1 before the first.' }),
  escalationRound: z.int(),
  pausedAt: z.string().nullable(),
  breachedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  metBy: z.string().nullable(),
});
export type ClockBody = z.infer<typeof ClockBody>;

/** What came of a clock, as reports count it and lists show it. */
export const results = {
  running: sql`state in ('running', 'paused') and breached_at is null`,
  met: sql`state = 'met'`,
  'met-by-protocol': sql`state = 'met' and met_by = 'unreachable-protocol'`,
  missed: sql`state = 'missed'`,
  'breached-open': sql`state in ('breached', 'paused') and breached_at is not null`,
  cancelled: sql`state = 'cancelled'`,
} as const;

export const Result = z.enum(Object.keys(results) as [keyof typeof results, ...(keyof typeof results)[]]);

/** Which clocks: of one case, of a time, a person, a team … An empty `owner` or `team`: those without one. */
export const Filter = z.object({
  caseId: z.uuid().optional(),
  state: z.enum(['running', 'paused', 'breached', 'met', 'missed', 'cancelled']).optional(),
  result: Result.optional(),
  kind: ClockKind.optional(),
  priority: Priority.optional(),
  owner: z.string().max(200).optional(),
  team: z.string().max(200).optional(),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Started then or later.' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Started before.' }),
});
export type Filter = z.infer<typeof Filter>;

export function condition(filter: Filter): RawBuilder<unknown> {
  const { caseId, state, result, kind, priority, owner, team, from, to } = filter;
  const all = [
    caseId !== undefined && sql`case_id = ${caseId}`,
    state !== undefined && sql`state = ${state}`,
    result !== undefined && sql`(${results[result]})`,
    kind !== undefined && sql`kind = ${kind}`,
    priority !== undefined && sql`priority = ${priority}`,
    owner !== undefined && sql`coalesce(owner, '') = ${owner}`,
    team !== undefined && sql`coalesce(team, '') = ${team}`,
    from !== undefined && sql`started_at >= ${from}`,
    to !== undefined && sql`started_at < ${to}`,
  ].filter((one) => one !== false);
  return all.length > 0 ? sql.join(all, sql` and `) : sql`true`;
}

/** Where the last page ended: when that clock is due, and its id. */
export const Cursor = z
  .string()
  .transform((cursor) => Buffer.from(cursor, 'base64url').toString().split(' '))
  .pipe(z.tuple([z.iso.datetime(), z.uuid()], 'is not a cursor of this list'));

export async function listClocks(
  database: Database,
  filter: Filter,
  after: z.output<typeof Cursor> | undefined,
  limit: number,
): Promise<{ items: ClockBody[]; next: z.output<typeof Cursor> | undefined }> {
  const beyond = after ? sql`(due_at, clock_id) > (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql`true`;
  const { rows } = await sql<ClockBody>`
    select clock_id as "clockId", case_id as "caseId", customer_id as "customerId", kind, nullif(about, '') as about, cycle,
           priority, owner, team, state, calendar, ${instant('started_at')} as "startedAt", ${instant('due_at')} as "dueAt",
           ${instant('natural_due_at')} as "naturalDueAt", warned_percent as "warnedPercent", step as "escalationStep",
           round as "escalationRound", case when state = 'paused' then ${instant('paused_at')} end as "pausedAt",
           ${instant('breached_at')} as "breachedAt", ${instant('ended_at')} as "endedAt", met_by as "metBy"
      from clocks where ${condition(filter)} and ${beyond}
     order by due_at, clock_id limit ${limit}`.execute(database);
  const last = rows.length === limit ? rows.at(-1)! : undefined;
  return { items: rows, next: last && [last.dueAt, last.clockId] };
}

function instant(column: string) {
  return sql.raw(`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);
}
