import { Instant } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { Problem, problem, sendProblem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { chosenFilter, filterQuery } from '../corpus/chosen-filter.ts';
import { readPack } from '../initiatives/pack.ts';
import { type Browser, NoBrowser } from './browser.ts';
import { readInitiativeReport } from './initiative-report-data.ts';
import { packReportData } from './pack-report-data.ts';
import { readPeriodReport } from './period-report-data.ts';
import type { Report, ReportRenderer } from './report-renderer.ts';

const lang = z.enum(['zh', 'en']).default('zh');
const PeriodQuery = z
  .object({ ...filterQuery, from: Instant, until: Instant.meta({ description: 'Not included.' }), lang })
  .refine(({ from, until }) => new Date(from) < new Date(until), { path: ['until'], message: 'must be after from' });
const ofInitiative = {
  params: z.object({ initiativeId: z.uuid() }),
  querystring: z.object({ lang }),
};
const access = { roles: insightRoles };
const response = { 404: Problem, 409: Problem, 501: Problem };

/** What people read and send on: a period, an initiative and its pack, each as one file. */
export function registerReportRoutes(
  service: Service,
  { renderer, browser }: { renderer: ReportRenderer; browser: Browser },
): void {
  const { clock, database, http, policies } = service;
  for (const as of ['html', 'pdf'] as const) {
    const file = `as one ${as.toUpperCase()} file`;
    http.get(
      `/v1/reports/period.${as}`,
      {
        config: { access },
        schema: {
          summary: `What customers were unhappy about in a period and what came of it, ${file}`,
          querystring: PeriodQuery,
          response,
        },
      },
      async ({ query }, reply) => {
        const { from: _, until: __, ...filter } = (await chosenFilter(service, query)).filter;
        const period = { from: new Date(query.from), until: new Date(query.until) };
        const read = await readPeriodReport(service, period, filter);
        return send(reply, as, { kind: 'period', ...read }, query.lang, 'period');
      },
    );
    http.get(
      `/v1/initiatives/:initiativeId/report.${as}`,
      {
        config: { access },
        schema: {
          summary: `An initiative: its cause, its proof and what came of it, ${file}`,
          ...ofInitiative,
          response,
        },
      },
      async ({ params: { initiativeId }, query }, reply) => {
        const read = await readInitiativeReport(service, initiativeId);
        return send(reply, as, { kind: 'initiative', ...read }, query.lang, `initiative-${initiativeId}`);
      },
    );
    http.get(
      `/v1/initiatives/:initiativeId/pack.${as}`,
      {
        config: { access },
        schema: {
          summary: `Comments and numbers for the owner of an initiative, masked, ${file}`,
          ...ofInitiative,
          response,
        },
      },
      async ({ params: { initiativeId }, query }, reply) => {
        const pack = await readPack(database, initiativeId, clock);
        const data = packReportData(pack, await policies.current(database));
        return send(reply, as, { kind: 'pack', data }, query.lang, `pack-${initiativeId}`);
      },
    );
  }

  async function send(reply: FastifyReply, as: 'html' | 'pdf', report: Report, lang: 'zh' | 'en', name: string) {
    const html = await renderer.render(report, lang);
    if (as === 'html') {
      return reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        .serializer(String)
        .send(html);
    }
    try {
      const pdf = await browser.pdf(html);
      return await reply
        .type('application/pdf')
        .header('content-disposition', `inline; filename="${name}.pdf"`)
        .send(pdf);
    } catch (error) {
      if (!(error instanceof NoBrowser)) throw error;
      return sendProblem(reply, problem(501, 'no-browser', error.message));
    }
  }
}
