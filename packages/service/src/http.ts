import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { isNotNow, Rejection } from '@heard/bus/rejection';
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import * as z from 'zod';
import {
  type AccessControl,
  controlAccess,
  Forbidden,
  insightRoles,
  type Principal,
  Unauthenticated,
} from './access.ts';
import type { Metrics } from './metrics.ts';

export type Http = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  import('fastify').FastifyBaseLogger,
  ZodTypeProvider
>;

/** RFC 9457 problem details; `code` is stable, `errors` names the fields at fault. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

/** Bytes that are not UTF-8 are refused: read leniently, a customer's words would silently become replacement marks. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Something asked for by id that is not there: 404. */
export class NotFound extends Error {
  override name = 'NotFound';
}

/** An HTTP server with OpenAPI at /docs, health, metrics, one place that decides access, and one shape for every error. */
export async function openHttp(options: {
  service: string;
  log: Logger;
  metrics: Metrics;
  ready(): Promise<boolean>;
  authenticate(authorization: string | undefined): Principal | Promise<Principal>;
}): Promise<{ http: Http } & AccessControl> {
  const app = fastify({
    // Given here, Ajv and fast-json-stringify, which nothing would use, are not loaded: 3 MB of each process.
    schemaController: {
      compilersFactory: {
        buildValidator: () => validatorCompiler as never, // its types know Ajv alone
        buildSerializer: () => serializerCompiler as never,
      },
    },
    bodyLimit: 1_048_576,
    requestTimeout: 60_000,
    logger: false,
    routerOptions: { maxParamLength: 250 },
  }).withTypeProvider<ZodTypeProvider>();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    let text: string;
    try {
      text = utf8.decode(body as Buffer);
    } catch {
      done(Object.assign(new Error('the body is not UTF-8'), { statusCode: 400, code: 'not-utf-8' }));
      return;
    }
    parseJson(request, text, done);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      options.log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'a request failed');
    }
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, problem(404, 'not-found', 'There is no such route.')));
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    options.metrics.requests.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
  });
  const control = controlAccess(app, options.authenticate);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `Heard ${options.service}`, version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
  const open = { config: { access: 'public' }, schema: { hide: true } } as const;
  app.get('/livez', open, async () => ({ status: 'ok' }));
  app.get('/readyz', open, async (_request, reply) => {
    const ready = await options.ready().catch(() => false);
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
  });
  app.get('/metrics', open, async (_request, reply) =>
    reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics()),
  );
  return { http: app, ...control };
}

export function problem(status: number, code: string, detail: string, errors?: Problem['errors']): Problem {
  const titles: Record<number, string> = {
    400: 'The request is not valid',
    401: 'Not known who you are',
    403: 'Not yours to do',
    404: 'Not found',
    409: 'The rules refuse it',
    413: 'The body is too large',
    415: 'This content type is not taken',
    501: 'Not possible on this machine',
    503: 'Not now',
  };
  return { type: 'about:blank', title: titles[status] ?? 'Something went wrong', status, code, detail, errors };
}

function problemOf(error: FastifyError): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      field: issue.instancePath.slice(1).replaceAll('/', '.') || error.validationContext || 'body',
      message: issue.message ?? 'is not valid',
    }));
    return problem(400, 'invalid', errors.map((one) => `${one.field}: ${one.message}`).join('; '), errors);
  }
  if (error instanceof Rejection) return problem(409, error.code, error.message);
  if (error instanceof Unauthenticated) return problem(401, 'unauthenticated', error.message);
  if (error instanceof Forbidden) return problem(403, 'forbidden', error.message);
  if (error instanceof NotFound) return problem(404, 'not-found', error.message);
  const status = error.statusCode ?? 500;
  if (status < 500)
    return problem(status, error.code?.toLowerCase().replaceAll('_', '-') ?? 'bad-request', error.message);
  if (isNotNow(error)) return problem(503, 'unavailable', 'A part this needs is away; try again.');
  return problem(500, 'internal', 'The request failed on our side; it is in the log.');
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  if (body.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.status(body.status).type('application/problem+json').serializer(JSON.stringify).send(body);
}

/** GET /v1/summary: a flat object of counters that says how much a service holds. */
export function registerSummaryRoute(http: Http, read: () => Promise<Record<string, number>>): void {
  http.get(
    '/v1/summary',
    {
      config: { access: { roles: [...insightRoles, 'system'] } },
      schema: { summary: 'How much this service holds', response: { 200: z.record(z.string(), z.number()) } },
    },
    read,
  );
}
