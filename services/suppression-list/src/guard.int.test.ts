import type { Database } from '@heard/bus/log';
import { presetPolicy } from '@heard/policy/policy';
import { publishPolicy } from '@heard/service/policy-publication';
import type { Running } from '@heard/service/service';
import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { authEnvironment, bearer } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { start } from './start.ts';

const marketing = await bearer(['marketing']);
let home: TestDatabase;
let database: Database;
let one: Running;
let two: Running;

beforeAll(async () => {
  home = await testDatabase();
  database = home.open('suppression-list');
  await publishPolicy(presetPolicy(), { adminUrl: home.url, driver: 'postgres', now: new Date(), log: () => {} });
  const environment = {
    DATABASE_URL: home.urlOf('suppression-list'),
    HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    ...authEnvironment,
  };
  one = await start({ environment });
  two = await start({ environment });
  for (const { url } of [one, two]) await eventually('readiness', async () => (await fetch(`${url}/readyz`)).ok);
});
afterAll(async () => {
  await one.close();
  await two.close();
  await home.drop();
});

const canSend = async (customerId: string, messageClass: string, at = one) =>
  (await (
    await fetch(`${at.url}/v1/can-send?customerId=${customerId}&class=${messageClass}`, { headers: marketing })
  ).json()) as {
    allowed: boolean;
    code: string;
  };
const enter = (customerId: string, reason = 'manual') =>
  fetch(`${one.url}/v1/stop-list/${customerId}/entries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...marketing },
    body: JSON.stringify({ reason, source: 'test' }),
  });
const leave = (customerId: string, reason = 'manual') =>
  fetch(`${one.url}/v1/stop-list/${customerId}/entries/${reason}/test`, { method: 'DELETE', headers: marketing });
const refusedBy = (at: Running, customerId: string) => async () =>
  (await canSend(customerId, 'promo', at)).code === 'stop-list';
const clearAt = (at: Running, customerId: string) => async () =>
  (await canSend(customerId, 'promo', at)).code === 'clear';

test('promotion stops, service goes on', async () => {
  await enter('anna');
  await eventually('the guard to know', refusedBy(one, 'anna'), 2);
  const verdicts = await Promise.all(
    ['promo', 'nurture', 'survey', 'transactional', 'service-recovery'].map((one) => canSend('anna', one)),
  );
  expect(verdicts.map((verdict) => verdict.allowed)).toEqual([false, false, false, true, true]);
  expect(await canSend('nobody', 'promo')).toMatchObject({ allowed: true, code: 'clear' });
});

test('a replica that did not make the change enforces it too', async () => {
  await enter('bert');
  await eventually('the other replica to know', refusedBy(two, 'bert'), 2);
  await leave('bert');
  await eventually('it to let go', clearAt(two, 'bert'), 2);
});

test('one reason removed leaves the other, and re-entry works', async () => {
  await enter('cora');
  await enter('cora', 'objection');
  await leave('cora');
  await eventually('the guard', refusedBy(one, 'cora'), 2);
  await leave('cora', 'objection');
  await eventually('the guard to let go', clearAt(one, 'cora'), 2);
  await enter('cora');
  await eventually('the guard to know again', refusedBy(one, 'cora'), 2);
});

test('a replica started later knows the whole list', async () => {
  const customers = Array.from({ length: 3_000 }, (_, i) => `many-${i}`);
  await sql`insert into entries (customer_id, reason, source, started_at)
    select id, 'manual', 'import', now() from unnest(${customers}::text[]) as t (id)`.execute(database);
  const three = await start({
    environment: {
      DATABASE_URL: home.urlOf('suppression-list'),
      HTTP_PORT: '0',
      LOG_LEVEL: 'silent',
      ...authEnvironment,
    },
  });
  await eventually('the snapshot', refusedBy(three, 'many-2999'), 5);
  const answer = await fetch(`${three.url}/v1/can-send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...marketing },
    body: JSON.stringify({ class: 'promo', customerIds: [...customers, 'somebody-else'] }),
  });
  expect(((await answer.json()) as { refused: string[] }).refused).toEqual(customers);
  await three.close();
});

test('a refused send is on record once', async () => {
  await enter('dirk');
  await eventually('the guard', refusedBy(one, 'dirk'), 2);
  const send = () =>
    fetch(`${one.url}/v1/sends`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...marketing },
      body: JSON.stringify({ customerId: 'dirk', class: 'promo', campaign: '双11' }),
    }).then((response) => response.json());
  expect(await send()).toMatchObject({ allowed: false, code: 'stop-list' });
  await send();
  const { rows } = await sql`select 1 from bus.log where attributes::json ->> 'type' = 'send.skipped'`.execute(
    database,
  );
  expect(rows).toHaveLength(1);
});

test('when the store is down promotion is refused to everybody and service still passes', async () => {
  await home.cut();
  try {
    await eventually(
      'the guard to admit that it does not know',
      async () => (await canSend('nobody', 'promo')).code === 'unknown',
      15,
    );
    expect(await canSend('nobody', 'promo')).toMatchObject({ allowed: false });
    expect(await canSend('nobody', 'service-recovery')).toMatchObject({ allowed: true });
    expect((await fetch(`${one.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${one.url}/livez`)).status).toBe(200);
  } finally {
    await home.mend();
  }
  await eventually('the guard to know again', clearAt(one, 'nobody'), 30);
});
