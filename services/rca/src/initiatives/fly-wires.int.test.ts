import { randomUUID } from 'node:crypto';
import { lookUp } from '@heard/events/registry';
import { eventually } from '@heard/testing/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';

let rca: Rca;
const day = 86_400_000;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', {
    dan: ['director'],
    sen: ['senior-support'],
    tom: ['support'],
    sue: ['supervisor'],
  });
  await rca.say([{ customerId: 'rich', highValue: true }, { customerId: 'poor' }]);
});
afterAll(() => rca.close());

const inDays = (days: number) => new Date(rca.clock.now().getTime() + days * day).toISOString();
const open = (set: object = {}, who = 'dan') =>
  rca.send(who, 'POST', '/v1/fly-wires', {
    ...{ kind: 'read-only-access', system: 'wms', roles: ['senior-support'], reason: 'until WMS talks to the ERP' },
    ...{ expiresAt: inDays(30), ...set },
  });
const use = (who: string, id: string, set: object = {}) =>
  rca.send(who, 'POST', `/v1/fly-wires/${id}/uses`, { reason: 'where is the return?', ...set });

test('read-only access is used by whom it names, and every use is on record', async () => {
  const { status, body } = await open();
  expect([status, body.isOpen, body.system, body.ceiling]).toEqual([201, true, 'wms', null]);
  expect((await use('sen', body.flyWireId)).body).toMatchObject({ by: 'sen', system: 'wms' });
  expect((await use('tom', body.flyWireId)).body.code).toBe('not-in-scope');
  const { body: uses } = await rca.send('sue', 'GET', `/v1/fly-wires/${body.flyWireId}/uses`);
  expect(uses).toMatchObject({ of: 1, items: [{ by: 'sen', reason: 'where is the return?', customerId: null }] });
  expect((await rca.send('sen', 'GET', '/v1/fly-wires')).body.items).toHaveLength(1);
  expect((await rca.send('tom', 'GET', '/v1/fly-wires')).body.items).toEqual([]);
  expect((await rca.send('tom', 'GET', `/v1/fly-wires/${body.flyWireId}`)).status).toBe(404);
});

test('one for high value is not used for anybody else', async () => {
  const { flyWireId } = (await open({ highValueOnly: true })).body;
  expect((await use('sen', flyWireId, { customerId: 'rich' })).status).toBe(201);
  for (const customerId of ['poor', 'unknown', undefined]) {
    expect((await use('sen', flyWireId, { customerId })).body.code).toBe('not-high-value');
  }
});

test('who decides opens one, for no longer than the policy allows, and for an initiative that is there', async () => {
  expect((await open({}, 'sue')).status).toBe(403);
  expect((await open({ expiresAt: inDays(180) })).status).toBe(201);
  expect((await open({ expiresAt: inDays(181) })).body.code).toBe('too-long');
  expect((await open({ expiresAt: inDays(0) })).body.code).toBe('over-already');
  expect((await open({ initiativeId: randomUUID() })).status).toBe(404);
  expect((await open({ ceiling: { amount: 1, currency: 'CNY' } })).status).toBe(400);
  const refund = { kind: 'advance-refund', system: undefined, ceiling: { amount: 2000_00, currency: 'CNY' } };
  const { body } = await open(refund);
  expect(body).toMatchObject({ kind: 'advance-refund', system: null, ceiling: refund.ceiling });
  expect((await use('sen', body.flyWireId)).body.code).toBe('used-by-granting');
});

test('it is revoked once, and then of no use', async () => {
  const { flyWireId } = (await open()).body;
  const revoke = () => rca.send('dan', 'POST', `/v1/fly-wires/${flyWireId}/revoke`);
  expect((await revoke()).body).toMatchObject({ isOpen: false, endedCause: 'revoked', endedBy: 'dan' });
  await revoke();
  expect((await use('sen', flyWireId)).body.code).toBe('fly-wire-ended');
  const told = (await rca.published('fly-wire.ended')).filter((data) => data.flyWireId === flyWireId);
  expect(told).toMatchObject([{ cause: 'revoked', by: 'dan' }]);
});

test('it ends by itself, on time and once', async () => {
  const { flyWireId } = (await open({ expiresAt: inDays(20) })).body;
  const ended = async () => (await rca.published('fly-wire.ended')).filter((data) => data.flyWireId === flyWireId);
  rca.clock.advance(20 * day - 1);
  expect((await use('sen', flyWireId)).status).toBe(201);
  rca.clock.advance(1);
  expect((await use('sen', flyWireId)).body.code).toBe('fly-wire-ended');
  await eventually('the end', async () => (await ended()).length > 0);
  expect(await ended()).toMatchObject([{ cause: 'expired', by: null, at: rca.clock.now().toISOString() }]);
  await rca.send('dan', 'POST', `/v1/fly-wires/${flyWireId}/revoke`);
  expect(await ended()).toHaveLength(1);
  expect(
    (await rca.send('dan', 'GET', '/v1/fly-wires?state=ended')).body.items.map((one: any) => one.flyWireId),
  ).toContain(flyWireId);
});

test('what was opened and what ended fits its contract', async () => {
  for (const type of ['fly-wire.opened', 'fly-wire.ended']) {
    const events = await rca.published(type);
    expect(events.length).toBeGreaterThan(1);
    for (const data of events) expect(lookUp(type)!.schema.parse(data)).toEqual(data);
  }
});
