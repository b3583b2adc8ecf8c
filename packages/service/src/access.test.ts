import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type AccessRole, type Principal, Unauthenticated } from './access.ts';
import { type Http, openHttp } from './http.ts';
import { Metrics } from './metrics.ts';

/** A server whose tokens are the names of roles. */
async function open() {
  const authenticate = (header: string | undefined): Principal => {
    if (!header) throw new Unauthenticated('Send a bearer token.');
    return { personId: 'p', roles: header.split(' ') as AccessRole[], teams: [] };
  };
  return openHttp({
    service: 'test',
    log: pino({ level: 'silent' }),
    metrics: new Metrics(),
    ready: async () => true,
    authenticate,
  });
}
const answer = async () => ({ ok: true });
const ask = async (http: Http, url: string, roles?: string) =>
  http.inject({ url, headers: roles ? { authorization: roles } : {} });

test('a route that does not say who may use it does not boot', async () => {
  const { http } = await open();
  expect(() => http.get('/v1/open', answer)).toThrow('GET /v1/open does not say who may use it');
  await expect(http.register(async (inner) => void inner.get('/v1/inner', answer)).ready()).rejects.toThrow(
    'GET /v1/inner does not say who may use it',
  );
});

test('a route that names a record scope nobody registered does not boot', async () => {
  const { http } = await open();
  http.get('/v1/cases/:id', { config: { access: { roles: ['csm'], record: 'case' } } }, answer);
  await expect(http.ready()).rejects.toThrow('GET /v1/cases/:id names the record scope case, which nobody registered');
});

test('the role decides before the body is read, the record after the request is validated', async () => {
  const { http } = await open();
  http.post('/v1/things', { config: { access: { roles: ['admin'] } } }, answer);
  const broken = { method: 'POST', url: '/v1/things', payload: '{', headers: { 'content-type': 'application/json' } };
  const post = async (authorization?: string) =>
    (
      await http.inject({
        ...broken,
        method: 'POST',
        headers: { ...broken.headers, ...(authorization && { authorization }) },
      })
    ).statusCode;
  expect([await post(), await post('csm'), await post('admin')]).toEqual([401, 403, 400]);
});

test('only whoever does not see everything is asked for the record', async () => {
  const { http, recordScope } = await open();
  const asked: string[] = [];
  recordScope('case', async ({ params }, { roles }) => {
    asked.push(roles.join(' '));
    return (params as { id: string }).id === 'own';
  });
  http.get('/v1/cases/:id', { config: { access: { roles: ['csm', 'supervisor'], record: 'case' } } }, answer);
  const statuses = async (roles: string) => [
    (await ask(http, '/v1/cases/own', roles)).statusCode,
    (await ask(http, '/v1/cases/foreign', roles)).statusCode,
  ];
  expect(await statuses('csm')).toEqual([200, 403]);
  expect(await statuses('supervisor')).toEqual([200, 200]);
  expect(await statuses('csm supervisor')).toEqual([200, 200]);
  // A wide role this route does not admit opens no record either.
  expect(await statuses('csm admin')).toEqual([200, 403]);
  expect(asked).toEqual(['csm', 'csm', 'csm admin', 'csm admin']);
});

test('a check that fails lets nobody through', async () => {
  const { http, recordScope } = await open();
  recordScope('case', async () => {
    throw new Error('the database is away');
  });
  http.get('/v1/cases/:id', { config: { access: { roles: ['csm'], record: 'case' } } }, answer);
  expect((await ask(http, '/v1/cases/1', 'csm')).statusCode).toBe(500);
});

test('refusals are problems that say what is missing', async () => {
  const { http } = await open();
  http.get('/v1/things', { config: { access: { roles: ['admin', 'system'] } } }, answer);
  const nobody = await ask(http, '/v1/things');
  expect(nobody.json()).toMatchObject({ status: 401, code: 'unauthenticated' });
  expect(nobody.headers['www-authenticate']).toBe('Bearer');
  expect((await ask(http, '/v1/things', 'csm')).json()).toMatchObject({
    status: 403,
    code: 'forbidden',
    detail: 'This needs one of the roles admin, system.',
  });
});

test('health, metrics and the documentation ask nobody, and what is not there is not there', async () => {
  const { http } = await open();
  const statuses = await Promise.all(
    ['/livez', '/readyz', '/metrics', '/docs', '/docs/json', '/v1/nothing'].map(
      async (url) => (await ask(http, url)).statusCode,
    ),
  );
  expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
});
