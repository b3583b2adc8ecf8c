import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';

let rca: Rca;
let feedbackId: string;
let caseId: string;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'], bob: ['analyst'], dan: ['director'] });
  await rca.frame(1, [{ id: 'refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] }]);
  [feedbackId] = (await rca.say([{ themes: ['refund'] }])) as [string];
  [caseId] = (await rca.openCases([{ customerId: 'c', feedbackIds: [feedbackId] }])) as [string];
});
afterAll(() => rca.close());

const open = async (body = {}) =>
  (await rca.send('ann', 'POST', '/v1/why-trees', { themeId: 'refund', ...body })).body.treeId;
const ask = (treeId: string, body: object) => rca.send('ann', 'POST', `/v1/why-trees/${treeId}/whys`, body);
const at = (treeId: string, whyId: string) => `/v1/why-trees/${treeId}/whys/${whyId}`;

test('a tree goes from the theme to a root cause at the third why, with who and when', async () => {
  const treeId = await open();
  const first = await ask(treeId, {
    statement: 'finance pays on Fridays only',
    evidence: [
      { kind: 'comment', feedbackId },
      { kind: 'case', caseId },
    ],
    department: 'finance',
  });
  expect(first.status).toBe(201);
  rca.clock.advance(60_000);
  const second = await ask(treeId, {
    parentId: first.body.whyId,
    statement: 'each refund is checked by hand',
    evidence: [{ kind: 'figure', name: 'refunds checked by hand', value: '98 %', source: 'finance, September' }],
    department: 'finance',
  });
  const third = await ask(treeId, { parentId: second.body.whyId, statement: 'no tool reads the return label' });
  await ask(treeId, { parentId: first.body.whyId, statement: 'the bank takes batches' });
  const refused = await rca.send('ann', 'POST', `${at(treeId, third.body.whyId)}/root`);
  expect([refused.status, refused.body.code]).toEqual([409, 'no-root-without-evidence']);

  const found = { evidence: [{ kind: 'link', name: 'audit', url: 'https://example.com/a' }], department: 'IT' };
  await rca.send('bob', 'PUT', at(treeId, third.body.whyId), found);
  const marked = await rca.send('ann', 'POST', `${at(treeId, third.body.whyId)}/root`);
  expect(marked.status).toBe(200);
  const { body } = await rca.send('dan', 'GET', `/v1/why-trees/${treeId}`);
  expect(body).toMatchObject({ themeId: 'refund', deepest: 5, openedBy: 'ann', openedAt: '2026-10-10T01:00:00.000Z' });
  expect(body.whys.map((why: any) => [why.depth, why.statement, why.isRoot])).toEqual([
    [1, 'finance pays on Fridays only', false],
    [2, 'each refund is checked by hand', false],
    [3, 'no tool reads the return label', true],
    [2, 'the bank takes batches', false],
  ]);
  expect(body.whys[1].writtenAt).toBe('2026-10-10T01:01:00.000Z');

  const { items } = (await rca.send('dan', 'GET', `${at(treeId, third.body.whyId)}/revisions`)).body;
  expect(items.map((one: any) => [one.revision, one.writtenBy, one.department, one.isRoot])).toEqual([
    [1, 'ann', null, false],
    [2, 'bob', 'IT', false],
    [3, 'ann', 'IT', true],
  ]);
  const took = await rca.send('bob', 'PUT', at(treeId, first.body.whyId), { evidence: [] });
  expect(took.body.code).toBe('no-root-without-evidence');
});

test('evidence nobody has heard of, an unknown theme and an unknown why are told apart', async () => {
  const treeId = await open();
  const why = { statement: 's', department: 'd' };
  const heard = await ask(treeId, { ...why, evidence: [{ kind: 'comment', feedbackId: randomUUID() }] });
  expect(heard.body.code).toBe('unknown-evidence');
  expect(
    (await ask(treeId, { ...why, evidence: [{ kind: 'link', name: 'x', url: 'javascript:alert(1)' }] })).status,
  ).toBe(400);
  expect((await ask(treeId, { ...why, parentId: randomUUID() })).body.code).toBe('unknown-why');
  expect((await ask(randomUUID(), why)).status).toBe(404);
  expect((await rca.send('ann', 'PUT', at(treeId, randomUUID()), why)).status).toBe(404);
  expect((await rca.send('ann', 'POST', '/v1/why-trees', { themeId: 'weather' })).body.code).toBe('unknown-theme');
});

test('as deep as the tree says, and two analysts at once both count', async () => {
  const treeId = await open({ deepest: 1 });
  const { whyId } = (await ask(treeId, { statement: 'first' })).body;
  expect((await ask(treeId, { statement: 'second', parentId: whyId })).body.code).toBe('too-deep');
  const both = ['one', 'two', 'three'].map((statement) => rca.send('bob', 'PUT', at(treeId, whyId), { statement }));
  expect((await Promise.all(both)).map(({ status }) => status)).toEqual([200, 200, 200]);
  const { items } = (await rca.send('dan', 'GET', `${at(treeId, whyId)}/revisions`)).body;
  expect(items.map((one: any) => one.revision)).toEqual([1, 2, 3, 4]);
});

test('directors read and do not write; trees are found by theme', async () => {
  expect((await rca.send('dan', 'POST', '/v1/why-trees', { themeId: 'refund' })).status).toBe(403);
  const page = (await rca.send('dan', 'GET', '/v1/why-trees?theme=refund&limit=2')).body;
  const rest = (await rca.send('dan', 'GET', `/v1/why-trees?theme=refund&limit=2&cursor=${page.next}`)).body;
  expect([page.items.length, rest.items.length, rest.next]).toEqual([2, 1, null]);
  expect((await rca.send('dan', 'GET', '/v1/why-trees?theme=queue')).body.items).toEqual([]);
});
