import type { FastifyRequest } from 'fastify';

/** Who sends a request. */
export function actor(request: FastifyRequest): string {
  const person = request.headers['x-person'];
  if (typeof person === 'string' && person !== '') return person;
  throw Object.assign(new Error('the request does not say who sends it'), { statusCode: 401, code: 'unauthenticated' });
}
