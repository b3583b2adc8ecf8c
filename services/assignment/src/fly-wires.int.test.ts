import { randomUUID } from 'node:crypto';
import { newEvent } from '@heard/events/event';
import { lookUp } from '@heard/events/registry';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, openDesk } from './fixture-desk.ts';
import { keepFlyWires, keepHighValue } from './fly-wires.ts';

let desk: Desk;
const day = 86_400_000;

beforeAll(async () => {
  desk = await openDesk('2026-10-10T01:00:00Z', {
    ann: ['senior-support'],
    sue: ['supervisor'],
    dan: ['director'],
    fin: ['approver'],
  });
});
afterAll(() => desk.close());

const hear = (work: Parameters<ReturnType<Desk['database']['transaction']>['execute']>[0]) =>
  desk.database.transaction().execute(work);

async function open(set: object = {}): Promise<string> {
  const now = desk.clock.now();
  const flyWireId = randomUUID();
  const data = {
    ...{ flyWireId, initiativeId: null, at: now.toISOString(), kind: 'advance-refund', roles: ['senior-support'] },
    ...{ ceiling: { amount: 3000_00, currency: 'CNY' }, highValueOnly: true, by: 'dan' },
    ...{ expiresAt: new Date(now.getTime() + 10 * day).toISOString(), ...set },
  };
  await hear((tx) => keepFlyWires(tx, [newEvent('fly-wire.opened', flyWireId, data as never, now)]));
  return flyWireId;
}
async function end(flyWireId: string): Promise<void> {
  const now = desk.clock.now();
  const data = { flyWireId, initiativeId: null, at: now.toISOString(), cause: 'revoked', by: 'dan' } as const;
  await hear((tx) => keepFlyWires(tx, [newEvent('fly-wire.ended', flyWireId, data, now)]));
}
const grade = (customerId: string, highValue: boolean, priority: string | null = 'P1') =>
  hear((tx) => {
    const data = { customerId, priority, customer: { known: true, highValue } };
    return keepHighValue(tx, [newEvent('feedback.triaged', customerId, data as never, desk.clock.now())]);
  });
const advance = async (customerId: string, amount = 2000_00) => {
  await sql`update cases set state = 'closed' where customer_id = ${customerId}`.execute(desk.database);
  const caseId = await desk.openCase({ customerId, owner: 'ann' });
  return (await desk.grant('ann', caseId, amount, 'advance-refund')).body;
};
const reconcile = (who: string, grantId: string, reference = 'R-1') =>
  desk.send(who, 'POST', `/v1/grants/${grantId}/reconcile`, { reference });

test('an advance refund is given only through an open fly-wire that covers it', async () => {
  await grade('rich', true);
  expect((await advance('rich')).code).toBe('no-fly-wire');
  const flyWireId = await open();
  expect(await advance('rich')).toMatchObject({ state: 'granted', authority: 'advance', flyWireId, reference: null });
  expect((await advance('rich', 3000_01)).code).toBe('no-fly-wire');
  expect((await advance('poor')).code).toBe('no-fly-wire');
  await grade('rich', false, null); // content customers are not asked after
  expect((await advance('rich')).state).toBe('granted');
  await grade('rich', false);
  expect((await advance('rich')).code).toBe('no-fly-wire');
  await grade('rich', true);
  await end(flyWireId);
  expect((await advance('rich')).code).toBe('no-fly-wire');
});

test('one that expires is over on time, whether or not anybody has said so', async () => {
  await open({ highValueOnly: false });
  desk.clock.advance(10 * day - 1);
  expect((await advance('late')).state).toBe('granted');
  desk.clock.advance(1);
  expect((await advance('late')).code).toBe('no-fly-wire');
});

test('what was asked for is not approved after the end', async () => {
  const flyWireId = await open({ highValueOnly: false });
  const { grantId, state } = await advance('asked', 2000_01);
  expect(state).toBe('asked');
  await end(flyWireId);
  expect((await desk.send('dan', 'POST', `/v1/grants/${grantId}/approve`)).body.code).toBe('no-fly-wire');
  await open({ highValueOnly: false });
  expect((await desk.send('dan', 'POST', `/v1/grants/${grantId}/approve`)).body.state).toBe('granted');
});

test('read-only access is no leave to refund', async () => {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from fly_wires`.execute(desk.database);
  await open({ kind: 'read-only-access', ceiling: undefined, system: 'wms' });
  const after = await sql<{ n: number }>`select count(*)::int as n from fly_wires`.execute(desk.database);
  expect(after.rows).toEqual(rows);
});

test('finance matches it; until then it is on the list, and late after two weeks', async () => {
  const { grantId, grantedAt } = await advance('matched');
  const listed = async () => {
    const { body } = await desk.send('fin', 'GET', '/v1/reports/unreconciled-advances');
    return body.rows.find((row: any) => row.grantId === grantId);
  };
  const reconcileBy = new Date(Date.parse(grantedAt) + 14 * day).toISOString();
  expect(await listed()).toMatchObject({ by: 'ann', amount: 2000_00, reconcileBy, overdue: false });
  desk.clock.advance(14 * day);
  expect((await listed()).overdue).toBe(true);
  expect((await reconcile('fin', grantId)).body).toMatchObject({
    state: 'granted',
    reference: 'R-1',
    reconciledBy: 'fin',
  });
  expect((await reconcile('fin', grantId)).status).toBe(200);
  expect((await reconcile('dan', grantId, 'R-2')).body.code).toBe('reconciled-already');
  expect(await listed()).toBeUndefined();
  expect((await desk.send('ann', 'POST', `/v1/grants/${grantId}/reverse`, { reason: 'r' })).body.code).toBe(
    'reconciled-already',
  );
  const told = (await desk.published('compensation.reconciled')) as { grantId: string }[];
  expect(told.filter((data) => data.grantId === grantId)).toMatchObject([{ by: 'fin', reference: 'R-1' }]);
  for (const data of told) expect(lookUp('compensation.reconciled')!.schema.parse(data)).toEqual(data);
});

test('neither its giver matches it, nor is anything else matched', async () => {
  await open({ highValueOnly: false, roles: ['director'] });
  const caseId = await desk.openCase({ customerId: 'own', owner: 'dan' });
  const { grantId } = (await desk.grant('dan', caseId, 10_00, 'advance-refund')).body;
  expect((await reconcile('dan', grantId)).body.code).toBe('own-request');
  const cash = (await desk.grant('dan', caseId, 10_00)).body.grantId;
  expect((await reconcile('fin', cash)).body.code).toBe('not-an-advance');
});

test('the ledger holds as advances what is not matched', async () => {
  const { rows } = await sql<{ held: number; open: number }>`
    select (select -sum(amount_minor)::float8 from ledger_entries where account = 'advances:unreconciled') as held,
           (select sum(amount_minor)::float8 from grants
             where kind = 'advance-refund' and state = 'granted' and reconciled_at is null) as open`.execute(
    desk.database,
  );
  expect(rows[0]!.held).toBe(rows[0]!.open);
  expect(rows[0]!.open).toBeGreaterThan(0);
});
