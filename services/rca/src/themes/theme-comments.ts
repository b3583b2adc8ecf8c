import { insightRoles } from '@heard/service/access';
import { Problem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { redact } from '@heard/text/redact';
import { sql } from 'kysely';
import * as z from 'zod';
import { chosenFilter, filterQuery } from '../corpus/chosen-filter.ts';
import { matching } from '../corpus/corpus-filter.ts';
import { noTheme } from './frames.ts';
import { frameOf, frameQuery } from './theme-routes.ts';

const Item = z.object({
  feedbackId: z.uuid(),
  occurredAt: z.iso.datetime(),
  channel: z.string(),
  kind: z.string(),
  product: z.string().nullable(),
  segment: z.string().nullable(),
  comment: z.string().meta({ description: 'Without what identifies a person.' }),
  isPrimary: z.boolean(),
  mentions: z.array(z.string()),
});
type Row = Omit<z.infer<typeof Item>, 'occurredAt'> & { at: Date; exact: string };

const Cursor = z
  .string()
  .transform((cursor) => Buffer.from(cursor, 'base64url').toString().split(' '))
  .pipe(z.tuple([z.iso.datetime(), z.uuid()], 'is not a cursor of this list'));

/** From a number to what people said. */
export function registerThemeComments(service: Service): void {
  service.http.get(
    '/v1/themes/:themeId/comments',
    {
      config: { access: { roles: insightRoles } },
      schema: {
        summary: 'The comments that name a theme, newest first; `none` for those of no theme',
        params: z.object({ themeId: z.string().max(200) }),
        querystring: z.object({
          ...filterQuery,
          frame: frameQuery,
          cursor: Cursor.optional(),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
        response: { 200: z.object({ items: z.array(Item), next: z.string().nullable() }), 404: Problem },
      },
    },
    async ({ params: { themeId }, query }) => {
      const { filter } = await chosenFilter(service, query);
      const { version } = await frameOf(service, query.frame);
      const [at, id] = query.cursor ?? [];
      const named = themeId === noTheme ? sql`t.mentions = '{}'` : sql`${themeId} = any (t.mentions)`;
      const after = at ? sql`(t.occurred_at, t.feedback_id) < (${at}::timestamptz, ${id}::uuid)` : sql`true`;
      const { rows } = await sql<Row>`
        select c.feedback_id as "feedbackId", c.occurred_at as at, c.channel, c.kind, c.product, c.segment, c.comment, t.mentions,
               t.primary_theme is not distinct from ${themeId === noTheme ? null : themeId} as "isPrimary",
               to_char(t.occurred_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as exact
          from comment_themes t join comments c using (feedback_id)
         where t.frame_version = ${version} and ${named} and ${matching(filter)} and ${after}
         order by t.occurred_at desc, t.feedback_id desc limit ${query.limit}`.execute(service.database);
      const last = rows.length === query.limit ? rows.at(-1) : undefined;
      return {
        items: rows.map(({ at, exact, comment, ...row }) => ({
          ...row,
          occurredAt: at.toISOString(),
          comment: redact(comment),
        })),
        next: last ? Buffer.from(`${last.exact} ${last.feedbackId}`).toString('base64url') : null,
      };
    },
  );
}
