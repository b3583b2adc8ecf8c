import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from './fixture-rca.ts';

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst', 'admin'], dan: ['director', 'admin', 'analyst'] });
  await rca.frame(1, [{ id: 'slow-refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] }]);
});
afterAll(() => rca?.close());

const draft = {
  ...{ themeId: 'slow-refund', title: 'WMS and ERP talk to each other', ownerId: 'vp', department: 'supply chain' },
  ...{ fixDueAt: '2026-12-01T00:00:00Z', reviewDueAt: '2027-03-01T00:00:00Z' },
};
const post = (path: string, body: object, key?: string, who = 'ann') => rca.send(who, 'POST', path, body, key);

test('an initiative that is sent again under its key is opened once, also when both come at the same moment', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => post('/v1/initiatives', draft, 'k-1')));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
  expect(new Set(answers.map(({ body }) => body.initiativeId)).size).toBe(1);
  expect(await rca.published('initiative.opened')).toHaveLength(1);
});

test('the key of another command is refused, somebody else’s is another, and what was refused may be sent again', async () => {
  expect((await post('/v1/initiatives', { ...draft, title: 'Another' }, 'k-1')).body.code).toBe(
    'idempotency-key-reused',
  );
  const [first] = (await rca.send('ann', 'GET', '/v1/initiatives')).body.items;
  const { body } = await post('/v1/initiatives', draft, 'k-1', 'dan');
  expect(body.initiativeId).not.toBe(first.initiativeId);
  const late = { ...draft, reviewDueAt: '2026-11-01T00:00:00Z' };
  expect((await post('/v1/initiatives', late, 'k-2')).body.code).toBe('review-before-fix');
  expect((await post('/v1/initiatives', draft, 'k-2')).status).toBe(201);
});

test('so it is with everything that is made', async () => {
  const [{ initiativeId }] = (await rca.send('ann', 'GET', '/v1/initiatives')).body.items;
  const tree = (await post('/v1/why-trees', { themeId: 'slow-refund' })).body.treeId;
  const title = { zh: '退款', en: 'Refunds' };
  const made: [string, object, string][] = [
    ['/v1/hypotheses', { statement: 'the price', believedBy: 'sales', themeIds: ['slow-refund'] }, 'hypothesisId'],
    ['/v1/why-trees', { themeId: 'slow-refund' }, 'treeId'],
    [`/v1/why-trees/${tree}/whys`, { statement: 'nobody looks' }, 'whyId'],
    [
      '/v1/sops',
      { title, text: 'x', ownerId: 'vp', validFrom: '2026-11-01', byDecision: { reason: 'because' } },
      'sopId',
    ],
    [
      '/v1/fly-wires',
      {
        kind: 'read-only-access',
        system: 'wms',
        roles: ['support'],
        reason: 'for now',
        expiresAt: '2026-11-01T00:00:00Z',
      },
      'flyWireId',
    ],
    [
      '/v1/effect-reviews',
      {
        ...{ initiativeId, fixedOn: '2026-10-01', months: [1] },
        measures: [{ themeId: 'slow-refund', better: 'less', comparators: ['prev_period'] }],
      },
      'reviewId',
    ],
  ];
  for (const [path, body, id] of made) {
    const one = await post(path, body, `key of ${path}`, 'dan');
    expect([path, one.status, one.body]).toEqual([path, 201, expect.anything()]);
    const again = await post(path, body, `key of ${path}`, 'dan');
    expect([path, again.body[id]]).toEqual([path, one.body[id]]);
    expect((await post(path, body, undefined, 'dan')).body[id]).not.toBe(one.body[id]);
  }
});
