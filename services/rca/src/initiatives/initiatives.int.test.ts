import { randomUUID } from 'node:crypto';
import { lookUp } from '@heard/events/registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';
import { initiativeProven } from './initiatives.ts';

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', {
    ann: ['analyst'],
    vp: ['supervisor'],
    sue: ['supervisor'],
    dan: ['director'],
  });
  await rca.frame(1, [
    { id: 'slow-refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] },
    { id: 'packaging', zh: '包装', en: 'Packaging', words: ['包装'] },
  ]);
});
afterAll(() => rca.close());

const draft = {
  themeId: 'slow-refund',
  title: 'WMS and ERP talk to each other',
  ownerId: 'vp',
  department: 'supply chain',
  fixDueAt: '2026-12-01T00:00:00Z',
  reviewDueAt: '2027-03-01T00:00:00Z',
};
const open = async (set: object = {}) => {
  const { status, body } = await rca.send('ann', 'POST', '/v1/initiatives', { ...draft, ...set });
  expect(status).toBe(201);
  return body.initiativeId as string;
};
const move = (who: string, id: string, name: string, body: object = {}) =>
  rca.send(who, 'POST', `/v1/initiatives/${id}/${name}`, body);
const read = async (id: string) => (await rca.send('ann', 'GET', `/v1/initiatives/${id}`)).body;
const ranks = async () => {
  const { body } = await rca.send('ann', 'GET', '/v1/initiatives');
  return body.items.map((one: any) => [one.initiativeId, one.rank]);
};
const prove = async (initiativeId: string, validationId: string) => {
  const said = { validationId, measuredFrom: rca.clock.now(), by: 'ann', at: rca.clock.now() };
  const events = await rca.database.transaction().execute((tx) => initiativeProven(tx, initiativeId, said));
  return events.map(({ data }) => data);
};

test('an initiative is opened, signed off by its owner, reported as fixed and proven by a validation', async () => {
  const id = await open({ filter: { segments: ['detractor'], channels: ['app'] } });
  expect(await read(id)).toMatchObject({
    ...draft,
    fixDueAt: '2026-12-01T00:00:00.000Z',
    reviewDueAt: '2027-03-01T00:00:00.000Z',
    filter: { segments: ['detractor'], channels: ['app'] },
    state: 'open',
    rank: 1,
    overdue: null,
    moves: [],
  });
  expect((await move('sue', id, 'sign-off')).body.code).toBe('not-the-owner');
  expect((await move('vp', id, 'sign-off')).body.state).toBe('signed-off');
  expect((await move('vp', id, 'sign-off')).body.code).toBe('wrong-state');
  expect((await move('dan', id, 'fix', { fixedAt: '2026-10-09T00:00:00Z' })).body.fixedAt).toBe(
    '2026-10-09T00:00:00.000Z',
  );
  const validationId = randomUUID();
  expect(await prove(id, validationId)).toMatchObject([{ initiativeId: id, from: 'fixed', to: 'proven', by: 'ann' }]);
  expect(await prove(id, randomUUID())).toEqual([]);
  expect(await read(id)).toMatchObject({
    state: 'proven',
    rank: null,
    confirmedBy: validationId,
    moves: [
      { from: 'open', to: 'signed-off', by: 'vp' },
      { from: 'signed-off', to: 'fixed', by: 'dan' },
      { from: 'fixed', to: 'proven', by: 'ann' },
    ],
  });
});

test('ranks run from one without a gap, whoever opens, ranks and gives up at once', async () => {
  const [a, b, c] = [await open(), await open(), await open({ rank: 1 })];
  const first = (await ranks()).slice(0, 3);
  expect(first).toEqual([
    [c, 1],
    [a, 2],
    [b, 3],
  ]);
  const answer = await rca.send('dan', 'PUT', `/v1/initiatives/${b}/rank`, { rank: 1 });
  expect([answer.status, answer.body.rank]).toEqual([200, 1]);
  expect((await ranks()).slice(0, 3)).toEqual([
    [b, 1],
    [c, 2],
    [a, 3],
  ]);
  expect((await rca.send('ann', 'PUT', `/v1/initiatives/${b}/rank`, { rank: 1 })).status).toBe(403);
  expect((await move('vp', c, 'abandon', { reason: 'bought a new system' })).body).toMatchObject({ rank: null });
  expect((await rca.send('dan', 'PUT', `/v1/initiatives/${c}/rank`, { rank: 1 })).body.code).toBe('wrong-state');
  await Promise.all([
    ...Array.from({ length: 6 }, (_, i) => open({ rank: i + 1 })),
    rca.send('dan', 'PUT', `/v1/initiatives/${a}/rank`, { rank: 1 }),
    move('dan', b, 'abandon', { reason: 'too dear' }),
  ]);
  const live = (await ranks()).filter(([, rank]: [string, number | null]) => rank !== null);
  expect(live.map(([, rank]: [string, number]) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test('a confirmation is kept until somebody says that it is fixed, and lost on what was given up', async () => {
  const [early, gone] = [await open(), await open()];
  const validationId = randomUUID();
  expect(await prove(early, validationId)).toEqual([]);
  await move('vp', early, 'sign-off');
  expect((await move('vp', early, 'fix')).body.code).toBe('since-when');
  const fixedAt = '2026-10-09T00:00:00Z';
  expect((await move('vp', early, 'fix', { fixedAt })).body).toMatchObject({
    state: 'proven',
    confirmedBy: validationId,
  });
  await move('vp', gone, 'abandon', { reason: 'bought a new system' });
  expect(await prove(gone, randomUUID())).toEqual([]);
  expect(await read(gone)).toMatchObject({ state: 'abandoned', confirmedBy: null });
});

test('what stood in for a fix ends when the fix is proven, and nothing else stands in for it then', async () => {
  const id = await open();
  const bypass = (initiativeId: string) =>
    rca.send('dan', 'POST', '/v1/fly-wires', {
      ...{ kind: 'read-only-access', system: 'wms', roles: ['senior-support'], reason: 'until WMS talks to the ERP' },
      ...{ expiresAt: '2026-12-01T00:00:00Z', initiativeId },
    });
  const [own, other] = [(await bypass(id)).body, (await bypass(await open())).body];
  await move('vp', id, 'sign-off');
  await move('vp', id, 'fix');
  expect(await rca.published('fly-wire.ended')).toEqual([]);
  expect((await prove(id, randomUUID())).map(({ to, cause }: any) => to ?? cause)).toEqual(['proven', 'proven']);
  const state = async (flyWireId: string) => (await rca.send('dan', 'GET', `/v1/fly-wires/${flyWireId}`)).body;
  expect(await state(own.flyWireId)).toMatchObject({ isOpen: false, endedCause: 'proven', endedBy: 'ann' });
  expect(await state(other.flyWireId)).toMatchObject({ isOpen: true, endedCause: null });
  expect((await bypass(id)).body.code).toBe('initiative-over');
});

test('a theme nobody counts on, a review before the fix and an initiative that is not there are refused', async () => {
  const post = (set: object) => rca.send('ann', 'POST', '/v1/initiatives', { ...draft, ...set });
  expect((await post({ themeId: 'no-such-theme' })).body.code).toBe('unknown-theme');
  expect((await post({ whyTreeId: randomUUID() })).body.code).toBe('unknown-why-tree');
  expect((await post({ reviewDueAt: '2026-11-30T00:00:00Z' })).body.code).toBe('review-before-fix');
  expect((await move('dan', randomUUID(), 'sign-off')).status).toBe(404);
  expect((await rca.send('ann', 'GET', `/v1/initiatives/${randomUUID()}`)).status).toBe(404);
});

test('what is late says so: the fix, and after it the review', async () => {
  const id = await open();
  await move('vp', id, 'sign-off');
  rca.clock.advance(Date.parse('2026-12-01T00:00:00Z') - rca.clock.now().getTime());
  expect((await read(id)).overdue).toBe('fix');
  await move('vp', id, 'fix');
  expect((await read(id)).overdue).toBe(null);
  rca.clock.advance(Date.parse('2027-03-01T00:00:00Z') - rca.clock.now().getTime());
  expect((await read(id)).overdue).toBe('review');
  expect((await move('vp', id, 'rework', { reason: 'it came back' })).body).toMatchObject({
    state: 'signed-off',
    fixedAt: null,
  });
});

test('every move is on the topic and fits its contract', async () => {
  for (const type of ['initiative.opened', 'initiative.moved']) {
    const events = await rca.published(type);
    expect(events.length).toBeGreaterThan(3);
    for (const data of events) expect(lookUp(type)!.schema.parse(data)).toEqual(data);
  }
});
