import { Instant, Segment } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { Problem, problem, sendProblem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { type Browser, NoBrowser } from './browser.ts';
import { defaultFilter } from './corpus-filter.ts';
import { readPeriodReport } from './period-report-data.ts';
import type { Report, ReportRenderer } from './report-renderer.ts';

const list = z
  .string()
  .transform((text) => text.split(','))
  .optional();
const lang = z.enum(['zh', 'en']).default('zh');
const PeriodQuery = z
  .object({
    from: Instant.transform((text) => new Date(text)),
    until: Instant.transform((text) => new Date(text)).meta({ description: 'Not included.' }),
    segments: list.pipe(z.array(Segment).optional()),
    channels: list,
    lang,
  })
  .refine(({ from, until }) => from < until, { path: ['until'], message: 'must be after from' });

/** What people read: a period as one file. */
export function registerReportRoutes(
  { clock, database, http, policies }: Service,
  { renderer, browser }: { renderer: ReportRenderer; browser: Browser },
): void {
  for (const kind of ['html', 'pdf'] as const) {
    http.get(
      `/v1/reports/period.${kind}`,
      {
        config: { access: { roles: insightRoles } },
        schema: {
          summary: `What customers were unhappy about in a period and what came of it, as one ${kind.toUpperCase()} file`,
          querystring: PeriodQuery,
          response: { 501: Problem },
        },
      },
      async ({ query: { from, until, segments, channels, lang } }, reply) => {
        const policy = await policies.current(database);
        const own = { ...(segments && { segments }), ...(channels && { channels }) };
        const filter = { ...defaultFilter(policy.rca), ...own };
        const data = await readPeriodReport(database, { period: { from, until }, filter }, policy, clock.now());
        return send(reply, kind, { kind: 'period', data }, lang, 'period');
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
