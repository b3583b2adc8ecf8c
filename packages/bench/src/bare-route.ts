import { fastify } from 'fastify';

/** The least a can-send can be: one route, one Set, no validation. The limit of this machine, not a product. */
const listed = new Set(Array.from({ length: Number(process.argv[2]) }, (_, n) => `C${String(n).padStart(11, '0')}`));
const app = fastify();
app.get<{ Querystring: { customerId: string } }>('/v1/can-send', async ({ query }) => ({
  allowed: !listed.has(query.customerId),
  code: 'stop-list',
  asOf: new Date().toISOString(),
}));
process.send!({ url: await app.listen({ host: '127.0.0.1', port: 0 }) });
process.on('disconnect', () => process.exit());
