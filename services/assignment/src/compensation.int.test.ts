import { lookUp } from '@heard/events/registry';
import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { bearer, everything } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, openDesk } from './fixture-desk.ts';
import { handOverApproval } from './grants.ts';

let desk: Desk;
const policy = { ...parsePolicy(presetPolicy()), version: 1 };
const day = 86_400_000;

beforeAll(async () => {
  desk = await openDesk('2026-10-10T00:00:00Z', {
    ann: ['senior-support'],
    bob: ['senior-support'],
    sue: ['supervisor'],
    dan: ['director'],
    ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`agent-${i}`, ['senior-support']])),
  });
});
afterAll(() => desk.close());

async function over(caseId: string): Promise<void> {
  await sql`update cases set state = 'closed' where case_id = ${caseId}`.execute(desk.database);
}
async function balances(): Promise<{ unbalanced: number; off: number }> {
  const { rows } = await sql<{ unbalanced: number; off: number }>`
    select (select count(*)::int from (select 1 from ledger_entries group by transaction_id having sum(amount_minor) <> 0) as t) as unbalanced,
           (select count(*)::int from (
             select customer_id, sum(amount_minor) filter (where state = 'granted') as given from grants group by 1) as g
             full join (select substr(account, 10) as customer_id, sum(amount_minor) as entered from ledger_entries
                         where account like 'customer:%' group by 1) as e using (customer_id)
            where coalesce(given, 0) <> coalesce(entered, 0)) as off`.execute(desk.database);
  return rows[0]!;
}

test('500.00 passes, 500.01 asks one supervisor with a deadline', async () => {
  const one = await desk.openCase({ customerId: 'c1', owner: 'ann' });
  const two = await desk.openCase({ customerId: 'c2', owner: 'ann' });
  expect((await desk.grant('ann', one, 500_00)).body).toMatchObject({ state: 'granted', authority: 'senior-urgent' });
  expect((await desk.grant('ann', two, 500_01)).body).toMatchObject({
    state: 'asked',
    approver: 'sue',
    approverRoles: ['supervisor'],
    dueAt: '2026-10-10T01:00:00.000Z',
    exceeds: ['authority', 'case-budget'],
  });
});

test('200 grants at once on one case never exceed its limit', async () => {
  const caseId = await desk.openCase({ customerId: 'rush', owner: 'bob' });
  const answers = await Promise.all(Array.from({ length: 200 }, () => desk.grant('bob', caseId, 7_00)));
  expect(answers.map((one) => one.status)).toEqual(Array(200).fill(200));
  const { body } = await desk.send('bob', 'GET', `/v1/cases/${caseId}/grants`);
  const granted = body.items.filter((one: any) => one.state === 'granted');
  expect(granted).toHaveLength(71); // 71 × 7.00 = 497.00
  expect(body.items).toHaveLength(200);
  expect(body.entries).toHaveLength(142);
});

test('one agent on many cases at once stays within the month’s budget, and nobody waits for another in a circle', async () => {
  const cases = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const caseId = await desk.openCase({ customerId: `many-${i}`, owner: 'agent-0' });
      await sql`insert into case_collaborators values (${caseId}, 'agent-4')`.execute(desk.database);
      return caseId;
    }),
  );
  const [owners, helpers] = await Promise.all([
    Promise.all(cases.map((caseId) => desk.grant('agent-0', caseId, 499_00))),
    Promise.all(cases.toReversed().map((caseId) => desk.grant('agent-4', caseId, 1_00))),
  ]);
  const granted = (answers: typeof owners) => answers.filter((one) => one.body.state === 'granted').length;
  expect([granted(owners), granted(helpers)]).toEqual([20, 24]); // 20 × 499.00 of 10,000.00
});

test('the same key is the same grant; another order under it is refused', async () => {
  const caseId = await desk.openCase({ customerId: 'c3', owner: 'ann' });
  const order = { kind: 'gift', amount: { amount: 10_00, currency: 'CNY' }, reason: 'r' };
  const path = `/v1/cases/${caseId}/grants`;
  const twice = await Promise.all([
    desk.send('ann', 'POST', path, order, 'k'),
    desk.send('ann', 'POST', path, order, 'k'),
  ]);
  expect(twice[0]!.body).toEqual(twice[1]!.body);
  const other = await desk.send('ann', 'POST', path, { ...order, kind: 'cash' }, 'k');
  expect([other.status, other.body.code]).toEqual([409, 'idempotency-key-reused']);
  expect((await desk.send('ann', 'POST', path, order)).status).toBe(400);
  expect((await desk.send('ann', 'GET', path)).body.items).toHaveLength(1);
});

test('service days count for money; another currency and another’s case are refused', async () => {
  const caseId = await desk.openCase({ customerId: 'c4', owner: 'ann' });
  const path = `/v1/cases/${caseId}/grants`;
  const days = await desk.send('ann', 'POST', path, { kind: 'service-days', days: 30, reason: 'r' }, 'a');
  expect(days.body).toMatchObject({ state: 'granted', amount: { amount: 300_00, currency: 'CNY' }, serviceDays: 30 });
  const dollars = { kind: 'cash', amount: { amount: 1, currency: 'USD' }, reason: 'r' };
  expect((await desk.send('ann', 'POST', path, dollars, 'b')).body.code).toBe('wrong-currency');
  expect((await desk.grant('bob', caseId, 1)).body.code).toBe('not-on-the-case');
  await sql`insert into case_collaborators values (${caseId}, 'bob')`.execute(desk.database);
  expect((await desk.grant('bob', caseId, 1)).body.state).toBe('granted');
});

test('approved by another than who asked, taken back, and the budget is free again', async () => {
  const caseId = await desk.openCase({ customerId: 'c5', owner: 'sue' });
  const { grantId } = (await desk.grant('sue', caseId, 600_00)).body;
  expect((await desk.send('sue', 'POST', `/v1/grants/${grantId}/approve`)).body.code).toBe('own-request');
  expect((await desk.send('ann', 'POST', `/v1/grants/${grantId}/approve`)).body.code).toBe('not-the-approver');
  const waiting = await desk.send('dan', 'GET', '/v1/grants?state=asked&approver=dan');
  expect(waiting.body.items.map((one: any) => one.grantId)).toEqual([grantId]);
  const approved = await desk.send('dan', 'POST', `/v1/grants/${grantId}/approve`, {});
  expect(approved.body).toMatchObject({ state: 'granted', by: 'sue', decidedBy: 'dan', authority: 'approval' });
  expect((await desk.grant('sue', caseId, 1)).body.exceeds).toEqual(['case-budget']);
  const back = await desk.send('dan', 'POST', `/v1/grants/${grantId}/reverse`, { reason: 'twice' });
  expect(back.body).toMatchObject({ state: 'reversed', reversedBy: 'dan' });
  expect((await desk.grant('sue', caseId, 500_00)).body.state).toBe('granted');
  const { body } = await desk.send('sue', 'GET', `/v1/cases/${caseId}/grants`);
  expect(body.entries.filter((one: any) => one.grantId === grantId).map((one: any) => one.amount.amount)).toEqual([
    -600_00, 600_00, 600_00, -600_00,
  ]);
});

test('nobody answers: handed over, then expired, once each', async () => {
  const caseId = await desk.openCase({ customerId: 'c6', owner: 'ann' });
  const { grantId } = (await desk.grant('ann', caseId, 501_00)).body;
  const later = () =>
    desk.database.transaction().execute((tx) => handOverApproval(tx, grantId, desk.clock.now(), policy));
  expect((await later()).map(({ type, data }) => [type, data])).toMatchObject([
    ['compensation.requested', { grantId, approver: 'dan', step: 1, by: 'ann' }],
  ]);
  expect((await later()).map(({ data }) => data)).toMatchObject([{ grantId, by: null, reason: 'expired' }]);
  expect(await later()).toEqual([]);
  expect((await desk.send('sue', 'POST', `/v1/grants/${grantId}/approve`)).body.code).toBe('not-asked');
});

test('ninety days and a month are over when they are over', async () => {
  const spend = async (customerId: string, owner: string, amount: number) => {
    const caseId = await desk.openCase({ customerId, owner });
    const { body } = await desk.grant(owner, caseId, amount);
    await over(caseId);
    return body;
  };
  const exceeds = async (customerId: string, owner: string, amount: number) =>
    (await spend(customerId, owner, amount)).exceeds;
  expect(await exceeds('ninety', 'agent-1', 500_00)).toEqual([]);
  expect(await exceeds('ninety', 'agent-1', 500_00)).toEqual([]);
  desk.clock.advance(90 * day - 1);
  expect(await exceeds('ninety', 'agent-2', 1)).toEqual(['customer-budget']);
  desk.clock.advance(1);
  expect(await exceeds('ninety', 'agent-2', 1)).toEqual([]);

  // 2027-01-31 23:59:59.999 in Shanghai, then February.
  desk.clock.advance(Date.parse('2027-01-31T15:59:59.999Z') - desk.clock.now().getTime());
  for (let i = 0; i < 20; i++) expect(await exceeds(`month-${i}`, 'agent-3', 500_00)).toEqual([]);
  expect(await exceeds('month-20', 'agent-3', 1)).toEqual(['agent-budget']);
  desk.clock.advance(1);
  expect(await exceeds('month-21', 'agent-3', 1)).toEqual([]);
});

test('the report adds up, leads to its grants, and its CSV computes nothing in a spreadsheet', async () => {
  desk.clock.advance(day);
  const from = desk.clock.now().toISOString();
  const one = await desk.openCase({ customerId: 'r1', owner: 'ann', rootCause: '=1+1 包装' });
  const two = await desk.openCase({ customerId: 'r2', owner: 'bob' });
  await desk.grant('ann', one, 100_00);
  const { grantId } = (await desk.grant('ann', one, 50_00, 'gift')).body;
  await desk.grant('bob', two, 20_00);
  await desk.send('ann', 'POST', `/v1/grants/${grantId}/reverse`, { reason: 'r' });
  desk.clock.advance(day);
  const time = `from=${from}&to=${desk.clock.now().toISOString()}`;
  const { body } = await desk.send('dan', 'GET', `/v1/reports/compensation?${time}&by=root-cause`);
  expect(body.rows).toMatchObject([
    { key: '=1+1 包装', grants: 2, granted: 150_00, reversed: 50_00, net: 100_00 },
    { key: '', grants: 1, granted: 20_00, reversed: 0, net: 20_00 },
  ]);
  for (const row of body.rows) {
    const behind = (await desk.send('dan', 'GET', row.list)).body.items;
    expect(behind.reduce((sum: number, grant: any) => sum + grant.amount.amount, 0)).toBe(row.granted);
  }
  const headers = await bearer(everything);
  const file = await fetch(`${desk.url}/v1/reports/compensation.csv?${time}&by=root-cause`, { headers });
  const csv = await file.text();
  expect(csv.split('\n')[1]).toMatch(/^'=1\+1 包装,CNY,2,15000,5000,10000,/);
});

test('the list pages without a gap or a double', async () => {
  const ids: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const { body } = await desk.send('dan', 'GET', `/v1/grants?limit=100${next && `&cursor=${next}`}`);
    ids.push(...body.items.map((one: any) => one.grantId));
    next = body.next;
  }
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from grants`.execute(desk.database);
  expect([ids.length, new Set(ids).size]).toEqual([rows[0]!.n, rows[0]!.n]);
});

test('after all this the ledger balances, cannot be changed, and every event fits its contract', async () => {
  expect(await balances()).toEqual({ unbalanced: 0, off: 0 });
  await expect(sql`update ledger_entries set amount_minor = 0`.execute(desk.database)).rejects.toThrow(/append-only/);
  await expect(sql`delete from ledger_entries`.execute(desk.database)).rejects.toThrow(/append-only/);
  const lonely = sql`insert into ledger_entries (transaction_id, account, amount_minor, currency, at, grant_id)
    values (gen_random_uuid(), 'customer:x', 1, 'CNY', now(), gen_random_uuid())`;
  await expect(lonely.execute(desk.database)).rejects.toThrow(/does not sum to zero/);
  for (const type of ['compensation.requested', 'compensation.granted', 'compensation.reversed']) {
    const events = await desk.published(type);
    expect(events.length).toBeGreaterThan(0);
    for (const data of events) expect(lookUp(type)!.schema.parse(data)).toEqual(data);
  }
});
