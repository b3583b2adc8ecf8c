import { PersonId } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { NotFound } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { aimOf } from '../initiatives/initiatives.ts';
import { createOnce, once } from '../once.ts';
import { servingFrame } from '../themes/theme-counts.ts';
import { levels, review } from './effect-review.ts';
import { readSeries, type Series } from './effect-review-figures.ts';
import { figure, Shown, show } from './effect-review-lines.ts';
import { linesOf, Plan } from './effect-review-plan.ts';
import { wordLine } from './effect-review-wording.ts';
import { Language } from './validation-shapes.ts';

const Id = z.object({ reviewId: z.uuid() });
const Day = z.iso.date();
const Review = z.object({
  reviewId: z.uuid(),
  initiativeId: z.uuid(),
  fixedOn: Day,
  openedBy: PersonId,
  confidence: z.number(),
  frameVersion: z.int().nullable().meta({ description: 'What mentions of themes are counted with, in all windows.' }),
  missing: z.array(z.enum(levels)).meta({ description: 'Levels without a single figure.' }),
  lines: z.array(Shown),
});

interface Row {
  initiativeId: string;
  fixedOn: string;
  openedBy: string;
  plan: Plan;
}

/** What became of a fix, at three levels and over several windows. */
export function registerEffectReviewRoutes(service: Service): void {
  const { http, database, clock } = service;

  http.post(
    '/v1/effect-reviews',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Open the review of a fix: what is measured, over which windows, compared with what',
        ...once,
        body: Plan.extend({
          initiativeId: z.uuid(),
          fixedOn: Day.meta({ description: "The company's day; the first that counts as after the fix." }),
        }),
        response: { 201: z.object({ reviewId: z.uuid() }) },
      },
    },
    async (request, reply) => {
      const { initiativeId, fixedOn, ...plan } = request.body;
      linesOf(plan, fixedOn);
      const reviewId = await createOnce(service, request, async (tx, reviewId) => {
        await aimOf(tx, initiativeId);
        await sql`
          insert into effect_reviews (review_id, initiative_id, fixed_on, plan, opened_by, opened_at)
          values (${reviewId}, ${initiativeId}, ${fixedOn}, ${JSON.stringify(plan)}::jsonb, ${request.principal.personId}, ${clock.now().toISOString()})`.execute(
          tx,
        );
        return { events: [] };
      });
      return reply.status(201).send({ reviewId });
    },
  );

  http.get(
    '/v1/effect-reviews',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'The reviews of an initiative, newest first',
        querystring: z.object({ initiativeId: z.uuid() }),
        response: { 200: z.object({ items: z.array(z.object({ reviewId: z.uuid(), fixedOn: Day })) }) },
      },
    },
    async ({ query }) => {
      const { rows } = await sql<{ reviewId: string; fixedOn: string }>`
        select review_id as "reviewId", to_char(fixed_on, 'YYYY-MM-DD') as "fixedOn" from effect_reviews
         where initiative_id = ${query.initiativeId} order by number desc limit 100`.execute(database);
      return { items: rows };
    },
  );

  http.get(
    '/v1/effect-reviews/:reviewId',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'The review as of now: every change with its interval and what it is compared with',
        params: Id,
        querystring: z.object({ lang: Language }),
        response: { 200: Review },
      },
    },
    async ({ params: { reviewId }, query: { lang } }) => {
      const read = await readReview(service, reviewId);
      return {
        ...read,
        lines: read.lines.map((line) => ({ ...line, text: wordLine(lang, line, read.confidence) })),
      };
    },
  );
}

/** A review as of now. Throws NotFound. */
export async function readReview(
  { clock, database, policies }: Pick<Service, 'clock' | 'database' | 'policies'>,
  reviewId: string,
) {
  const { rows } = await sql<Row>`
    select initiative_id as "initiativeId", to_char(fixed_on, 'YYYY-MM-DD') as "fixedOn", opened_by as "openedBy", plan
      from effect_reviews where review_id = ${reviewId}`.execute(database);
  if (!rows[0]) throw new NotFound(`There is no effect review ${reviewId}.`);
  const { plan, ...head } = rows[0];
  const { sla, rca } = await policies.current(database);
  const frameVersion = await servingFrame(database);
  const reading = { frameVersion, timeZone: sla.timeZone, corpus: rca };
  const series = new Map<unknown, Series | undefined>();
  for (const look of plan.measures) series.set(look, await readSeries(database, look, reading));
  const today = dayIn(sla.timeZone, clock.now());
  const known = linesOf(plan, head.fixedOn).map((line) => figure(line, series.get(line.look), today));
  const measured = known.flatMap(({ measure }) => measure ?? []);
  const { measures, missing } = review(measured, new Date(head.fixedOn), rca.confidence);
  const lines = known.map((one) => show(one, one.measure && measures[measured.indexOf(one.measure)]));
  return {
    ...head,
    reviewId,
    confidence: rca.confidence,
    frameVersion: frameVersion ?? null,
    missing,
    lines,
  };
}

const dayIn = (timeZone: string, at: Date) => new Date(new Intl.DateTimeFormat('en-CA', { timeZone }).format(at));
