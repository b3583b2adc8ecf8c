import { type Database, openPublisher, type Publish } from '@heard/bus/log';
import { newEvent } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { DataOf, EventType } from '@heard/events/registry';
import { presetPolicy } from '@heard/policy/policy';
import { VirtualClock } from '@heard/service/clock';
import { publishPolicy } from '@heard/service/policy-publication';
import type { Running } from '@heard/service/service';
import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { authEnvironment, bearer } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClockBody } from './clock-list.ts';
import { start } from './start.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A Monday, eight in the morning in Shanghai. */
const clock = new VirtualClock('2026-11-02T00:00:00Z');
const supervisor = await bearer(['supervisor', 'system']);
let home: TestDatabase;
let admin: Database;
let publish: Publish;
let running: Running;

beforeAll(async () => {
  home = await testDatabase();
  admin = home.open('sla-timer');
  publish = await openPublisher(admin);
  await rule((document) => document);
  running = await open();
});
afterAll(async () => {
  await running.close();
  await home.drop();
});

async function open() {
  const environment = {
    DATABASE_URL: home.urlOf('sla-timer'),
    HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    ...authEnvironment,
  };
  const one = await start({ environment, clock, fatal: () => {} });
  await eventually('readiness', async () => (await fetch(`${one.url}/readyz`)).ok);
  return one;
}

async function rule(change: (document: any) => object) {
  const document = change(presetPolicy()) as Record<string, unknown>;
  return publishPolicy(document, { adminUrl: home.url, driver: 'postgres', now: clock.now(), log: () => {} });
}

/** Everything read, no timer due; asked twice, since what was read may have set one. */
async function settle() {
  const rest = async () => {
    const { rows } = await sql`
      select 1 from bus.partitions h left join bus.positions p on p.consumer = 'sla-timer' and p.topic = h.topic and p.partition = h.partition
       where h.topic in ('heard.policy', 'heard.assignment') and coalesce(p.seq, 0) < h.head
      union all select 1 from timers where due_at <= ${clock.now()} limit 1`.execute(admin);
    return rows.length === 0;
  };
  await eventually('rest', async () => (await rest()) && (await rest()));
}
async function pass(ms: number) {
  clock.advance(ms);
  await settle();
}

const idOf = (customerId: string) => stableId('case', customerId);
type Told<T extends EventType> = Omit<DataOf<T>, 'caseId' | 'customerId' | 'version' | 'at' | 'by'>;
async function happens<T extends EventType & `case.${string}`>(customerId: string, type: T, data: Told<T>) {
  const at = clock.now().toISOString();
  const all = { caseId: idOf(customerId), customerId, version: 1, at, by: 'ming', ...data };
  await admin.transaction().execute((tx) => publish(tx, [newEvent(type, customerId, all as never, clock.now(), {})]));
  await settle();
}
async function opens(customerId: string, priority: 'P0' | 'P1' | 'P2', more: { timeZone?: string } = {}) {
  const receivedAt = clock.now().toISOString();
  await happens(customerId, 'case.opened', {
    ...{ feedbackId: stableId('feedback', customerId), priority, receivedAt, policyVersion: 1 },
    ...more,
  });
  await happens(customerId, 'case.assigned', { owner: 'ming', role: 'csm', rung: 0, reason: 'routed', team: 'east' });
}

async function get(path: string) {
  const response = await fetch(`${running.url}${path}`, { headers: supervisor });
  return { status: response.status, text: await response.text() };
}
const read = async (path: string) => JSON.parse((await get(path)).text);
async function send(method: string, path: string, body: unknown, type = 'application/json') {
  const response = await fetch(`${running.url}${path}`, {
    method,
    headers: { ...supervisor, 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as any };
}
const clocksOf = async (customerId: string) =>
  (await read(`/v1/clocks?caseId=${idOf(customerId)}&limit=200`)).items as ClockBody[];
const clockOf = async (customerId: string, kind: string) =>
  (await clocksOf(customerId)).filter((one) => one.kind === kind).at(-1)!;
const states = async (customerId: string) =>
  Object.fromEntries((await clocksOf(customerId)).map((one) => [`${one.kind} ${one.cycle}`, one.state]));

async function published(customerId: string, type: string) {
  const { rows } = await sql<{ data: any }>`
    select data::json as data from bus.log
     where topic = 'heard.sla-timer' and key = ${customerId} and attributes::json ->> 'type' = ${type} order by seq`.execute(
    admin,
  );
  return rows.map((row) => row.data);
}

test('a case has four clocks, and each ends by its own event', async () => {
  await opens('anna', 'P1');
  expect(await states('anna')).toEqual({
    'acknowledgement 1': 'running',
    'first-attempt 1': 'running',
    'first-contact 1': 'running',
    'resolution 1': 'running',
  });
  expect(await clockOf('anna', 'resolution')).toMatchObject({ owner: 'ming', team: 'east', calendar: '24x7' });
  await happens('anna', 'case.contact-attempted', { channel: 'phone', direction: 'outbound', outcome: 'busy' });
  await happens('anna', 'case.contacted', { channel: 'phone', direction: 'outbound' });
  await happens('anna', 'case.promised', { promiseId: idOf('p1'), what: 'one', dueAt: '2026-11-03T00:00:00Z' });
  await happens('anna', 'case.promised', { promiseId: idOf('p2'), what: 'two', dueAt: '2026-11-04T00:00:00Z' });
  await happens('anna', 'case.promise-kept', { promiseId: idOf('p2') });
  await happens('anna', 'case.resolved', { rootCause: 'courier' });
  await happens('anna', 'case.observed', { until: '2026-11-05T00:00:00Z' });
  const all = await clocksOf('anna');
  expect(all.map((one) => [one.kind, one.about, one.state])).toEqual([
    ['acknowledgement', null, 'met'],
    ['first-attempt', null, 'met'],
    ['first-contact', null, 'met'],
    ['promise', idOf('p1'), 'running'],
    ['promise', idOf('p2'), 'met'],
    ['observation', null, 'running'],
    ['resolution', null, 'met'],
  ]);
  await pass(3 * day);
  expect(await clockOf('anna', 'observation')).toMatchObject({ state: 'met', breachedAt: null, warnedPercent: 0 });
  expect((await clocksOf('anna')).find((one) => one.about === idOf('p1'))).toMatchObject({ state: 'breached' });
  await happens('anna', 'case.reopened', { priority: 'P1', cause: 'reply' });
  expect(await states('anna')).toMatchObject({ 'first-contact 1': 'met', 'first-contact 2': 'running' });
  await happens('anna', 'case.closed', { outcome: 'lost' });
  expect(Object.values(await states('anna'))).not.toContain('running');
});

test('handed over, a case asks its new owner to acknowledge', async () => {
  await opens('bert', 'P2');
  await happens('bert', 'case.assigned', { owner: 'lin', role: 'support', rung: 1, reason: 'transferred' });
  expect(await states('bert')).toMatchObject({ 'acknowledgement 1': 'cancelled', 'acknowledgement 2': 'running' });
  expect(await clockOf('bert', 'resolution')).toMatchObject({ owner: 'lin', team: null });
  // Ming is not the owner any more.
  await happens('bert', 'case.contact-attempted', { channel: 'phone', direction: 'outbound', outcome: 'busy' });
  expect(await states('bert')).toMatchObject({ 'acknowledgement 2': 'running', 'first-attempt 1': 'met' });
});

test('a silent customer meets the first contact by the finished attempts, the rest is cancelled', async () => {
  await opens('carl', 'P2');
  await pass(25 * hour);
  await happens('carl', 'case.parked', { cause: 'unreached', reason: 'three calls', timely: true });
  expect(await clockOf('carl', 'first-contact')).toMatchObject({ state: 'met', metBy: 'unreachable-protocol' });
  expect(await clockOf('carl', 'resolution')).toMatchObject({ state: 'cancelled' });
});

test('a pause stops the clocks the policy names, and no warning or breach comes before it is over', async () => {
  await opens('dora', 'P0');
  const before = await clockOf('dora', 'resolution');
  await pass(day);
  await happens('dora', 'case.paused', { reason: 'waiting-for-customer' });
  expect(await clockOf('dora', 'resolution')).toMatchObject({ state: 'paused' });
  await happens('dora', 'case.replied', { channel: 'email' });
  expect(await clockOf('dora', 'next-reply')).toMatchObject({ state: 'paused' });
  await pass(20 * day);
  expect(await clockOf('dora', 'resolution')).toMatchObject({ state: 'paused', breachedAt: null, warnedPercent: 0 });
  await happens('dora', 'case.resumed', {});
  expect(Date.parse((await clockOf('dora', 'resolution')).dueAt)).toBe(Date.parse(before.dueAt) + 20 * day);
  expect(await published('dora', 'clock.paused')).toMatchObject([
    { kind: 'resolution', reason: 'waiting-for-customer', remainingMs: 6 * day },
    { kind: 'next-reply', remainingMs: 2 * hour },
  ]);
  expect(await published('dora', 'clock.resumed')).toHaveLength(2);
  await happens('dora', 'case.closed', { outcome: 'invalid' });
});

test('a case that is resolved while it waits is not paused any more, nor is what is still owed', async () => {
  await rule((document) => {
    document.sla.pauses['waiting-for-third-party'].push('technical');
    return document;
  });
  await settle();
  await opens('doug', 'P1');
  await happens('doug', 'case.help-requested', { requestId: idOf('doug'), role: 'technical', what: 'logs' });
  await happens('doug', 'case.paused', { reason: 'waiting-for-third-party' });
  expect(await states('doug')).toMatchObject({ 'technical 1': 'paused', 'resolution 1': 'paused' });
  await happens('doug', 'case.resolved', { rootCause: 'courier' });
  expect(await states('doug')).toMatchObject({ 'technical 1': 'running', 'resolution 1': 'met' });
  await happens('doug', 'case.closed', { outcome: 'recovered' });
});

describe('a ladder', () => {
  const stepsOf = async (customerId: string) =>
    (await published(customerId, 'escalation.stepped')).map((one) => `${one.step}.${one.round}`);

  test('goes on at the right step after the database was lost and the process killed', async () => {
    await opens('emil', 'P0');
    await happens('emil', 'case.acknowledged', {});
    await pass(3.7 * hour);
    expect(await stepsOf('emil')).toEqual(['1.1']);
    await home.cut();
    const killed = running.close();
    clock.advance(hour);
    await home.mend();
    await killed;
    running = await open();
    await settle();
    expect(await stepsOf('emil')).toEqual(['1.1', '2.1']);
    await pass(30 * minute);
    await running.close();
    running = await open();
    await pass(hour);
    expect(await stepsOf('emil')).toEqual(['1.1', '2.1', '3.1', '3.2']);
  });

  test('stops where somebody acknowledged the alert about it', async () => {
    const { clockId } = await clockOf('emil', 'first-contact');
    const data = { alertId: idOf('alert'), customerId: 'emil', feedbackId: idOf('f'), about: clockId, by: 'dora' };
    await admin
      .transaction()
      .execute((tx) =>
        publish(tx, [
          newEvent('alert.acknowledged', 'emil', { ...data, at: clock.now().toISOString() }, clock.now(), {}),
        ]),
      );
    await settle();
    await pass(day);
    expect(await stepsOf('emil')).toEqual(['1.1', '2.1', '3.1', '3.2']);
    await happens('emil', 'case.closed', { outcome: 'invalid' });
  });
});

describe('calendars', () => {
  const hours = [{ from: '09:00', to: '18:00' }];
  const week = { mon: hours, tue: hours, wed: hours, thu: hours, fri: hours, sat: [], sun: [] };
  const office = { timeZone: 'Asia/Shanghai', week, exceptions: [] as object[], knownUntil: '2026-12-31' };

  test('of a customer, and a new version of it, move the deadline, and one can read why', async () => {
    // Saturday 2026-11-28, eight in the morning in Shanghai.
    clock.advance(Date.parse('2026-11-28T00:00:00Z') - clock.now().getTime());
    await settle();
    await opens('fritz', 'P0');
    const helpId = idOf('help');
    await happens('fritz', 'case.help-requested', { requestId: helpId, role: 'technical', what: 'logs' });
    expect(await clockOf('fritz', 'technical')).toMatchObject({ dueAt: '2026-11-28T01:00:00.000Z' });
    expect((await send('PUT', '/v1/calendars/cn', office)).body).toEqual({ name: 'cn', version: 1 });
    expect((await send('PUT', '/v1/customers/fritz/calendar', { calendar: 'cn' })).status).toBe(200);
    await settle();
    expect(await clockOf('fritz', 'technical')).toMatchObject({ dueAt: '2026-11-30T02:00:00.000Z', calendar: 'cn' });
    // Monday becomes a holiday.
    const closed = { ...office, exceptions: [{ date: '2026-11-30', intervals: [] }] };
    expect((await send('PUT', '/v1/calendars/cn', closed)).body.version).toBe(2);
    await settle();
    expect(await clockOf('fritz', 'technical')).toMatchObject({ dueAt: '2026-12-01T02:00:00.000Z' });
    const moved = (await published('fritz', 'clock.rescheduled')).filter((one) => one.kind === 'technical');
    expect(moved.map((one) => [one.reason, one.previousDueAt])).toEqual([
      ['calendar', '2026-11-28T01:00:00.000Z'],
      ['calendar', '2026-11-30T02:00:00.000Z'],
    ]);
    await pass(day);
    await pass(2 * day);
    expect(await clockOf('fritz', 'first-contact')).toMatchObject({
      state: 'breached',
      dueAt: '2026-11-29T00:00:00.000Z',
    });
    await pass(2 * hour - 1000);
    expect(await clockOf('fritz', 'technical')).toMatchObject({ state: 'running' });
    await pass(1000);
    expect(await clockOf('fritz', 'technical')).toMatchObject({ state: 'breached' });
    await happens('fritz', 'case.closed', { outcome: 'lost' });
  });

  test('take holidays from an iCalendar file, and say how long they last', async () => {
    const text = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', 'UID:1', 'DTSTART;VALUE=DATE:20270101'];
    const file = [...text, 'SUMMARY:元旦', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
    const path = '/v1/calendars/cn/import?from=2027-01-01&until=2027-12-31';
    expect((await send('POST', path, file, 'text/calendar')).body).toEqual({
      ...{ name: 'cn', version: 3, days: 1, ignored: [] },
    });
    const { document } = await read('/v1/calendars/cn');
    expect(document).toMatchObject({
      knownUntil: '2027-12-31',
      exceptions: [{ date: '2026-11-30' }, { name: '元旦' }],
    });
    expect((await get('/metrics')).text).toMatch(/heard_calendar_days_left\{calendar="cn"[^}]*\} 3\d\d/);
    expect((await send('POST', path, 'nonsense', 'text/calendar')).body.code).toBe('not-a-calendar-file');
  });

  test.each([
    ['24x7', office, 'calendar-is-fixed'],
    ['idle', { ...office, week: { ...week, mon: [], tue: [], wed: [], thu: [], fri: [] } }, 'calendar-never-opens'],
  ])('%s is refused', async (name, document, code) => {
    expect((await send('PUT', `/v1/calendars/${name}`, document)).body.code).toBe(code);
  });
});

test("the customer's night moves a P1's first contact, and both times are shown", async () => {
  clock.advance(Date.parse('2026-12-07T10:30:00Z') - clock.now().getTime());
  await settle();
  await opens('gina', 'P1');
  const started = (await published('gina', 'clocks.started')).flatMap(
    ({ clocks }) => clocks as Record<string, unknown>[],
  );
  const moved = started.find((one) => one.kind === 'first-contact');
  expect(moved).toMatchObject({ dueAt: '2026-12-08T01:00:00.000Z', naturalDueAt: '2026-12-07T14:30:00.000Z' });
  expect(await clockOf('gina', 'first-contact')).toMatchObject({ naturalDueAt: '2026-12-07T14:30:00.000Z' });
});

test('a new policy moves what is live, ends what it switches off, and leaves what has ended', async () => {
  const ended = await clocksOf('anna');
  await rule((document) => ({
    ...document,
    sla: { ...document.sla, resolution: '14d', off: ['acknowledgement'] },
  }));
  await settle();
  expect(await states('gina')).toMatchObject({ 'acknowledgement 1': 'cancelled', 'first-contact 1': 'running' });
  expect(await published('gina', 'clock.cancelled')).toMatchObject([{ kind: 'acknowledgement', reason: 'policy' }]);
  expect(await clockOf('gina', 'resolution')).toMatchObject({ dueAt: '2026-12-21T10:30:00.000Z' });
  expect(await published('gina', 'clock.rescheduled')).toMatchObject([
    { kind: 'resolution', reason: 'policy', policyVersion: 3 },
  ]);
  expect(await clocksOf('anna')).toEqual(ended);
  await opens('hugo', 'P2');
  expect(Object.keys(await states('hugo'))).not.toContain('acknowledgement 1');
});

test('every number of a report is the length of its list', async () => {
  const time = 'from=2026-11-01T00:00:00Z&to=2027-01-01T00:00:00Z';
  const results = {
    running: 'running',
    met: 'met',
    metByProtocol: 'met-by-protocol',
    missed: 'missed',
    breachedOpen: 'breached-open',
    cancelled: 'cancelled',
  };
  const filters = { kind: 'kind', person: 'owner', team: 'team', priority: 'priority' };
  let numbers = 0;
  for (const [by, filter] of Object.entries(filters)) {
    const { rows } = await read(`/v1/reports/sla?${time}&by=${by}`);
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) {
      const list = async (more: string) =>
        (await read(`/v1/clocks?${time}&limit=200&${filter}=${row.key}${more}`)).items as ClockBody[];
      const started = await list('');
      expect(started).toHaveLength(row.started);
      expect(new Set(started.map((one) => one.customerId)).size).toBe(row.customers);
      let sum = 0;
      for (const [number, result] of Object.entries(results)) {
        expect(await list(`&result=${result}`), `${by} ${row.key} ${number}`).toHaveLength(row[number]);
        if (number !== 'metByProtocol') sum += row[number];
        numbers++;
      }
      expect(sum).toBe(row.started);
    }
  }
  expect(numbers).toBeGreaterThan(50);
});

test('a list goes on where its page ended', async () => {
  const all = (await read('/v1/clocks?limit=200')).items as ClockBody[];
  const seen: ClockBody[] = [];
  for (let cursor = ''; ; ) {
    const page = await read(`/v1/clocks?limit=7${cursor}`);
    seen.push(...page.items);
    if (!page.next) break;
    cursor = `&cursor=${page.next}`;
  }
  expect(seen).toEqual(all);
  expect((await get('/v1/clocks?cursor=abc')).status).toBe(400);
});

test('files for spreadsheets hold the same, and no formula', async () => {
  await opens('=HYPERLINK("x")', 'P2');
  const { text } = await get(`/v1/clocks.csv?caseId=${idOf('=HYPERLINK("x")')}`);
  expect(text.split('\n').filter((line) => line !== '')).toHaveLength(4);
  expect(text).toContain(`"'=HYPERLINK(""x"")"`);
  const report = (await get('/v1/reports/sla.csv?from=2026-11-01T00:00:00Z&to=2027-01-01T00:00:00Z&by=priority')).text;
  expect(report).toMatch(/^\uFEFF?key,started,running,met,/);
  expect(report.trim().split('\n')).toHaveLength(4);
});

test('a calendar that is not there stops nothing', async () => {
  await rule((document) => ({
    ...document,
    sla: { ...document.sla, calendar: { P0: 'cn', P1: 'nowhere', P2: '24x7' } },
  }));
  await settle();
  await opens('ida', 'P1');
  expect(await clockOf('ida', 'resolution')).toMatchObject({ calendar: '24x7' });
  expect((await get('/metrics')).text).toMatch(/heard_calendar_days_left\{calendar="nowhere"[^}]*\} 0/);
  await opens('jan', 'P0');
  expect(await clockOf('jan', 'resolution')).toMatchObject({ calendar: 'cn' });
});

test('a new policy reaches each of many cases once, batch by batch, though the service is closed on the way', async () => {
  const customers = Array.from({ length: 450 }, (_, i) => `many-${i}`);
  const at = clock.now().toISOString();
  const opened = customers.map((customerId) => {
    const ids = { caseId: idOf(customerId), customerId, feedbackId: stableId('feedback', customerId) };
    const data = { ...ids, version: 1, at, priority: 'P2' as const, receivedAt: at, policyVersion: 1 };
    return newEvent('case.opened', customerId, data, clock.now(), {});
  });
  await admin.transaction().execute((tx) => publish(tx, opened));
  await settle();
  await rule((document) => ({ ...document, sla: { ...document.sla, resolution: '10d' } }));
  await eventually('the first batch', async () => {
    const { rows } = await sql`
      select 1 from clocks where kind = 'resolution' and span_ms = ${10 * day} and customer_id like 'many-%' limit 1`.execute(
      admin,
    );
    return rows.length > 0;
  });
  await running.close();
  running = await open();
  await settle();
  const { rows } = await sql<{ events: number; customers: number }>`
    select count(*)::int as events, count(distinct key)::int as customers from bus.log
     where topic = 'heard.sla-timer' and key like 'many-%' and attributes::json ->> 'type' = 'clock.rescheduled'`.execute(
    admin,
  );
  expect(rows[0]).toEqual({ events: 450, customers: 450 });
});
