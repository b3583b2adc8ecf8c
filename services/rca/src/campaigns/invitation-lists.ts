import { csvRows } from '@heard/imports/csv';
import { UnreadableFile } from '@heard/imports/records';
import { Problem, problem, sendProblem } from '@heard/service/http';
import type { Service } from '@heard/service/service';
import * as z from 'zod';
import { bringing, Invitation, lineOf, params as ofCampaign, soon } from './campaign-shapes.ts';
import { saveInvitations } from './campaigns.ts';

const together = 5_000;
const mostShown = 100;
const Reject = z.object({ line: z.int(), field: z.string(), message: z.string() });
const columns = Object.keys(Invitation.shape);

interface Row {
  line: number;
  invitation?: z.infer<typeof Invitation>;
  rejected?: z.infer<typeof Reject>;
}

/** Whom a survey was sent to, as a file. */
export function registerInvitationLists(service: Service): void {
  const { clock, http } = service;
  http.addContentTypeParser('text/csv', (_request, payload, done) => done(null, payload));

  http.post(
    '/v1/campaigns/:campaignId/invitation-lists',
    {
      ...bringing,
      bodyLimit: Number.MAX_SAFE_INTEGER,
      schema: {
        summary: `The same as a file, text/csv with the columns ${columns.join(', ')}; a wrong line is rejected with its number`,
        consumes: ['text/csv'],
        params: ofCampaign,
        response: {
          200: z.object({
            customers: z.int().meta({ description: 'New to the campaign.' }),
            read: z.int(),
            rejected: z.int(),
            rejects: z.array(Reject).meta({ description: `The first ${mostShown}.` }),
          }),
          400: Problem,
          404: Problem,
          409: Problem,
          415: Problem,
        },
      },
    },
    async (request, reply) => {
      if (!request.headers['content-type']?.startsWith('text/csv')) {
        return sendProblem(reply, problem(415, 'content-type', 'Send text/csv.'));
      }
      const { principal, method, routeOptions, params } = request;
      const { campaignId } = params;
      const change = { principal, method, routeOptions, params }; // without the stream
      const counts = { customers: 0, read: 0, rejected: 0 };
      const rejects: z.infer<typeof Reject>[] = [];
      const save = (rows: readonly Row[]) =>
        service.commit(change, async (tx) => {
          const now = clock.now();
          const lines = rows.flatMap(({ invitation }) => (invitation ? [lineOf(invitation, now)] : []));
          const result = await saveInvitations(tx, campaignId, lines, soon(now));
          return { result, events: [], record: campaignId };
        });
      try {
        for await (const rows of batches(request.body as AsyncIterable<Uint8Array>)) {
          counts.customers += await save(rows);
          counts.read += rows.length;
          const wrong = rows.flatMap(({ rejected }) => rejected ?? []);
          counts.rejected += wrong.length;
          rejects.push(...wrong.slice(0, mostShown - rejects.length));
        }
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        return sendProblem(reply, problem(400, 'unreadable-file', error.message));
      }
      return { ...counts, rejects };
    },
  );
}

async function* batches(body: AsyncIterable<Uint8Array>): AsyncGenerator<Row[]> {
  let header: string[] | undefined;
  let batch: Row[] = [];
  for await (const rows of csvRows(body)) {
    for (const row of rows) {
      const { line } = row;
      if (row.problem && !header) throw new UnreadableFile(`the header ${row.problem.message}`);
      if (row.problem) batch.push({ line, rejected: { line, field: 'line', message: row.problem.message } });
      else if (!header) header = headerOf(row.cells);
      else batch.push(rowOf(line, header, row.cells));
    }
    if (batch.length < together) continue;
    yield batch;
    batch = [];
  }
  if (!header) throw new UnreadableFile('the file has no header');
  yield batch;
}

function headerOf(cells: readonly string[]): string[] {
  const header = cells.map((cell) => cell.trim());
  const unknown = header.find((column) => !columns.includes(column));
  if (unknown !== undefined) {
    throw new UnreadableFile(`there is no field "${unknown.slice(0, 60)}"; the fields are ${columns.join(', ')}`);
  }
  if (!header.includes('customerId')) throw new UnreadableFile('the column customerId is missing');
  return header;
}

function rowOf(line: number, header: readonly string[], cells: readonly string[]): Row {
  const filled = header.map((column, at) => [column, cells[at]?.trim() ?? '']).filter(([, cell]) => cell !== '');
  const parsed = Invitation.safeParse(Object.fromEntries(filled));
  if (parsed.success) return { line, invitation: parsed.data };
  const { path, message } = parsed.error.issues[0]!;
  return { line, rejected: { line, field: path.join('.') || 'line', message } };
}
