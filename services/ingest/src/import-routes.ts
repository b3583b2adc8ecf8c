import { randomUUID } from 'node:crypto';
import { explain } from '@heard/bus/delivery';
import { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import { readRecords, UnreadableFile } from '@heard/imports/records';
import type { Access } from '@heard/service/access';
import { NotFound, Problem, problem, sendProblem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import { sql } from 'kysely';
import * as z from 'zod';
import type { Incoming, Result } from './ingest.ts';
import type { Intake } from './routes.ts';

const batchSize = 500;
const access: Access = { roles: ['system', 'admin', 'supervisor'] };
const Counts = z.object({
  importId: z.uuid(),
  read: z.int(),
  accepted: z.int(),
  duplicate: z.int(),
  superseded: z.int(),
  rejected: z.int(),
});
const Reject = z.object({ line: z.int(), field: z.string(), message: z.string() });
const kind = z.enum(['responses', 'customer-values']);
type Reject = z.infer<typeof Reject>;
type Counts = z.infer<typeof Counts>;

/**
 * Files in: CSV or JSON lines, streamed, committed every 500 lines. A line that is wrong is rejected with its number and
 * the rest goes on; sent again, the lines that were taken are duplicates.
 */
export function registerImports(service: Service, intake: Intake): void {
  const { clock, database, http, log } = service;
  for (const type of ['text/csv', 'application/x-ndjson']) {
    http.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  }

  http.post(
    '/v1/imports/:kind',
    {
      config: { access },
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: {
        summary: 'Import a file of responses or customer values: text/csv or application/x-ndjson',
        consumes: ['text/csv', 'application/x-ndjson'],
        params: z.object({ kind }),
        querystring: z.object({
          source: z.string().min(1).optional().meta({ description: 'For files without that column.' }),
        }),
        response: { 200: Counts.extend({ rejects: z.array(Reject) }), 400: Problem, 415: Problem },
      },
    },
    async (request, reply) => {
      const contentType = request.headers['content-type'] ?? '';
      const format = contentType.startsWith('text/csv')
        ? 'csv'
        : contentType.startsWith('application/x-ndjson')
          ? 'jsonl'
          : null;
      if (!format) return sendProblem(reply, problem(415, 'content-type', 'Send text/csv or application/x-ndjson.'));
      const importId = randomUUID();
      await sql`insert into imports (id, kind, started_at) values (${importId}, ${request.params.kind}, ${clock.now().toISOString()})`.execute(
        database,
      );
      const counts: Counts = { importId, read: 0, accepted: 0, duplicate: 0, superseded: 0, rejected: 0 };
      const rejects: Reject[] = [];
      try {
        for await (const batch of batches(request.body as AsyncIterable<Uint8Array>, format, request)) {
          const rejected = await take(request.params.kind, batch, counts);
          rejects.push(...rejected.slice(0, 100 - rejects.length));
          await keep(importId, counts, rejected);
        }
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        return sendProblem(reply, problem(400, 'unreadable-file', error.message));
      } finally {
        await sql`update imports set finished_at = ${clock.now().toISOString()} where id = ${importId}`.execute(
          database,
        );
      }
      log.info(
        { importId, read: counts.read, accepted: counts.accepted, rejected: counts.rejected },
        'a file was imported',
      );
      return { ...counts, rejects };
    },
  );

  http.get(
    '/v1/imports/:importId/rejects',
    {
      config: { access },
      schema: {
        summary: 'Every line an import rejected',
        params: z.object({ importId: z.uuid() }),
        querystring: z.object({
          after: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(200).default(200),
        }),
        response: { 200: z.object({ items: z.array(Reject), next: z.int().nullable() }), 404: Problem },
      },
    },
    async ({ params, query }) => {
      const known = await sql`select 1 from imports where id = ${params.importId}`.execute(database);
      if (known.rows.length === 0) throw new NotFound('There is no such import.');
      const { rows } = await sql<Reject>`
        select line, field, message from rejects where import_id = ${params.importId} and line > ${query.after}
         order by line limit ${query.limit}`.execute(database);
      return { items: rows, next: rows.length === query.limit ? rows.at(-1)!.line : null };
    },
  );

  async function take(what: z.infer<typeof kind>, batch: Line[], counts: Counts): Promise<Reject[]> {
    const rejected: Reject[] = [];
    const reject = (line: number, detail: string) => {
      const [field, ...message] = detail.split(': ');
      rejected.push(
        message.length > 0
          ? { line, field: field!, message: message.join(': ') }
          : { line, field: 'line', message: detail },
      );
    };
    const judge = async <T>(schema: z.ZodType<T>, submit: (items: Incoming<T>[]) => Promise<Result[]>) => {
      const valid: { line: number; input: T }[] = [];
      for (const { line, value, problem } of batch) {
        if (problem) {
          rejected.push({ line, ...problem });
          continue;
        }
        const parsed = schema.safeParse(value);
        if (parsed.success) valid.push({ line, input: parsed.data });
        else reject(line, explain(parsed.error));
      }
      const results = valid.length > 0 ? await submit(valid.map(({ input }) => ({ input }))) : [];
      results.forEach((result, i) => {
        if (result.status === 'rejected') reject(valid[i]!.line, result.problem!.detail);
        else counts[result.status]++;
      });
    };
    if (what === 'responses') await judge(SurveyResponse, intake.responses);
    else await judge(CustomerValue, intake.values);
    counts.read += batch.length;
    counts.rejected += rejected.length;
    return rejected.sort((a, b) => a.line - b.line);
  }

  async function keep(importId: string, counts: Counts, rejected: Reject[]): Promise<void> {
    await sql`
      with counted as (
        update imports set read = ${counts.read}, accepted = ${counts.accepted}, duplicate = ${counts.duplicate},
          superseded = ${counts.superseded}, rejected = ${counts.rejected} where id = ${importId})
      insert into rejects (import_id, line, field, message)
      select ${importId}, * from unnest(${rejected.map((r) => r.line)}::int[], ${rejected.map((r) => r.field)}::text[],
        ${rejected.map((r) => r.message)}::text[]) on conflict do nothing`.execute(database);
  }
}

interface Line {
  line: number;
  value?: unknown;
  problem?: { field: string; message: string };
}

async function* batches(
  body: AsyncIterable<Uint8Array>,
  format: 'csv' | 'jsonl',
  { params, query }: { params: { kind: z.infer<typeof kind> }; query: { source?: string } },
): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  const defaults = query.source ? { source: query.source } : undefined;
  for await (const record of readRecords(body, { format, kind: params.kind, defaults })) {
    batch.push(record);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
