import { ThemeId } from '@heard/events/rca';
import { insightRoles } from '@heard/service/access';
import { NotFound, Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { redact } from '@heard/text/redact';
import { sql } from 'kysely';
import * as z from 'zod';
import { writeLabel } from './comment-labels.ts';
import { readLabels } from './kept-labels.ts';
import { audit } from './label-audit.ts';
import { servedFrame } from './served-frame.ts';
import { masked, spanFinder } from './theme-spans.ts';

const params = z.object({ feedbackId: z.uuid() });
const Span = z
  .strictObject({ start: z.int().nonnegative(), end: z.int().positive() })
  .refine(({ start, end }) => start < end, 'must not be empty')
  .meta({ description: 'UTF-16 units of the comment.' });

const CommentThemes = z.object({
  feedbackId: z.uuid(),
  frameVersion: z.int(),
  comment: z.string().meta({ description: 'What identifies a person is masked, unit for unit: spans stay in place.' }),
  primary: z.string().nullable(),
  mentions: z.array(z.string()),
  uncertain: z.boolean().nullable().meta({ description: 'null: its themes have not been looked for yet.' }),
  spans: z.array(z.object({ themeId: z.string(), word: z.string(), start: z.int(), end: z.int() })),
  labels: z
    .array(
      z.object({
        themeId: z.string(),
        remove: z.boolean(),
        span: z.object({ start: z.int(), end: z.int() }).nullable(),
        frameVersion: z.int(),
        by: z.string(),
        at: z.string(),
      }),
    )
    .meta({ description: 'Newest first; of each theme the newest holds.' }),
});

const Agreement = z.object({
  comments: z.int(),
  pairs: z.int().meta({ description: 'Of comment and theme.' }),
  agreed: z.int(),
  accuracy: z.object({ estimate: z.number(), lower: z.number(), upper: z.number() }).nullable(),
});
const AuditBody = z.object({
  frameVersion: z.int(),
  confidence: z.number(),
  sample: Agreement.meta({ description: 'Of the comments drawn: the estimate of how right the model is.' }),
  labelled: Agreement.meta({ description: 'Of every label; people label what looks wrong, so it lies low.' }),
  themes: z.array(z.object({ themeId: z.string(), confirmed: z.int(), wrong: z.int(), missed: z.int() })),
  items: z.array(
    z.object({
      feedbackId: z.uuid(),
      comment: z.string(),
      primary: z.string().nullable(),
      mentions: z.array(z.string()),
      isLabelled: z.boolean(),
    }),
  ),
});

/** What a comment is about: the words that say so, and what analysts say. */
export function registerLabelsRoutes(service: Service): void {
  const { clock, commit, database, http, policies } = service;
  let finder = { version: 0, find: spanFinder({ themes: new Map() }) };

  http.get(
    '/v1/comments/:feedbackId/themes',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'The themes of a comment, the words that name them, and its labels',
        params,
        response: { 200: CommentThemes, 404: Problem, 409: Problem },
      },
    },
    async ({ params }) => show(params.feedbackId),
  );

  http.post(
    '/v1/comments/:feedbackId/labels',
    {
      config: { access: { roles: ['analyst', 'admin'] } },
      schema: {
        summary: 'Say that a comment is about a theme, or is not; it holds against the model and in later frames',
        params,
        body: z.strictObject({ themeId: ThemeId, span: Span.optional(), remove: z.boolean().default(false) }),
        response: { 201: CommentThemes, 404: Problem, 409: Problem },
      },
    },
    async (request, reply) => {
      const { feedbackId } = request.params;
      const { themeId, span = null, remove: isRemoved } = request.body;
      await commit(request, async (tx) => {
        const { personId: by } = request.principal;
        await writeLabel(tx, feedbackId, { themeId, isRemoved, span, by, at: clock.now() });
        return { result: undefined, events: [] };
      });
      return reply.status(201).send(await show(feedbackId));
    },
  );

  http.get(
    '/v1/frames/:version/audit-sample',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'How often labels agree with the model, and comments drawn at random to label',
        params: z.object({ version: z.coerce.number().int().min(1) }),
        querystring: z.object({ size: z.coerce.number().int().min(1).max(500).default(100) }),
        response: { 200: AuditBody },
      },
    },
    async ({ params: { version }, query }) => {
      const { confidence } = (await policies.current(database)).rca;
      const found = await audit(database, version, query.size, confidence);
      const items = found.items.map((item) => ({ ...item, comment: redact(item.comment) }));
      return { ...found, frameVersion: version, confidence, items };
    },
  );

  async function show(feedbackId: string): Promise<z.infer<typeof CommentThemes>> {
    const frame = await servedFrame(database);
    const { rows } = await sql<{
      comment: string | null;
      primary: string | null;
      mentions: string[] | null;
      uncertain: boolean | null;
    }>`select c.comment, t.primary_theme as "primary", t.mentions, t.uncertain
         from comments c left join comment_themes t on t.feedback_id = c.feedback_id and t.frame_version = ${frame.version}
        where c.feedback_id = ${feedbackId}`.execute(database);
    const [row] = rows;
    if (!row?.comment) throw new NotFound('There is no such comment.');
    const labels = await readLabels(database, feedbackId);
    if (finder.version !== frame.version) finder = { version: frame.version, find: spanFinder(frame) };
    return {
      feedbackId,
      frameVersion: frame.version,
      comment: masked(row.comment),
      primary: row.primary,
      mentions: row.mentions ?? [],
      uncertain: row.uncertain,
      spans: finder.find(row.comment),
      labels: labels.reverse().map(({ themeId, isRemoved, span, frameVersion, by, at }) => ({
        ...{ themeId, remove: isRemoved, span, frameVersion, by },
        at: at.toISOString(),
      })),
    };
  }
}
