import type { Database } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { insightRoles } from '@heard/service/access';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { CohortQuery, compareCohort } from './recovery-reports.ts';
import {
  type Assumption,
  customersKept,
  exactly,
  exposure,
  type Figure,
  profitShare,
  returnOnCost,
  revenueKept,
  ruleOfThumb,
} from './roi.ts';
import { assumptionNames, figureNames, sources } from './roi-wording.ts';
import { Language } from './validation-shapes.ts';

/** A number, or "low..estimate..high". */
const Entered = z
  .string()
  .regex(/^-?\d+(\.\d+)?(\.\.-?\d+(\.\d+)?\.\.-?\d+(\.\d+)?)?$/, 'must be a number or low..estimate..high')
  .transform((text) => text.split('..').map(Number))
  .refine((ends) => ends.every((end, at) => at === 0 || end >= ends[at - 1]!), 'must rise')
  .transform(([low, estimate = low, high = low]) => ({ low: low!, estimate: estimate!, high: high! }))
  .optional();

const Query = CohortQuery.partial({ from: true, until: true }).extend({
  lang: Language,
  detractors: Entered.meta({ description: 'Left out: counted between from and until.' }),
  customers: Entered.meta({ description: 'Left out: the recovered who could be matched.' }),
  lessChurn: Entered.meta({ description: 'In shares. Left out: measured against matched controls.' }),
  valueEach: Entered.meta({ description: 'Worth of a customer kept, in minor units.' }),
  margin: Entered.meta({ description: 'A share.' }),
  cost: Entered.meta({ description: 'Of the whole, in minor units.' }),
});
type Name = Assumption['name'];

const range = { low: z.number(), estimate: z.number(), high: z.number() };
const Shown = z.object({
  figure: z.enum([
    'listeners',
    'customers-kept',
    'revenue-kept',
    'profit-share',
    'return',
  ] satisfies Figure['figure'][]),
  name: z.string(),
  label: z.literal('estimate'),
  unit: z.enum(['people', 'customers', 'minor', 'share', 'ratio'] satisfies Figure['unit'][]),
  ...range,
  assumptions: z.array(
    z.object({ assumption: z.string(), name: z.string(), ...range, source: z.string(), sourceName: z.string() }),
  ),
});

/** What closing the loop is worth: ranges, each with everything it rests on. */
export function registerRoiRoutes(service: Service): void {
  service.http.get(
    '/v1/roi',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'Estimates of exposure, churn prevented and return, each with all its assumptions',
        description:
          'An assumption is a number or low..estimate..high. What a figure still needs is named, not guessed.',
        querystring: Query,
        response: {
          200: z.object({
            currency: z.string(),
            figures: z.array(Shown),
            missing: z.array(z.object({ figure: z.string(), name: z.string(), needs: z.array(z.string()) })),
          }),
        },
      },
    },
    async ({ query }) => {
      const { rca } = await service.policies.current(service.database);
      const known: Partial<Record<Name, Assumption>> = {
        'listeners-per-detractor': ruleOfThumb('listeners-per-detractor', rca.estimates.listenersPerDetractor),
        'profit-per-point-of-churn': ruleOfThumb('profit-per-point-of-churn', rca.estimates.profitPerPointOfChurn),
        ...(await measured(service, query)),
        ...entered(query),
      };
      const { figures, missing } = figuresOf(known);
      const { lang, currency } = query;
      return {
        currency,
        figures: figures.map((figure) => ({
          ...figure,
          name: figureNames[figure.figure][lang],
          assumptions: figure.assumptions.map(({ name, source, low, estimate, high }) => ({
            ...{ assumption: name, name: assumptionNames[name][lang], low, estimate, high },
            ...{ source, sourceName: sources[source][lang] },
          })),
        })),
        missing: missing.map((one) => ({ ...one, name: figureNames[one.figure][lang] })),
      };
    },
  );
}

function entered(query: z.infer<typeof Query>): Partial<Record<Name, Assumption>> {
  const { detractors, customers, lessChurn, valueEach, margin, cost } = query;
  if (cost && cost.low <= 0) throw new Rejection('cost-not-above-0', 'a return needs a cost above 0');
  const given = { detractors, customers, 'less-churn': lessChurn, 'value-each': valueEach, margin, cost };
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, ends]) => (ends ? [[name, { name, ...ends, source: 'entered' }]] : [])),
  );
}

/** Of the time asked for, as far as nobody entered it. */
async function measured(service: Service, query: z.infer<typeof Query>): Promise<Partial<Record<Name, Assumption>>> {
  const { from, until, months, currency } = query;
  if (from === undefined || until === undefined) return {};
  const found: Partial<Record<Name, Assumption>> = {};
  if (!query.detractors) {
    found.detractors = exactly('detractors', await countDetractors(service.database, from, until), 'measured');
  }
  // Less churn is that of the matched: another number of customers would be a guess.
  if (!query.lessChurn && !query.customers) {
    const compared = await compareCohort(service, { from, until, months, currency }, 'unreached');
    const { retained, pairs } = compared.found;
    if (retained.difference) {
      const { lower, estimate, upper } = retained.difference;
      found['less-churn'] = { name: 'less-churn', low: lower, estimate, high: upper, source: 'measured' };
      found.customers = exactly('customers', pairs, 'measured');
    }
  }
  return found;
}

async function countDetractors(db: Database, from: string, until: string): Promise<number> {
  const { rows } = await sql<{ many: number }>`
    select count(distinct customer_id)::int as many from comments
     where segment = 'detractor' and occurred_at >= ${`${from}-01T00:00:00Z`} and occurred_at < ${`${until}-01T00:00:00Z`}`.execute(
    db,
  );
  return rows[0]!.many;
}

const needs: Record<Figure['figure'], Name[]> = {
  listeners: ['detractors', 'listeners-per-detractor'],
  'customers-kept': ['customers', 'less-churn'],
  'revenue-kept': ['customers', 'less-churn', 'value-each'],
  'profit-share': ['less-churn', 'profit-per-point-of-churn'],
  return: ['customers', 'less-churn', 'value-each', 'margin', 'cost'],
};

function figuresOf(known: Partial<Record<Name, Assumption>>) {
  const of = (name: Name) => known[name]!;
  const kept = () => customersKept(of('customers'), of('less-churn'));
  const revenue = () => revenueKept(kept(), of('value-each'));
  const make: Record<Figure['figure'], () => Figure> = {
    listeners: () => exposure(of('detractors'), of('listeners-per-detractor')),
    'customers-kept': kept,
    'revenue-kept': revenue,
    'profit-share': () => profitShare(of('less-churn'), of('profit-per-point-of-churn')),
    return: () => returnOnCost(revenue(), of('margin'), of('cost')),
  };
  const figures = Object.keys(make) as Figure['figure'][];
  const lacking = (figure: Figure['figure']) => needs[figure].filter((name) => !known[name]);
  return {
    figures: figures.filter((figure) => lacking(figure).length === 0).map((figure) => make[figure]()),
    missing: figures
      .filter((figure) => lacking(figure).length > 0)
      .map((figure) => ({ figure, needs: lacking(figure) })),
  };
}
