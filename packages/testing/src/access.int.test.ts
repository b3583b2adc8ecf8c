import { fileURLToPath } from 'node:url';
import { newIssuer } from '@heard/local/issuer';
import { AccessRole } from '@heard/service/access';
import { VirtualClock } from '@heard/service/clock';
import { schemaOf } from '@heard/service/database';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer, token } from './tokens.ts';
import { startVillage, type Village } from './village.ts';

const clock = new VirtualClock('2026-03-02T01:00:00Z');
const nowhere = '00000000-0000-4000-8000-000000000000';
let village: Village;
/** Dora's, a director; and Lin's, who is in support. */
let foreign: { customerId: string; caseId: string; alertId: string };
let own: { caseId: string };

/** A body each route takes that has a record scope, so that a refusal is not one of form. */
const bodies: Record<string, object | undefined> = {
  attempts: { channel: 'email', outcome: 'sent' },
  contacts: { channel: 'phone' },
  messages: { channel: 'email', text: 'hello' },
  replies: { channel: 'email' },
  callbacks: { from: '2026-03-03T01:00:00Z', until: '2026-03-03T02:00:00Z' },
  promises: { what: 'x', dueAt: '2026-03-03T01:00:00Z' },
  'keep-promise': { promiseId: nowhere },
  'withdraw-promise': { promiseId: nowhere, reason: 'x' },
  pause: { reason: 'waiting-for-customer' },
  transfer: { to: 'stranger', reason: 'x' },
  collaborators: { personId: 'stranger' },
  'remove-collaborator': { personId: 'stranger' },
  'help-requests': { what: 'x' },
  'give-help': { requestId: nowhere },
  heard: { step: 'hear' },
  diagnose: { rootCause: 'charger' },
  park: { reason: 'unreachable' },
  'give-wow': { what: 'a card' },
  'skip-wow': { reason: 'x' },
  close: { outcome: 'invalid' },
  grants: { kind: 'cash', amount: { amount: 100, currency: 'CNY' }, reason: 'x' },
  refuse: { reason: 'x' },
  reverse: { reason: 'x' },
  appeal: { outcome: 'keep', reason: 'x' },
  check: { draft: 'hello', channel: 'email', purpose: 'opening' },
};
const queries: Record<string, string> = { opening: '?language=en&channel=email' };
const scoped: AccessRole[] = ['support', 'senior-support', 'csm', 'approver', 'technical'];

beforeAll(async () => {
  village = await startVillage({ clock, bus: 'postgres' });
  for (const [id, role] of Object.entries({ dora: 'director', lin: 'support' })) {
    await village.send('assignment', 'PUT', `/v1/people/${id}`, { name: id, roles: [role] });
  }
  await isWorth('wang', 'ming');
  await says('wang', 1, '充电器起火了，我要找律师');
  await says('li', 5, '注册太麻烦');
  const { body } = await village.send('assignment', 'GET', '/v1/alerts?level=page');
  foreign = { customerId: 'wang', caseId: await caseOf('wang'), alertId: body.items[0].alertId };
  own = { caseId: await caseOf('li') };
});
afterAll(() => village.close());

const caseOf = async (customerId: string) =>
  (await village.send('assignment', 'GET', `/v1/cases?customerId=${customerId}`)).body.items[0].caseId as string;
async function says(customerId: string, nps: number, comment: string) {
  const response = {
    source: 'access',
    externalId: customerId,
    customerId,
    score: { scale: 'nps', value: nps },
    comment,
  };
  await village.send('ingest', 'POST', '/v1/responses', { ...response, occurredAt: clock.now().toISOString() });
  await village.settle();
}
async function isWorth(customerId: string, csmId: string) {
  const occurredAt = clock.now().toISOString();
  await village.send('ingest', 'POST', '/v1/customer-values', {
    source: 'crm',
    customerId,
    valueClass: 'high',
    csmId,
    occurredAt,
  });
  await village.settle();
}

const guarded = () =>
  village.routes.flatMap((route) => (route.access === 'public' ? [] : [{ ...route, access: route.access }]));
const nameOf = ({ service, method, url }: { service: string; method: string; url: string }) =>
  `${service} ${method} ${url}`;

/** Sends nothing but what the path needs: whoever may use the route is told of that, whoever may not is told no. */
async function knock(
  route: Village['routes'][number],
  headers: Record<string, string>,
  ids: Record<string, string> = {},
) {
  const path = route.url.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? (name === 'id' ? '999999' : nowhere));
  const name = path.split('/').at(-1)!;
  const isScoped = route.access !== 'public' && route.access.record !== undefined;
  const body = isScoped && route.method === 'POST' ? (bodies[name] ?? {}) : undefined;
  const sent = { 'idempotency-key': 'k', ...headers };
  return village.send(route.service, route.method, path + (queries[name] ?? ''), body, sent);
}

test('the table of docs/access.md is what the services declare', async () => {
  const rows = guarded()
    .filter(({ method }) => method !== 'HEAD')
    .map(({ service, method, url, access }) => {
      const roles = AccessRole.options.filter((role) => access.roles.includes(role)).join(', ');
      return `| ${service} | \`${method} ${url}\` | ${roles} | ${access.record ?? ''} |`;
    });
  const page = `# Who may use which route

Written by packages/testing/src/access.int.test.ts with \`npx vitest run access --update\`, from what the routes declare. *Scope* is which
records those see who do not see all: ${scoped.join(', ')}. Health, metrics and \`/docs\` are open.

| service | route | roles | scope |
|---|---|---|---|
${rows.sort().join('\n')}
`;
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL('../../../docs/access.md', import.meta.url)));
});

test('every route of every service was found', () => {
  const services = new Set(village.routes.map(({ service }) => service));
  expect([...services].sort()).toEqual(Object.keys(village.urls).sort());
  expect(guarded().length).toBeGreaterThan(40);
});

test('every route takes exactly the roles it declares', async () => {
  const wrong: string[] = [];
  for (const role of AccessRole.options) {
    const headers = await bearer([role], 'stranger');
    for (const route of guarded()) {
      // What else a record scope asks is the next test.
      if (route.access.record && scoped.includes(role) && route.access.roles.includes(role)) continue;
      const { status, body } = await knock(route, headers);
      const denied = status === 401 || status === 403;
      if (denied === route.access.roles.includes(role) || status >= 500)
        wrong.push(`${role}: ${nameOf(route)} ${status}`);
      if (denied && route.method !== 'HEAD') expect(body).toMatchObject({ code: 'forbidden' });
    }
  }
  expect(wrong).toEqual([]);
});

test('a foreign record is refused on every route with a record scope, and in the same words as one that is not there', async () => {
  const wrong: string[] = [];
  let asked = 0;
  for (const role of scoped) {
    const headers = await bearer([role], 'stranger');
    for (const route of guarded().filter(({ access }) => access.record && access.roles.includes(role))) {
      asked++;
      const there = await knock(route, headers, foreign);
      const gone = await knock(route, headers);
      if (there.status !== 403 || gone.status !== 403)
        wrong.push(`${role}: ${nameOf(route)} ${there.status} ${gone.status}`);
      expect(there.body).toEqual(gone.body);
    }
  }
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(40);
});

describe('a token', () => {
  const forged = async () => `Bearer ${await (await newIssuer()).token({ roles: AccessRole.options })}`;
  const roles = AccessRole.options;
  test.each([
    ['none', async () => undefined],
    ['one that somebody else signed', forged],
    ['an expired one', async () => `Bearer ${await token({ roles }, { hours: -1 })}`],
    ['one for another audience', async () => `Bearer ${await token({ roles }, { audience: 'elsewhere' })}`],
    ['one that was changed', async () => `Bearer ${changed(await token({ roles: ['support'] }))}`],
  ])('%s opens no route', async (_what, header) => {
    const authorization = await header();
    const wrong: string[] = [];
    for (const route of guarded()) {
      const { status, body } = await knock(route, authorization ? { authorization } : {}, foreign);
      if (status !== 401 || (route.method !== 'HEAD' && body.code !== 'unauthenticated')) wrong.push(nameOf(route));
    }
    expect(wrong).toEqual([]);
  });

  test('nor is one needed for health, metrics and documentation', async () => {
    const open = village.routes.filter(({ access, url }) => access === 'public' && !url.includes('*'));
    expect(open.map(({ url }) => url)).toEqual(expect.arrayContaining(['/livez', '/readyz', '/metrics', '/docs/json']));
    expect(open.filter(({ url }) => !/^\/(livez|readyz|metrics|docs)\b/.test(url))).toEqual([]);
    for (const url of ['/livez', '/readyz', '/metrics', '/docs/json']) {
      expect((await fetch(`${village.urls.triage}${url}`)).status, url).toBe(200);
    }
  });
});

describe('cases', () => {
  const list = async (role: AccessRole, personId: string) =>
    (await village.send('assignment', 'GET', '/v1/cases', undefined, await bearer([role], personId))).body.items.map(
      (one: { customerId: string }) => one.customerId,
    );
  const read = async (role: AccessRole, personId: string, caseId: string) =>
    (await village.send('assignment', 'GET', `/v1/cases/${caseId}`, undefined, await bearer([role], personId))).status;

  test('an agent lists and reads their own, a director all of them', async () => {
    expect(await list('support', 'lin')).toEqual(['li']);
    expect(await list('support', 'stranger')).toEqual([]);
    expect((await list('director', 'stranger')).sort()).toEqual(['li', 'wang']);
    expect(await read('support', 'lin', own.caseId)).toBe(200);
    expect(await read('support', 'lin', foreign.caseId)).toBe(403);
  });

  test('a CSM also sees the cases of their own customers, and nobody else does by that name', async () => {
    expect(await list('csm', 'ming')).toEqual(['wang']);
    expect(await read('csm', 'ming', foreign.caseId)).toBe(200);
    expect(await list('support', 'ming')).toEqual([]);
  });

  test('a case that waits is seen by those to whom its priority is offered', async () => {
    await village.send('assignment', 'POST', '/v1/people/lin/presence', { present: false });
    await says('zheng', 6, '还行吧');
    expect(await list('support', 'stranger')).toEqual(['zheng']);
    expect(await list('approver', 'stranger')).toEqual([]);
    await village.send('assignment', 'POST', '/v1/people/lin/presence', { present: true });
    await village.settle();
    expect(await list('support', 'stranger')).toEqual([]);
    expect((await list('support', 'lin')).sort()).toEqual(['li', 'zheng']);
  });

  test('a case that waits for the team of its customer’s own manager is in the queue of that team alone', async () => {
    await village.send('assignment', 'PUT', '/v1/people/ming', { name: 'ming', roles: ['csm'], team: 'east' });
    await village.send('assignment', 'POST', '/v1/people/ming/presence', { present: false });
    await isWorth('qian', 'ming');
    await says('qian', 6, '还行吧');
    const seen = async (teams: string[], personId = 'stranger') => {
      const headers = { authorization: `Bearer ${await token({ personId, roles: ['senior-support'], teams })}` };
      const { items } = (await village.send('assignment', 'GET', '/v1/cases', undefined, headers)).body;
      const { status } = await village.send(
        'assignment',
        'GET',
        `/v1/cases/${await caseOf('qian')}`,
        undefined,
        headers,
      );
      return [items.map((one: { customerId: string }) => one.customerId), status];
    };
    expect(await seen(['east'])).toEqual([['qian'], 200]);
    expect(await seen(['west'])).toEqual([[], 403]);
    expect(await seen([])).toEqual([[], 403]);
    const sam = { name: 'sam', roles: ['technical'], team: 'east' };
    await village.send('assignment', 'PUT', '/v1/people/sam', sam);
    expect(await seen([], 'sam')).toEqual([['qian'], 200]);
  });

  test('the same move on many cases asks for the roles of the move, and of each case whether it is reached', async () => {
    const bulk = async (role: AccessRole, personId: string, move: string, body: object) =>
      village.send(
        'assignment',
        'POST',
        '/v1/cases/bulk',
        { caseIds: [own.caseId, foreign.caseId], move, body },
        await bearer([role], personId),
      );
    expect((await bulk('technical', 'stranger', 'close', { outcome: 'invalid', rootCause: 'x' })).status).toBe(403);
    const { body } = await bulk('support', 'lin', 'close', { outcome: 'invalid' });
    expect(body).toEqual({
      done: [],
      refused: [
        { caseId: own.caseId, code: 'root-cause-missing', message: expect.any(String) },
        { caseId: foreign.caseId, code: 'forbidden', message: expect.any(String) },
      ],
    });
  });

  test('an alert is seen by whom it names, and by whoever sees everything', async () => {
    const alerts = async (role: AccessRole, personId: string) =>
      (await village.send('assignment', 'GET', '/v1/alerts?level=page', undefined, await bearer([role], personId))).body
        .items.length;
    expect([
      await alerts('support', 'dora'),
      await alerts('support', 'stranger'),
      await alerts('admin', 'stranger'),
    ]).toEqual([1, 0, 1]);
  });

  test('clocks are shown by case to whoever works on cases, and all together to whoever sees everything', async () => {
    const clocks = async (role: AccessRole, query: string) =>
      (await village.send('sla-timer', 'GET', `/v1/clocks${query}`, undefined, await bearer([role]))).status;
    expect(await clocks('support', `?caseId=${own.caseId}`)).toBe(200);
    expect(await clocks('support', '')).toBe(403);
    expect(await clocks('supervisor', '')).toBe(200);
  });
});

describe('the audit log', () => {
  const rows = async (query = '') =>
    (await village.send('assignment', 'GET', `/v1/audit-log${query}`)).body as { items: Row[]; next: string | null };
  interface Row {
    entryId: string;
    personId: string;
    roles: string[];
    method: string;
    route: string;
    record: string;
    version: number | null;
    request: string;
  }

  test('has one row per change, in whose name and what it came to; the actor is whom the token names', async () => {
    const before = (await rows(`?record=${own.caseId}`)).items.length;
    const lin = await bearer(['support'], 'lin');
    const diagnosis = { rootCause: '他说要起诉' };
    const { body } = await village.send('assignment', 'POST', `/v1/cases/${own.caseId}/diagnose`, diagnosis, lin);
    const [row, ...older] = (await rows(`?record=${own.caseId}`)).items;
    expect(older.length).toBe(before);
    expect(row).toMatchObject({
      personId: 'lin',
      roles: ['support'],
      method: 'POST',
      route: '/v1/cases/:caseId/diagnose',
      record: own.caseId,
      version: body.version,
      request: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.stringify(row)).not.toContain('起诉');
    const { history } = (await village.send('assignment', 'GET', `/v1/cases/${own.caseId}`)).body;
    expect(history.at(-1).data).toMatchObject({ by: 'lin' });
    const signed = { ...diagnosis, by: 'somebody-else' };
    expect((await village.send('assignment', 'POST', `/v1/cases/${own.caseId}/diagnose`, signed, lin)).status).toBe(
      400,
    );
  });

  test('has none for what was refused', async () => {
    const before = (await rows()).items[0]!.entryId;
    const lin = await bearer(['support'], 'lin');
    const refusals = await Promise.all([
      village.send('assignment', 'POST', `/v1/cases/${own.caseId}/resolve`, { rootCause: 'form' }, lin),
      village.send('assignment', 'POST', `/v1/cases/${foreign.caseId}/close`, { outcome: 'lost' }, lin),
      village.send('assignment', 'POST', '/v1/people/nobody/presence', { present: true }),
    ]);
    expect(refusals.map(({ status }) => status)).toEqual([409, 403, 404]);
    expect((await rows()).items[0]!.entryId).toBe(before);
  });

  test('is read page by page, and by person', async () => {
    const all = (await rows()).items.map(({ entryId }) => entryId);
    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: Row[]; next: string | null } = await rows(`?limit=2${cursor && `&cursor=${cursor}`}`);
      paged.push(...page.items.map(({ entryId }) => entryId));
      cursor = page.next;
    }
    expect(paged).toEqual(all);
    expect(new Set((await rows('?person=lin')).items.map(({ personId }) => personId))).toEqual(new Set(['lin']));
  });

  test('cannot be changed by the service that writes it', async () => {
    for (const service of Object.keys(village.urls)) {
      const database = village.database.as(service);
      const table = sql.table(`${schemaOf(service)}.audit_log`);
      for (const statement of [
        sql`update ${table} set person_id = 'x'`,
        sql`delete from ${table}`,
        sql`truncate ${table}`,
      ]) {
        await expect(statement.execute(database), service).rejects.toThrow(/permission denied for table audit_log/);
      }
    }
  });
});

/** The same token with another role written in, and the old signature. */
function changed(text: string): string {
  const [header, payload, signature] = text.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return [
    header,
    Buffer.from(JSON.stringify({ ...claims, roles: AccessRole.options })).toString('base64url'),
    signature,
  ].join('.');
}
