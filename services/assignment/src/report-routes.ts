import { Instant } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { registerReport } from '@heard/service/reports';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { isAvailable, type Person } from './people.ts';
import { personColumns } from './store.ts';

const Load = z.object({
  personId: z.string().meta({ description: 'Empty: nobody owns them yet.' }),
  team: z.string().nullable(),
  available: z.boolean(),
  cap: z.int().nullable(),
  P0: z.int(),
  P1: z.int(),
  P2: z.int(),
  oldest: z.string().nullable().meta({ description: 'Since when the customer who waits longest has waited.' }),
  list: z.string().meta({ description: 'The cases behind the numbers.' }),
});

/** What a recovery is counted by; the second is its parameter of the list of cases. */
const groups = {
  owner: [sql`coalesce(owner, '')`, 'owner'],
  team: [sql`coalesce(team, '')`, 'team'],
  'root-cause': [sql`coalesce(root_cause, '')`, 'rootCause'],
  priority: [sql`priority`, 'priority'],
} as const;

const RecoveryQuery = z.object({
  from: Instant.meta({ description: 'Resolved from then on.' }),
  to: Instant.meta({ description: 'Not included.' }),
  by: z.enum(['owner', 'team', 'root-cause', 'priority']).default('owner'),
});
const Recovery = z.object({
  key: z.string(),
  resolved: z.int(),
  asked: z.int().meta({ description: 'Recovery checks sent.' }),
  recovered: z.int(),
  unhappy: z.int(),
  recoveryRate: z.number().nullable().meta({ description: 'recovered ÷ answers; null without any answer.' }),
  overrides: z.int().meta({ description: 'Transfers that a supervisor made although the policy allowed no more.' }),
  list: z.string().meta({ description: 'The cases behind the numbers.' }),
});

/** Who has how much on the desk, and who wins customers back. */
export function registerReports({ http, database, clock }: Service): void {
  registerReport(http, {
    path: '/v1/reports/load',
    summary: 'Open cases of everybody, and of the queue',
    roles: insightRoles,
    query: z.object({}),
    row: Load,
    async read() {
      const { rows: people } = await sql<Person>`select ${personColumns} from people order by person_id`.execute(
        database,
      );
      const { rows: loads } = await sql<{ owner: string; P0: number; P1: number; P2: number; oldest: string }>`
        select coalesce(owner, '') as owner, count(*) filter (where priority = 'P0')::int as "P0",
               count(*) filter (where priority = 'P1')::int as "P1", count(*) filter (where priority = 'P2')::int as "P2",
               to_char(min(started_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as oldest
          from cases where state in ('new', 'assigned', 'contacting', 'in-recovery') group by 1`.execute(database);
      const now = clock.now();
      const byOwner = new Map(loads.map((load) => [load.owner, load]));
      const row = (personId: string, person?: Person) => ({
        personId,
        team: person?.team ?? null,
        available: person ? isAvailable(person, now) : false,
        cap: person?.cap ?? null,
        ...{ P0: 0, P1: 0, P2: 0, oldest: null },
        ...byOwner.get(personId),
        list: personId ? `/v1/cases?${new URLSearchParams({ owner: personId, desk: 'true' })}` : '/v1/cases?state=new',
      });
      return [row(''), ...people.map((person) => row(person.personId, person))];
    },
  });

  registerReport(http, {
    path: '/v1/reports/recovery',
    summary: 'Resolved cases, and how many of the customers say that they are content again',
    roles: insightRoles,
    query: RecoveryQuery,
    row: Recovery,
    async read({ from, to, by }) {
      const [group, parameter] = groups[by];
      const { rows } = await sql<Omit<z.infer<typeof Recovery>, 'list' | 'recoveryRate'>>`
        select ${group} as key, count(*)::int as resolved, count(*) filter (where answer is not null)::int as asked,
               count(*) filter (where answer = 'recovered')::int as recovered,
               count(*) filter (where answer = 'unhappy')::int as unhappy, sum(overrides)::int as overrides
          from (select *, work::json ->> 'check' as answer, coalesce((work::json ->> 'overrides')::int, 0) as overrides from cases
                 where resolved_at >= ${from}::timestamptz and resolved_at < ${to}::timestamptz) c
         group by 1 order by resolved desc, key`.execute(database);
      return rows.map((row) => {
        const answers = row.recovered + row.unhappy;
        const filter = { [parameter]: row.key, resolvedFrom: from, resolvedBefore: to };
        return {
          ...row,
          recoveryRate: answers > 0 ? row.recovered / answers : null,
          list: `/v1/cases?${new URLSearchParams(filter)}`,
        };
      });
    },
  });
}
