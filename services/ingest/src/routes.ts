import { explain } from '@heard/bus/delivery';
import type { Cause } from '@heard/events/event';
import { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import type { Access } from '@heard/service/access';
import { type Http, Problem, problem, sendProblem } from '@heard/service/http';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import type { Incoming, Result } from './ingest.ts';

export interface Intake {
  responses(items: Incoming<SurveyResponse>[]): Promise<Result[]>;
  values(items: Incoming<CustomerValue>[]): Promise<Result[]>;
}

const ResultBody = z.object({
  status: z.enum(['accepted', 'duplicate', 'superseded', 'rejected']),
  feedbackId: z.uuid().optional(),
  problem: z.object({ code: z.string(), detail: z.string() }).optional(),
});
const Batch = z.array(z.unknown()).min(1).max(1000);
const BatchResult = z.object({ results: z.array(ResultBody) });

/** Who sends for a whole system. What is taken in is its own append-only record, so the audit log does not repeat it. */
const access: Access = { roles: ['system', 'admin'] };

/** HTTP in. An answer in the 200s means committed: what it accepts is not lost when anything is killed. */
export function registerIntake(http: Http, intake: Intake): void {
  single('/v1/responses', 'Submit one response', SurveyResponse, intake.responses);
  single('/v1/customer-values', 'Submit what one customer is worth', CustomerValue, intake.values);
  batch(
    '/v1/responses/batch',
    'Submit up to 1000 responses; each is judged by itself',
    SurveyResponse,
    intake.responses,
  );
  batch('/v1/customer-values/batch', 'Submit up to 1000 customer values', CustomerValue, intake.values);

  function single<S extends z.ZodType>(
    path: string,
    summary: string,
    body: S,
    take: (items: Incoming<z.infer<S>>[]) => Promise<Result[]>,
  ) {
    http.post(
      path,
      {
        config: { access },
        schema: { summary, body, response: { 200: ResultBody, 201: ResultBody, 400: Problem, 409: Problem } },
      },
      async (request, reply) => {
        const [result] = await take([
          { input: request.body as z.infer<S>, cause: traceOf(request.headers.traceparent) },
        ]);
        if (result!.status !== 'rejected') return reply.status(result!.status === 'accepted' ? 201 : 200).send(result!);
        return refuse(reply, result!);
      },
    );
  }

  function batch<S extends z.ZodType>(
    path: string,
    summary: string,
    body: S,
    take: (items: Incoming<z.infer<S>>[]) => Promise<Result[]>,
  ) {
    http.post(
      path,
      {
        config: { access },
        bodyLimit: 8 * 1_048_576,
        schema: { summary, body: Batch, response: { 200: BatchResult, 400: Problem } },
      },
      async (request) => {
        const cause = traceOf(request.headers.traceparent);
        const results: Result[] = [];
        const valid: Incoming<z.infer<S>>[] = [];
        const places: number[] = [];
        (request.body as unknown[]).forEach((item, at) => {
          const parsed = body.safeParse(item);
          if (parsed.success) {
            valid.push({ input: parsed.data, cause });
            places.push(at);
          } else {
            results[at] = { status: 'rejected', problem: { code: 'invalid', detail: explain(parsed.error) } };
          }
        });
        const taken = valid.length > 0 ? await take(valid) : [];
        taken.forEach((result, i) => {
          results[places[i]!] = result;
        });
        return { results };
      },
    );
  }
}

function traceOf(traceparent: string | string[] | undefined): Cause {
  return typeof traceparent === 'string' ? { traceparent } : {};
}

function refuse(reply: FastifyReply, { problem: why }: Result) {
  const status = why!.code === 'same-id-other-content' ? 409 : 400;
  const [field, ...message] = why!.detail.split(': ');
  return sendProblem(reply, problem(status, why!.code, why!.detail, [{ field: field!, message: message.join(': ') }]));
}
