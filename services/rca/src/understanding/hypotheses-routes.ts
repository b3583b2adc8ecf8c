import type { Database, Tx } from '@heard/bus/log';
import { Rejection } from '@heard/bus/rejection';
import { ThemeId } from '@heard/events/rca';
import { text } from '@heard/events/vocabulary';
import { insightRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import { CorpusFilter, defaultFilter } from '../corpus/corpus-filter.ts';
import { createOnce, once } from '../once.ts';
import { checkThemes, servedFrame } from '../themes/served-frame.ts';
import type { Lang } from './association-wording.ts';
import { closeHypothesis, type Hypothesis, insertHypothesis, judgeNow, readHypotheses } from './hypotheses.ts';
import { wordJudgement } from './hypothesis-wording.ts';

const analysts = { config: { access: { roles: ['analyst', 'admin'] as const } } };
const readers = { config: { access: { roles: insightRoles } } };
const params = z.object({ hypothesisId: z.uuid() });
const Share = z.number().gt(0).lt(1);

const HypothesisBody = z.object({
  hypothesisId: z.uuid(),
  statement: z.string(),
  believedBy: z.string(),
  themeIds: z.array(z.string()).meta({ description: 'Naming any of them counts.' }),
  threshold: z.number(),
  filter: CorpusFilter,
  statedBy: z.string(),
  statedAt: z.string(),
  closedBy: z.string().nullable(),
  closedAt: z.string().nullable(),
});
const JudgedBody = HypothesisBody.extend({
  frameVersion: z.int().meta({ description: 'Judged by this version of the code frame.' }),
  verdict: z.enum(['rejected', 'supported', 'open']),
  text: z.string(),
  channels: z.array(
    z.object({
      channel: z.string(),
      count: z.object({ hits: z.int(), of: z.int() }),
      share: z.object({ estimate: z.number(), lower: z.number(), upper: z.number() }),
      finding: z.enum(['below', 'above', 'open', 'too-few']),
    }),
  ),
});
const ListedBody = HypothesisBody.extend({
  verdict: z.enum(['rejected', 'supported', 'open']).nullable().meta({ description: 'null while it is open.' }),
});

/** What people believe the cause to be, put to the comments. */
export function registerHypothesesRoutes(service: Service): void {
  const { clock, commit, database, http, policies } = service;

  http.post(
    '/v1/hypotheses',
    {
      ...analysts,
      schema: {
        summary: 'State a belief: this theme is named by at least so many, somewhere',
        ...once,
        querystring: z.object({ lang: z.enum(['zh', 'en']).default('zh') }),
        body: z.strictObject({
          statement: text(500).min(1),
          believedBy: text(200).min(1),
          themeIds: z.array(ThemeId).min(1).max(20),
          threshold: Share.optional().meta({ description: 'Default: that of the policy.' }),
          filter: CorpusFilter.optional().meta({ description: 'Default: that of the policy.' }),
        }),
        response: { 201: JudgedBody, 409: Problem },
      },
    },
    async (request, reply) => {
      const { body, principal, query } = request;
      const hypothesisId = await createOnce(service, request, async (tx, hypothesisId) => {
        const { rca } = await policies.current(tx);
        checkThemes(await servedFrame(tx), body.themeIds);
        await insertHypothesis(tx, {
          hypothesisId,
          statement: body.statement,
          believedBy: body.believedBy,
          themeIds: [...new Set(body.themeIds)],
          threshold: body.threshold ?? rca.hypothesis.threshold,
          filter: body.filter ?? defaultFilter(rca),
          statedBy: principal.personId,
          statedAt: clock.now(),
        });
        return { events: [] };
      });
      return reply.status(201).send(await judged(database, await read(database, hypothesisId), query.lang));
    },
  );

  http.get(
    '/v1/hypotheses',
    {
      ...readers,
      schema: {
        summary: 'The hypothesis board, newest first',
        querystring: z.object({
          theme: ThemeId.optional(),
          cursor: z.uuid().optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(ListedBody), next: z.string().nullable() }) },
      },
    },
    async ({ query: { theme, cursor, limit } }) => {
      const found = await readHypotheses(
        database,
        sql`(${theme ?? null}::text is null or ${theme ?? null} = any (theme_ids)) and (${cursor ?? null}::uuid is null
          or (stated_at, hypothesis_id) < (select stated_at, hypothesis_id from hypotheses where hypothesis_id = ${cursor ?? null}))`,
        sql`order by stated_at desc, hypothesis_id desc limit ${limit}`,
      );
      return {
        items: found.map((one) => ({ ...bodyOf(one), verdict: one.judgement?.verdict ?? null })),
        next: found.length === limit ? found.at(-1)!.hypothesisId : null,
      };
    },
  );

  http.get(
    '/v1/hypotheses/:hypothesisId',
    {
      ...readers,
      schema: {
        summary: 'A belief and what the comments say of it, channel by channel; of a closed one, what they said then',
        params,
        querystring: z.object({ lang: z.enum(['zh', 'en']).default('zh') }),
        response: { 200: JudgedBody, 404: Problem, 409: Problem },
      },
    },
    async ({ params, query }) => judged(database, await read(database, params.hypothesisId), query.lang),
  );

  http.post(
    '/v1/hypotheses/:hypothesisId/close',
    {
      ...analysts,
      schema: {
        summary: 'Keep what the comments say of it now as the answer',
        params,
        querystring: z.object({ lang: z.enum(['zh', 'en']).default('zh') }),
        body: z.strictObject({}).nullish(),
        response: { 200: JudgedBody, 404: Problem, 409: Problem },
      },
    },
    async (request) => {
      const { params, principal, query } = request;
      await commit(request, async (tx) => {
        const one = await read(tx, params.hypothesisId);
        if (one.closedAt) throw new Rejection('closed-already', 'this hypothesis is closed');
        const frame = await servedFrame(tx);
        const judgement = await judgeNow(tx, one, frame, await policies.current(tx));
        const closing = { by: principal.personId, at: clock.now(), frameVersion: frame.version, judgement };
        await closeHypothesis(tx, one, closing);
        return { result: undefined, events: [] };
      });
      return judged(database, await read(database, params.hypothesisId), query.lang);
    },
  );

  async function read(db: Database | Tx, hypothesisId: string): Promise<Hypothesis> {
    const [one] = await readHypotheses(db, sql`hypothesis_id = ${hypothesisId}`);
    if (!one) throw new NotFound('There is no such hypothesis.');
    return one;
  }

  async function judged(db: Database, one: Hypothesis, lang: Lang): Promise<z.infer<typeof JudgedBody>> {
    if (one.judgement) return show(one, one.judgement, one.frameVersion!, lang);
    const frame = await servedFrame(db);
    return show(one, await judgeNow(db, one, frame, await policies.current(db)), frame.version, lang);
  }
}

function show(
  one: Hypothesis,
  judgement: NonNullable<Hypothesis['judgement']>,
  frameVersion: number,
  lang: Lang,
): z.infer<typeof JudgedBody> {
  const worded = wordJudgement(judgement, one.threshold, lang);
  return { ...bodyOf(one), ...judgement, frameVersion, text: worded };
}

function bodyOf({ statedAt, closedAt, ...one }: Hypothesis): z.infer<typeof HypothesisBody> {
  return { ...one, statedAt: statedAt.toISOString(), closedAt: closedAt?.toISOString() ?? null };
}
