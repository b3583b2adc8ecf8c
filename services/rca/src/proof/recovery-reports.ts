import { Rejection } from '@heard/bus/rejection';
import { insightRoles } from '@heard/service/access';
import { registerReport } from '@heard/service/reports';
import type { Service } from '@heard/service/service';
import * as z from 'zod';
import { type Cohort, readSides } from './followed-customers.ts';
import { compareApart } from './matching.ts';
import type { Finding, Outcome, RevenueSaved } from './recovery-paradox.ts';
import { wordFinding } from './recovery-wording.ts';
import { Language } from './validation-shapes.ts';

const Month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);
export const CohortQuery = z.object({
  from: Month.meta({ description: 'First month of the cases, such as 2026-01.' }),
  until: Month.meta({ description: 'Not included; from here on both sides are followed.' }),
  months: z.coerce.number().int().min(1).max(24).default(6),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('CNY'),
});

const nullable = z.number().nullable();
const Row = z.object({
  outcome: z.enum(['retained', 'revenue']),
  finding: z.enum([
    'more',
    'less',
    'no-difference-shown',
    'too-few-pairs',
    'not-alike',
    'not-measured',
  ] satisfies Finding[]),
  pairs: z.int(),
  recovered: z.int().meta({ description: 'Customers recovered in this time, matched or not.' }),
  controls: z.int().meta({ description: 'Customers to choose from; a sample where controlsOf is more.' }),
  controlsOf: z.int(),
  difference: nullable.meta({ description: 'Recovered − controls: in shares, or in minor units per customer.' }),
  lower: nullable,
  upper: nullable,
  saved: nullable.meta({ description: 'Of the matched together, in minor units; null unless a difference was shown.' }),
  savedLower: nullable,
  savedUpper: nullable,
  imbalance: nullable.meta({ description: 'Largest standardised difference left between the sides of the pairs.' }),
  text: z.string(),
});

const reports = {
  'recovery-paradox': {
    against: 'never-failed',
    summary: 'Whether recovered customers are more loyal than those like them who were never failed',
  },
  'revenue-saved': {
    against: 'unreached',
    summary: 'What recovering brought, against unhappy customers like them whom nobody reached; never a gross sum',
  },
} as const;

/** What recovery is worth, by matched controls. */
export function registerRecoveryReports(service: Service): void {
  for (const [name, { against, summary }] of Object.entries(reports)) {
    registerReport(service.http, {
      path: `/v1/reports/${name}`,
      summary,
      roles: insightRoles,
      query: CohortQuery.extend({ lang: Language }),
      row: Row,
      read: async ({ lang, ...query }) => {
        const { recovered, controls, controlsOf, found } = await compareCohort(service, query, against);
        const { pairs, imbalance, saved } = found;
        const rows = ['retained', 'revenue'] as const;
        return rows.map((outcome) => {
          const { finding, difference } = found[outcome];
          const total = outcome === 'revenue' && against === 'unreached' ? saved : undefined;
          return {
            ...{ outcome, finding, pairs, recovered, controls, controlsOf },
            ...limits(difference),
            saved: total?.estimate ?? null,
            savedLower: total?.lower ?? null,
            savedUpper: total?.upper ?? null,
            imbalance: pairs > 0 ? Math.max(...imbalance.after.map(Math.abs)) : null,
            text: wordFinding(lang, { against, outcome, finding, difference, pairs, currency: query.currency }),
          };
        });
      },
    });
  }
}

/** Throws Rejection while the months after are not over. */
export async function compareCohort(
  { database, policies, clock }: Service,
  query: z.infer<typeof CohortQuery>,
  against: 'never-failed' | 'unreached',
): Promise<{ recovered: number; controls: number; controlsOf: number; found: RevenueSaved }> {
  const cohort: Cohort = { ...query, from: `${query.from}-01T00:00:00Z`, until: `${query.until}-01T00:00:00Z` };
  if (cohort.from >= cohort.until) throw new Rejection('window-empty', 'the time ends before it begins');
  const end = new Date(cohort.until);
  end.setUTCMonth(end.getUTCMonth() + query.months);
  if (clock.now() < end) throw new Rejection('follow-up-not-over', `the ${query.months} months after are not over`);
  const { rca } = await policies.current(database);
  const matching = { ...rca.matching, confidence: rca.confidence };
  const { controlsOf, ...sides } = await readSides(database, cohort, against);
  const found = await compareApart({ ...sides, matching });
  return { recovered: sides.recovered.length, controls: sides.controls.length, controlsOf, found };
}

function limits(difference: Outcome['difference']) {
  if (!difference) return { difference: null, lower: null, upper: null };
  return { difference: difference.estimate, lower: difference.lower, upper: difference.upper };
}
