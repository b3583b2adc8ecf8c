import { newEvent } from '@heard/events/event';
import { lookUp } from '@heard/events/registry';
import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expireFlags, isFlagged } from './abuse-flags.ts';
import { keepCustomers } from './customers.ts';
import { type Desk, openDesk } from './fixture-desk.ts';

let desk: Desk;
const policy = { ...parsePolicy(presetPolicy()), version: 1 };
const day = 86_400_000;

beforeAll(async () => {
  desk = await openDesk('2026-10-10T01:00:00Z', {
    ann: ['senior-support'],
    sue: ['supervisor'],
    dan: ['director'],
    eve: ['director'],
  });
  await inGoodFaith();
});
afterAll(() => desk.close());

/** A hundred and fifty customers with one small claim each, for what they are worth: whom the others are compared with. */
async function inGoodFaith(): Promise<void> {
  const at = desk.clock.now().toISOString();
  await sql`
    with customers as (
      insert into customers (customer_id, version, value_minor, value_currency) select 'honest-' || n, 1, 1000000, 'CNY' from generate_series(1, 150) as n
      on conflict (customer_id) do update set version = 1 returning customer_id),
    files as (
      insert into cases (case_id, customer_id, state, priority, version, feedback_id, received_at, opened_at, started_at, updated_at)
      select gen_random_uuid(), customer_id, 'closed', 'P1', 9, gen_random_uuid(), ${at}, ${at}, ${at}, ${at} from customers returning *)
    insert into grants (grant_id, case_id, customer_id, kind, amount_minor, currency, reason, state, requested_by, requested_at, authority, granted_at)
    select gen_random_uuid(), case_id, customer_id, 'cash', 2000, 'CNY', 'r', 'granted', 'zoe', ${at}, 'senior-urgent', ${at} from files`.execute(
    desk.database,
  );
}

const worth = (customerId: string, amount: number, version = 1) =>
  desk.database.transaction().execute((tx) => {
    const at = desk.clock.now();
    const lifetimeValue = { amount, currency: 'CNY' };
    const data = { customerId, version, lifetimeValue, occurredAt: at.toISOString(), receivedAt: at.toISOString() };
    return keepCustomers(tx, [newEvent('customer.value-changed', customerId, data as never, at)]);
  });

async function claim(customerId: string, times = 1, rootCause?: string): Promise<void> {
  for (let i = 0; i < times; i++) {
    const caseId = await desk.openCase({ customerId, owner: 'ann', rootCause });
    await desk.grant('ann', caseId, 20_00);
    await sql`update cases set state = 'closed' where case_id = ${caseId}`.execute(desk.database);
  }
}
const abuse = async (customerId: string) => (await desk.send('sue', 'GET', `/v1/customers/${customerId}/abuse`)).body;
const flag = (who: string, customerId: string) => desk.send(who, 'POST', `/v1/customers/${customerId}/abuse-flags`);
const move = (who: string, customerId: string, flagId: string, name: string, body?: unknown) =>
  desk.send(who, 'POST', `/v1/customers/${customerId}/abuse-flags/${flagId}/${name}`, body);
async function flagged(customerId: string): Promise<string> {
  await worth(customerId, 100_00);
  await claim(customerId, 4);
  const { flagId } = (await flag('sue', customerId)).body;
  expect((await move('dan', customerId, flagId, 'confirm')).body.state).toBe('flagged');
  return flagId;
}

test('the fourth claim raises a suspicion, which changes nothing', async () => {
  await worth('x', 100_00);
  await claim('x', 3);
  expect((await abuse('x')).flags).toEqual([]);
  await claim('x');
  expect(await abuse('x')).toMatchObject({ flagged: false, flags: [{ state: 'suspected', evidence: { claims: 4 } }] });
  await claim('x');
  const caseId = await desk.openCase({ customerId: 'x', owner: 'ann' });
  expect((await desk.grant('ann', caseId, 1_00)).body.state).toBe('granted');
  const told = (await desk.published('customer.abuse-suspected')).filter((data: any) => data.customerId === 'x');
  expect(told).toMatchObject([{ evidence: ['frequent-claims', 'claims-over-value'] }]);
});

test('neither a customer of unknown value nor one worth it is suspected, and neither can be flagged', async () => {
  await claim('unknown', 6);
  await worth('worthy', 1_000_000_00);
  await claim('worthy', 6);
  for (const customerId of ['unknown', 'worthy']) {
    expect((await abuse(customerId)).flags).toEqual([]);
    expect((await flag('sue', customerId)).body.code).toBe('no-evidence');
  }
});

test('claims older than the window do not count', async () => {
  await worth('slow', 100_00);
  await claim('slow', 3);
  desk.clock.advance(180 * day);
  await claim('slow');
  expect((await abuse('slow')).evidence.claims).toBe(1);
  await inGoodFaith();
});

test('two persons flag; then no extras, while what is owed and the process stay as for anybody', async () => {
  await worth('bad', 100_00);
  await claim('bad', 4);
  const { flagId } = (await flag('sue', 'bad')).body;
  const bad = await desk.openCase({ customerId: 'bad', owner: 'ann' });
  expect((await desk.grant('ann', bad, 1_00)).body.state).toBe('granted');
  expect((await move('sue', 'bad', flagId, 'confirm')).body.code).toBe('second-person');
  expect((await move('dan', 'bad', flagId, 'confirm')).body).toMatchObject({
    state: 'flagged',
    flaggedBy: 'sue',
    confirmedBy: 'dan',
    expiresAt: new Date(desk.clock.now().getTime() + 365 * day).toISOString(),
  });
  for (const kind of ['cash', 'voucher', 'gift', 'advance-refund']) {
    expect([kind, (await desk.grant('ann', bad, 1, kind)).body.code]).toEqual([kind, 'extras-blocked']);
  }
  const days = { kind: 'service-days', days: 1, reason: 'r' };
  expect((await desk.send('ann', 'POST', `/v1/cases/${bad}/grants`, days, 'd')).body.code).toBe('extras-blocked');
  expect((await desk.grant('ann', bad, 10_00, 'refund')).body.state).toBe('granted');

  const good = await desk.openCase({ customerId: 'good', owner: 'ann' });
  const work = async (caseId: string) => {
    const said: unknown[] = [];
    const steps: [string, unknown][] = [
      ['attempts', { channel: 'phone', outcome: 'no-answer' }],
      ['contacts', { channel: 'phone', promises: [{ what: 'a new one', dueAt: '2030-01-01T00:00:00Z' }] }],
      ['resolve', { rootCause: 'late delivery' }],
    ];
    for (const [name, body] of steps) {
      const answer = await desk.send('ann', 'POST', `/v1/cases/${caseId}/${name}`, body);
      said.push(answer.status, answer.body.state, answer.body.version, answer.body.owner);
    }
    return said;
  };
  const process = await work(bad);
  expect(process.filter((one) => one === 200)).toHaveLength(3);
  expect(process).toEqual(await work(good));
  expect(await desk.published('case.wow-skipped')).toMatchObject([{ caseId: bad, reason: 'abuse-flagged' }]);
  expect(await desk.published('case.wow-planned')).toMatchObject([{ caseId: good }]);
});

test('what was asked for before the flag is not approved after it', async () => {
  await worth('late', 100_00);
  await claim('late', 4);
  const caseId = await desk.openCase({ customerId: 'late', owner: 'ann' });
  const { grantId } = (await desk.grant('ann', caseId, 501_00)).body;
  const { flagId } = (await flag('sue', 'late')).body;
  await move('dan', 'late', flagId, 'confirm');
  expect((await desk.send('sue', 'POST', `/v1/grants/${grantId}/approve`)).body.code).toBe('extras-blocked');
});

test('an appeal is decided by a third person; judged claims are not held against anybody again', async () => {
  const flagId = await flagged('appeals');
  const appeal = (who: string, outcome: string) => move(who, 'appeals', flagId, 'appeal', { outcome, reason: 'r' });
  expect((await appeal('sue', 'clear')).body.code).toBe('involved');
  expect((await appeal('eve', 'keep')).body).toMatchObject({
    state: 'flagged',
    appeals: [{ by: 'eve', outcome: 'keep' }],
  });
  expect((await appeal('eve', 'clear')).body).toMatchObject({ state: 'cleared', clearedReason: 'appeal' });
  desk.clock.advance(1);
  await claim('appeals', 3);
  expect((await abuse('appeals')).evidence.claims).toBe(3);
  expect((await flag('sue', 'appeals')).body.code).toBe('no-evidence');
});

test('victims of a confirmed defect are never flagged, whether it is known before or after', async () => {
  await worth('victim', 100_00);
  await claim('victim', 4, '包装破损');
  const { flagId } = (await flag('sue', 'victim')).body;
  await move('dan', 'victim', flagId, 'confirm');
  expect((await abuse('victim')).flagged).toBe(true);

  const confirmed = await desk.send('dan', 'PUT', `/v1/confirmed-defects/${encodeURIComponent('包装破损')}`);
  expect(confirmed.body).toEqual({ theme: '包装破损', cleared: ['victim'] });
  expect(await abuse('victim')).toMatchObject({ flagged: false, flags: [{ clearedReason: 'victim' }] });

  await worth('later', 100_00);
  await claim('later', 6, ' 包装破损 ');
  expect((await abuse('later')).flags).toEqual([]);
  expect((await flag('sue', 'later')).body.code).toBe('no-evidence');
  await claim('later', 3, 'something else');
  expect((await flag('sue', 'later')).body.code).toBe('no-evidence');
});

test('a share of flagged customers above the policy’s alarms', async () => {
  const share = async () => (await desk.send('dan', 'GET', '/v1/abuse')).body;
  const { flagged: few, customers, percent, alarm } = await share();
  expect([few, percent, alarm]).toEqual([2, (100 * few) / customers, false]);
  await sql`
    insert into abuse_flags (flag_id, customer_id, state, evidence, claims, flagged_by, confirmed_by, expires_at)
    select gen_random_uuid(), 'honest-' || n, 'flagged', '{}', '{}', 'sue', 'dan', ${new Date(desk.clock.now().getTime() + day).toISOString()}
      from generate_series(1, ${Math.ceil(customers * 0.05)}) as n`.execute(desk.database);
  expect((await share()).alarm).toBe(true);
});

test('a flag ends by itself after a year, once', async () => {
  const flagId = await flagged('year');
  const { rows } = await sql<{
    due: Date;
  }>`select due_at as due from timers where kind = 'abuse-flag' and key = ${flagId}`.execute(desk.database);
  const expire = (at: Date) => desk.database.transaction().execute((tx) => expireFlags(tx, [flagId], at, policy));
  const holds = (at: Date) => desk.database.transaction().execute((tx) => isFlagged(tx, 'year', at));
  const { due } = rows[0]!;
  const before = new Date(due.getTime() - 1);
  expect([await holds(before), await expire(before)]).toEqual([true, []]);
  expect(await holds(due)).toBe(false);
  expect((await expire(due)).map(({ data }) => data)).toMatchObject([{ flagId, reason: 'expired' }]);
  expect(await expire(due)).toEqual([]);
});

test('an older value changes nothing, and every event fits its contract', async () => {
  await worth('x', 7, 3);
  await worth('x', 9, 2);
  const { rows } = await sql`select value_minor::int as amount from customers where customer_id = 'x'`.execute(
    desk.database,
  );
  expect(rows).toEqual([{ amount: 7 }]);
  for (const type of ['customer.abuse-suspected', 'customer.abuse-flagged', 'customer.abuse-cleared']) {
    const events = await desk.published(type);
    expect(events.length).toBeGreaterThan(0);
    for (const data of events) expect(lookUp(type)!.schema.parse(data)).toEqual(data);
  }
});
