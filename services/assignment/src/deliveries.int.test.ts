import { openPublisher } from '@heard/bus/log';
import { newEvent } from '@heard/events/event';
import { openChannel } from '@heard/notifications/channel';
import { NotificationsConfig } from '@heard/notifications/configuration';
import { openStub, type Received, type Reply } from '@heard/notifications/fixture-stub';
import { presetPolicy } from '@heard/policy/policy';
import { type Clock, realClock, VirtualClock } from '@heard/service/clock';
import { publishPolicy } from '@heard/service/policy-publication';
import { type Service, startService } from '@heard/service/service';
import { type TestDatabase, testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { authEnvironment, bearer, everything } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Deliveries, type Notice } from './deliveries.ts';
import { registerDeliveryRoutes } from './delivery-routes.ts';
import { messageOf, sendDeliveries } from './delivery-worker.ts';
import { start } from './start.ts';
import { tellOfAlarms } from './theme-alarms.ts';
import { fireTimers } from './timers.ts';

const caseId = '00000000-0000-8000-8000-00000000000c';
const second = 1_000;
const hour = 3_600_000;

let home: TestDatabase;
let admin: ReturnType<TestDatabase['open']>;
let clock: VirtualClock;
let receiver: Awaited<ReturnType<typeof openStub>>;
let answer: (received: Received) => Reply | Promise<Reply>;
const headers = await bearer(everything);
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  home = await testDatabase();
  admin = home.open('assignment');
  clock = new VirtualClock('2026-10-01T02:00:00Z');
  answer = () => ({});
  receiver = await openStub((received) => answer(received));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await receiver.close();
  await home.drop();
});

const environment = (perMinute: number) => ({
  DATABASE_URL: home.urlOf('assignment'),
  HTTP_PORT: '0',
  LOG_LEVEL: 'silent',
  ...authEnvironment,
  NOTIFICATION_TARGETS: JSON.stringify({
    hook: {
      kind: 'webhook',
      url: receiver.url,
      secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
      rate: { perMinute },
      allowPrivate: true,
    },
  }),
  CONSOLE_URL: 'https://heard.example/',
});

/** The queue with its timers and workers, and nothing else of the service. */
async function openQueue(perMinute = 6_000, { workers = true, time = clock as Clock } = {}) {
  let service: Service | undefined;
  let deliveries: Deliveries | undefined;
  const running = await startService(
    'assignment',
    (each, config: NotificationsConfig) => {
      service = each;
      deliveries = new Deliveries(each, config.NOTIFICATION_TARGETS, () => 0);
      registerDeliveryRoutes(each, deliveries);
      if (!workers) return;
      fireTimers({ ...each, deliveries });
      sendDeliveries(each, deliveries, config.CONSOLE_URL);
    },
    { environment: environment(perMinute), clock: time },
    NotificationsConfig,
  );
  closing.push(() => running.close());
  return { url: running.url, service: service!, deliveries: deliveries! };
}
type Queue = Awaited<ReturnType<typeof openQueue>>;

const queue = ({ service, deliveries }: Queue, ...notices: Notice[]) =>
  service.database.transaction().execute((tx) => deliveries.queue(tx, notices));
const notice = (name: string, over: Partial<Notice> = {}): Notice =>
  ({
    name: [name],
    class: 'push',
    code: 'alert-push',
    parameters: { customerId: name, caseId, priority: 'P1' },
    people: ['li'],
    caseId,
    ...over,
  }) as Notice;

async function hire(personId: string, quietHours: object | null = null, language = 'zh-CN') {
  const notify = JSON.stringify([{ target: 'hook', address: `to-${personId}` }]);
  await sql`insert into people (person_id, name, roles, notify, language, quiet_hours)
    values (${personId}, ${personId}, '{supervisor}', ${notify}::jsonb, ${language}, ${quietHours && JSON.stringify(quietHours)}::jsonb)`.execute(
    admin,
  );
}
async function openCase() {
  await sql`insert into cases (case_id, customer_id, state, priority, version, feedback_id, received_at, opened_at, started_at, updated_at)
    values (${caseId}, 'C-7', 'new', 'P0', 1, ${caseId}, now(), now(), now(), now())`.execute(admin);
}
/** Wakes the timers as well: where time jumps while a transaction sets one, they would see it at their next look. */
async function rows() {
  clock.advance(0);
  const found = await sql<{
    state: string;
    attempts: number;
    nextAt: Date;
    lastError: string | null;
    sending: boolean;
  }>`select state, attempts, next_at as "nextAt", last_error as "lastError", sending
       from deliveries order by queued_at, delivery_id`.execute(admin);
  return found.rows;
}
const states = async () => (await rows()).map((row) => row.state).sort();
const arrived = (n: number) => eventually(`${n} to arrive`, () => receiver.received.length >= n);
const settled = (...expected: string[]) =>
  eventually(`states ${expected}`, async () => (await states()).join() === expected.join());
const idsArrived = () => receiver.received.map((one) => one.headers['webhook-id']);

test('a triaged feedback that pages somebody arrives there, once, in their language', async () => {
  await publishPolicy(presetPolicy(), {
    adminUrl: home.url,
    driver: 'postgres',
    brokers: [],
    now: clock.now(),
    log: () => {},
  });
  const running = await start({ environment: environment(6_000), clock });
  closing.push(() => running.close());
  const put = (body: object) =>
    fetch(`${running.url}/v1/people/dora`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ name: 'Dora', roles: ['director'], ...body }),
    });
  expect((await put({ quietHours: { from: '25:00', to: '08:00' } })).status).toBe(400);
  expect((await put({ timeZone: 'Mars/Olympus' })).status).toBe(400);
  expect((await put({ notify: [{ target: 'hook', address: 'a\nb' }] })).status).toBe(400);
  expect((await put({ notify: [{ target: 'hook', address: 'dora' }], language: 'en' })).status).toBe(200);
  const people = (await (await fetch(`${running.url}/v1/people`, { headers })).json()) as { items: object[] };
  expect(people.items[0]).toMatchObject({ language: 'en', timeZone: 'Asia/Shanghai', quietHours: null });

  const at = clock.now().toISOString();
  const triaged = newEvent(
    'feedback.triaged',
    'C-9',
    {
      feedbackId: '00000000-0000-8000-8000-0000000000f1',
      revision: 1,
      customerId: 'C-9',
      kind: 'ticket',
      channel: 'phone',
      comment: '<!channel> I will sue you',
      occurredAt: at,
      receivedAt: at,
      segment: null,
      priority: 'P0',
      triggers: [],
      hits: [],
      suppress: true,
      alert: { level: 'page', audiences: ['director'] },
      customer: { known: false, highValue: false },
      rule: 'red-line',
      policyVersion: 1,
    },
    clock.now(),
  );
  const bus = home.open('bus');
  const publish = await openPublisher(bus);
  await bus.transaction().execute((tx) => publish(tx, [triaged]));
  await settled('sent');
  const { type, data } = receiver.received[0]!.body;
  expect(type).toBe('notification.page');
  expect(data).toMatchObject({ to: 'dora', subject: 'P0: customer C-9 must be called now' });
  expect(data.text).toMatch(/^Case [0-9a-f]{8}\n“<!channel> I will sue you”$/);
  expect(data.link).toMatch(/^https:\/\/heard\.example\/cases\/[0-9a-f-]{36}$/);
  expect(receiver.received.length).toBe(1);
});

test('whoever answers for all cases hears of a theme that bursts out, once, by the name they know it by', async () => {
  const { service, deliveries } = await openQueue();
  await hire('sue');
  await hire('sam', null, 'en');
  const fact = { themeId: 'packaging-damage', tier: 'frame', version: 1, at: clock.now().toISOString() } as const;
  const names = { zh: '包装与破损', en: 'Packaging and damage' };
  const burst = { kind: 'burst', day: '2026-11-08', channel: null, names, observed: 41, expected: 11.5 } as const;
  const alarm = newEvent('theme.alarmed', fact.themeId, { ...fact, ...burst }, clock.now());
  for (let time = 0; time < 2; time++) {
    await service.database.transaction().execute((tx) => tellOfAlarms(tx, deliveries, [alarm]));
  }
  await settled('sent', 'sent');
  expect(receiver.received.map(({ body }) => [body.data.to, body.data.subject]).sort()).toEqual([
    ['to-sam', '“Packaging and damage” burst out: 41 comments named it on 2026-11-08, about 12 were to be expected'],
    ['to-sue', '“包装与破损”突然增多：2026-11-08 有 41 条评论提到，平常约 12 条'],
  ]);
});

test('nothing is sent when the transaction does not commit, and the same notice is not queued twice', async () => {
  const one = await openQueue();
  await hire('li');
  await expect(
    one.service.database.transaction().execute(async (tx) => {
      await one.deliveries.queue(tx, [notice('lost')]);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await queue(one, notice('kept'));
  await queue(one, notice('kept'), notice('for nobody we know', { people: ['nobody'] }));
  await settled('sent');
  expect(receiver.received.map((each) => each.body.data.subject)).toEqual(['【P1】客户 kept 有新反馈待处理']);
});

test('on the real clock it is sent at once', async () => {
  const one = await openQueue(6_000, { time: realClock });
  await hire('li');
  await queue(one, notice('a'));
  await settled('sent');
  expect(receiver.received.length).toBe(1);
});

test('what a process sent and died before noting is sent again by another, under the same id, when the lease ends', async () => {
  const dead = await openQueue(6_000, { workers: false });
  await hire('li');
  await queue(dead, notice('a'));
  const { leased } = await dead.deliveries.claim('hook');
  const channel = openChannel(dead.deliveries.targets.hook!);
  await channel.send(messageOf(leased[0]!, ''), leased[0]!.address);
  channel.close();
  await openQueue();
  clock.advance(59 * second);
  const again = await dead.deliveries.claim('hook');
  expect(again).toEqual({ leased: [], more: false });
  clock.advance(second);
  await settled('sent');
  expect(idsArrived().length).toBe(2);
  expect(new Set(idsArrived()).size).toBe(1);
  await dead.deliveries.refused(leased[0]!, 'too late to say');
  expect(await states()).toEqual(['sent']);
});

test('the database going away while a message is sent loses nothing', async () => {
  const one = await openQueue();
  await hire('li');
  let isCut: () => void;
  const cut = new Promise<void>((resolve) => {
    isCut = resolve;
  });
  answer = async () => {
    if (receiver.received.length === 1) await home.cut().then(isCut);
    return {};
  };
  await queue(one, notice('a'));
  await cut;
  await home.mend();
  await eventually('it to be noted as sent', async () => {
    clock.advance(5 * second);
    return (await states()).join() === 'sent';
  });
  expect(new Set(idsArrived()).size).toBe(1);
});

test('two processes never send the same lease twice', async () => {
  const both = [await openQueue(), await openQueue()];
  const people = Array.from({ length: 60 }, (_, i) => `p${i}`);
  for (const person of people) await hire(person);
  await queue(both[0]!, notice('first', { people: people.slice(0, 30) }));
  await queue(both[1]!, notice('second', { people: people.slice(30) }));
  await eventually('all to be sent', async () => {
    clock.advance(100);
    return (await states()).every((state) => state === 'sent');
  });
  expect(idsArrived().length).toBe(60);
  expect(new Set(idsArrived()).size).toBe(60);
});

test('what fails is tried after 5 s, 5 min, 30 min, 2 h … and given up; supervisors hear of it once', async () => {
  const one = await openQueue();
  await hire('li');
  await openCase();
  answer = () => ({ status: 503 });
  await queue(one, notice('a', { class: 'page' }));
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 9; attempt++) {
    const row = await eventually('the failure to be noted', async () =>
      (await rows()).find((each) => each.attempts === attempt && !each.sending),
    );
    expect(row.lastError).toBe('webhook: HTTP 503');
    expect(await one.deliveries.waiting()).toEqual([{ label: 'hook', value: 1 }]);
    const wait = row.nextAt.getTime() - clock.now().getTime();
    waits.push(wait / second);
    clock.advance(wait);
  }
  await settled('given-up');
  expect(waits).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  expect(idsArrived().length).toBe(10);
  expect(new Set(idsArrived()).size).toBe(1);
  const told = await sql`select customer_id, people, cause, delivered_at is not null as seen from alerts`.execute(
    admin,
  );
  expect(told.rows).toEqual([{ customer_id: 'C-7', people: ['li'], cause: 'delivery', seen: true }]);
  await eventually('no timer to be left', async () => {
    const { rows } = await sql`select 1 from timers where kind = 'deliver'`.execute(admin);
    return rows.length === 0;
  });
});

test('a receiver that is down for an hour gets everything in the end', async () => {
  const one = await openQueue();
  const up = clock.now().getTime() + hour;
  answer = () => ({ status: clock.now().getTime() < up ? 502 : 200 });
  for (const person of ['a', 'b', 'c', 'd']) await hire(person);
  await queue(one, notice('x', { people: ['a', 'b', 'c', 'd'] }));
  for (let n = 1; n <= 4; n++) {
    await eventually('a round to fail', async () => (await rows()).every((row) => row.attempts === n && !row.sending));
    clock.advance(Math.max(...(await rows()).map((row) => row.nextAt.getTime())) - clock.now().getTime());
  }
  await settled('sent', 'sent', 'sent', 'sent');
  expect(new Set(idsArrived()).size).toBe(4);
});

test('429 closes the target for everything until the time it named', async () => {
  const one = await openQueue();
  await hire('li');
  await hire('wang');
  answer = () => (receiver.received.length === 1 ? { status: 429, headers: { 'retry-after': '120' } } : {});
  await queue(one, notice('a'));
  await eventually('the failure to be noted', async () => (await rows())[0]?.lastError);
  await queue(one, notice('b', { people: ['wang'] }));
  const due = await eventually('a timer at its time', async () => {
    const { rows } = await sql<{ due: Date }>`select due_at as due from timers where kind = 'deliver'`.execute(admin);
    return rows[0] && rows[0].due.getTime() > clock.now().getTime() + 100 * second ? rows[0].due : undefined;
  });
  expect(receiver.received.length).toBe(1);
  clock.advance(due.getTime() - clock.now().getTime() + second);
  await settled('sent', 'sent');
});

test('when the bucket is dry a page goes first, and the rest of one person becomes one digest', async () => {
  const one = await openQueue(4); // one at once, then three a minute
  await hire('li');
  await hire('boss');
  const pushes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => notice(name));
  await queue(one, ...pushes, notice('fire', { class: 'page', code: 'alert-page', people: ['boss'] }));
  await arrived(1);
  expect(receiver.received[0]!.body.data).toMatchObject({ to: 'to-boss', subject: '【P1】客户 fire 需要马上联系' });
  await eventually('the digest', async () => {
    clock.advance(second);
    return receiver.received.length === 2;
  });
  expect(receiver.received[1]!.body.data.subject).toBe('6 条通知');
  expect(receiver.received[1]!.body.data.text.split('\n').length).toBe(6);
  await settled('digested', 'digested', 'digested', 'digested', 'digested', 'digested', 'sent', 'sent');
});

test('in quiet hours only pages are sent; the rest waits for the morning', async () => {
  const one = await openQueue();
  await hire('li', { from: '09:00', to: '11:30' }); // it is ten in Shanghai
  await queue(one, notice('calm'), notice('fire', { class: 'page' }));
  await settled('sent', 'waiting');
  expect(receiver.received[0]!.body.type).toBe('notification.page');
  const waiting = (await rows()).find((row) => row.state === 'waiting')!;
  expect(waiting.nextAt).toEqual(new Date('2026-10-01T03:30:00Z'));
  clock.advance(1.5 * hour);
  await settled('sent', 'sent');
});

test('a customer is told once per case and purpose, and the log does not say what', async () => {
  const one = await openQueue();
  const message = {
    caseId,
    purpose: 'unreachable',
    target: 'hook',
    address: '+8613800000000',
    subject: '',
    text: '张女士，您好',
  };
  const tell = () =>
    one.service.database.transaction().execute((tx) => one.deliveries.queueCustomerMessage(tx, message));
  expect([await tell(), await tell()]).toEqual([true, true]);
  await settled('sent');
  expect(receiver.received.map((each) => each.body.data.text)).toEqual(['张女士，您好']);
  const log = await (await fetch(`${one.url}/v1/deliveries?case=${caseId}`, { headers })).text();
  expect(JSON.parse(log).items).toMatchObject([{ class: 'customer', personId: null, state: 'sent', attempts: 1 }]);
  expect(log).not.toMatch(/张女士|138/);
});

test('the log goes by page; what is over can be sent again, to the address of now', async () => {
  const one = await openQueue();
  await hire('li');
  answer = () => ({ status: 410 });
  await queue(one, notice('a'), notice('b'), notice('c', { people: ['nobody'] }));
  await settled('refused', 'refused');
  const get = async (query: string) =>
    (await (await fetch(`${one.url}/v1/deliveries?${query}`, { headers })).json()) as any;
  const first = await get('person=li&state=refused&limit=1');
  const second = await get(`limit=1&cursor=${first.next}`);
  expect(first.items[0]).toMatchObject({
    state: 'refused',
    lastError: 'webhook: HTTP 410',
    nextAt: null,
    target: 'hook',
  });
  expect(second.items[0].deliveryId).not.toBe(first.items[0].deliveryId);
  expect((await get(`cursor=${second.next}`)).items).toEqual([]);
  answer = () => ({});
  await sql`update people set notify = '[{"target": "hook", "address": "new"}]'`.execute(admin);
  const resend = (id: string) => fetch(`${one.url}/v1/deliveries/${id}/resend`, { method: 'POST', headers });
  const { deliveryId } = first.items[0];
  expect((await resend(deliveryId)).status).toBe(200);
  await settled('refused', 'sent');
  expect(receiver.received.at(-1)!.body.data).toMatchObject({ id: deliveryId, to: 'new' });
  expect((await resend(caseId)).status).toBe(404);
});
