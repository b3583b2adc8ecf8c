import { audit } from '@heard/cli/audit';
import { VirtualClock } from '@heard/service/clock';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bearer } from './tokens.ts';
import { startVillage, type Village } from './village.ts';

const hour = 3_600_000;
const day = 24 * hour;

const staff = {
  dora: 'director',
  carl: 'crisis-team',
  ming: 'csm',
  sven: 'senior-support',
  lin: 'support',
} as const;

/** One story, told on both buses: what the seeds say must happen to one customer over forty days. */
describe.each(['postgres', 'kafka'] as const)('a month on a virtual clock, %s', (bus) => {
  const missing = inject('kafkaMissing');
  const skipped = bus === 'kafka' && missing !== '';
  const clock = new VirtualClock('2026-03-02T01:00:00Z');
  let village: Village;

  beforeAll(async () => {
    if (skipped) return;
    village = await startVillage({ clock, bus });
    for (const [id, role] of Object.entries(staff)) {
      await village.send('assignment', 'PUT', `/v1/people/${id}`, { name: id, roles: [role] });
    }
  });
  afterAll(async () => village?.close());

  let sent = 0;
  async function says(customerId: string, nps: number | null, comment: string, over: object = {}): Promise<string> {
    const { body } = await village.send('ingest', 'POST', '/v1/responses', {
      source: 'story',
      externalId: `s-${++sent}`,
      customerId,
      kind: nps === null ? 'chat' : 'survey-response',
      score: nps === null ? undefined : { scale: 'nps', value: nps },
      comment,
      occurredAt: clock.now().toISOString(),
      ...over,
    });
    await village.settle();
    return body.feedbackId;
  }
  async function isWorth(customerId: string, valueClass: 'high' | 'ordinary', csmId?: string) {
    await village.send('ingest', 'POST', '/v1/customer-values', {
      source: 'crm',
      customerId,
      valueClass,
      csmId,
      occurredAt: clock.now().toISOString(),
    });
    await village.settle();
  }
  async function pass(ms: number) {
    clock.advance(ms);
    await village.settle();
  }
  const caseOf = async (customerId: string) => {
    const { body } = await village.send('assignment', 'GET', `/v1/cases?customerId=${customerId}`);
    expect(body.items.length).toBeLessThanOrEqual(1);
    return body.items[0];
  };
  const clocksOf = async (caseId: string) =>
    (await village.send('sla-timer', 'GET', `/v1/clocks?caseId=${caseId}`)).body.items as {
      kind: string;
      state: string;
      warnedPercent: number;
      dueAt: string;
      naturalDueAt: string | null;
    }[];
  const clockOf = async (caseId: string, kind: string) => (await clocksOf(caseId)).find((one) => one.kind === kind)!;
  const as = (id: keyof typeof staff) => bearer([staff[id]], id);
  const act = async (
    caseId: string,
    what: string,
    { by, ...body }: { by: keyof typeof staff; [field: string]: string },
  ) => {
    const promises = [{ what: 'solved tomorrow', dueAt: new Date(clock.now().getTime() + day).toISOString() }];
    const sent = what === 'contacts' ? { promises, ...body } : body;
    return village.send('assignment', 'POST', `/v1/cases/${caseId}/${what}`, sent, await as(by));
  };
  const reasons = async (customerId: string) =>
    (await village.send('suppression-list', 'GET', `/v1/stop-list/${customerId}`)).body.entries
      .filter((entry: { endedAt: string | null }) => entry.endedAt === null)
      .map((entry: { reason: string }) => entry.reason);

  test.skipIf(skipped)(
    `a P0: page, case, clock, stop list; contacted, resolved, observed, released${skipped ? ` (${missing})` : ''}`,
    async () => {
      await isWorth('wang', 'high', 'ming');
      await says('wang', 1, '充电器起火了，我要找律师');
      const opened = await caseOf('wang');
      expect(opened).toMatchObject({ priority: 'P0', state: 'assigned', owner: 'dora' });

      const { body: alerts } = await village.send('assignment', 'GET', '/v1/alerts?level=page');
      const [page] = alerts.items;
      const acknowledge = async (id: keyof typeof staff) =>
        village.send('assignment', 'POST', `/v1/alerts/${page.alertId}/acknowledge`, undefined, await as(id));
      expect(page.people.sort()).toEqual(['carl', 'dora']);
      expect((await acknowledge('carl')).status).toBe(200);
      expect((await acknowledge('dora')).body.code).toBe('acknowledged-already');

      expect(await reasons('wang')).toEqual(['recovery']);
      const clocks = await clocksOf(opened.caseId);
      expect(clocks.map((one) => [one.kind, one.dueAt])).toEqual([
        ['acknowledgement', '2026-03-02T01:15:00.000Z'],
        ['first-attempt', '2026-03-02T02:00:00.000Z'],
        ['first-contact', '2026-03-02T05:00:00.000Z'],
        ['resolution', '2026-03-09T01:00:00.000Z'],
      ]);

      await pass(3 * hour);
      expect(await clockOf(opened.caseId, 'first-contact')).toMatchObject({ state: 'running', warnedPercent: 75 });
      expect((await act(opened.caseId, 'contacts', { channel: 'email', by: 'dora' })).body.code).toBe(
        'channel-not-allowed',
      );
      expect((await act(opened.caseId, 'resolve', { rootCause: 'charger', by: 'dora' })).body.code).toBe(
        'illegal-move',
      );
      expect((await act(opened.caseId, 'contacts', { channel: 'phone', by: 'dora' })).body.state).toBe('in-recovery');
      await village.settle();
      expect(await clockOf(opened.caseId, 'first-contact')).toMatchObject({ kind: 'first-contact', state: 'met' });

      expect((await act(opened.caseId, 'resolve', { rootCause: 'charger batch 7', by: 'dora' })).body.state).toBe(
        'resolved',
      );
      await village.settle();
      expect(await reasons('wang')).toEqual(['observation']);
      expect((await caseOf('wang')).state).toBe('observing');

      await pass(29 * day);
      expect(await reasons('wang')).toEqual(['observation']);
      await pass(day);
      expect(await reasons('wang')).toEqual([]);
      expect((await caseOf('wang')).state).toBe('closed');
    },
  );

  test.skipIf(skipped)(
    'a P2 nobody calls: digested within a quarter of its day, warned, breached once, late when contacted',
    async () => {
      await says('li', 5, '注册太麻烦');
      const opened = await caseOf('li');
      expect(opened).toMatchObject({ priority: 'P2', owner: 'lin' });
      const digests = async () =>
        (await village.send('assignment', 'GET', '/v1/alerts?level=digest&person=lin')).body.items;
      expect(await digests()).toEqual([]);
      await pass(2 * hour);
      expect(await digests()).toHaveLength(1);
      await pass(22 * hour - 1000);
      expect(await clockOf(opened.caseId, 'first-contact')).toMatchObject({
        kind: 'first-contact',
        state: 'running',
        warnedPercent: 90,
      });
      await pass(1000);
      expect(await clockOf(opened.caseId, 'first-contact')).toMatchObject({ state: 'breached' });
      await pass(5 * hour);
      await act(opened.caseId, 'contacts', { channel: 'email', by: 'lin' });
      await village.settle();
      expect(await clockOf(opened.caseId, 'first-contact')).toMatchObject({
        state: 'missed',
      });
    },
  );

  test.skipIf(skipped)(
    'three responses of one customer are one case with three items, and the worst sets its priority',
    async () => {
      await says('zhao', 6, '一般');
      await says('zhao', 4, '客服回复慢');
      await says('zhao', 0, '客服回复慢，第三次说了');
      const opened = await caseOf('zhao');
      expect(opened).toMatchObject({ priority: 'P1', owner: 'sven' });
      const { body } = await village.send('assignment', 'GET', `/v1/cases/${opened.caseId}`);
      expect(body.feedback).toHaveLength(3);
      expect(body.history.map((one: { version: number }) => one.version)).toEqual(
        body.history.map((_: unknown, i: number) => i + 1),
      );
    },
  );

  test.skipIf(skipped)(
    'a value that comes late raises the priority, shortens the clock and moves the case to the CSM',
    async () => {
      await says('qian', 5, '包装破损');
      const before = await caseOf('qian');
      expect(before).toMatchObject({ priority: 'P2', owner: 'lin' });
      await pass(10 * hour);
      await isWorth('qian', 'high', 'ming');
      expect(await caseOf('qian')).toMatchObject({ caseId: before.caseId, priority: 'P1', owner: 'ming' });
      const first = await clockOf(before.caseId, 'first-contact');
      expect(Date.parse(first.naturalDueAt ?? first.dueAt)).toBe(clock.now().getTime() + 4 * hour);
      await isWorth('qian', 'ordinary');
      expect((await caseOf('qian')).priority).toBe('P1');
    },
  );

  test.skipIf(skipped)('a P1 that turns into a P0 goes up to a director', async () => {
    await isWorth('chen', 'high', 'ming');
    await says('chen', 2, '客服不理人');
    expect(await caseOf('chen')).toMatchObject({ priority: 'P1', owner: 'ming' });
    await says('chen', 1, '你们这是欺诈');
    expect(await caseOf('chen')).toMatchObject({ priority: 'P0', owner: 'dora' });
  });

  test.skipIf(skipped)('a parked customer who says anything is taken up again', async () => {
    await says('sun', 2, '退款慢');
    const { caseId } = await caseOf('sun');
    await act(caseId, 'attempts', { channel: 'phone', outcome: 'no-answer', by: 'sven' });
    expect((await act(caseId, 'park', { reason: 'unreachable', by: 'sven' })).body.state).toBe('parked');
    await village.settle();
    for (const kind of ['first-contact', 'resolution'])
      expect(await clockOf(caseId, kind)).toMatchObject({ state: 'cancelled' });
    expect(await reasons('sun')).toEqual(['recovery']);
    await says('sun', 9, '已经好了');
    expect((await caseOf('sun')).state).toBe('assigned');
    expect((await clocksOf(caseId)).filter((one) => one.state === 'running')).toHaveLength(3);
  });

  test.skipIf(skipped)('an observed customer who is unhappy again comes back into the same case', async () => {
    await says('zhou', 3, '快递太慢');
    const { caseId } = await caseOf('zhou');
    await act(caseId, 'contacts', { channel: 'phone', by: 'sven' });
    await act(caseId, 'resolve', { rootCause: 'courier', by: 'sven' });
    await village.settle();
    await pass(10 * day);
    await says('zhou', 2, '又慢了');
    expect(await caseOf('zhou')).toMatchObject({ caseId, state: 'assigned', owner: 'sven' });
    await pass(25 * day);
    expect((await reasons('zhou')).includes('recovery')).toBe(true);
  });

  test.skipIf(skipped)('the same command sent twice is done once, and an old version is refused', async () => {
    await says('wu', 2, '客服不理人');
    const { caseId, version } = await caseOf('wu');
    const once = async (headers: Record<string, string>) =>
      village.send(
        'assignment',
        'POST',
        `/v1/cases/${caseId}/attempts`,
        { channel: 'email', outcome: 'sent' },
        {
          ...headers,
          ...(await as('sven')),
        },
      );
    const first = await once({ 'idempotency-key': 'k1', 'if-match': `"${version}"` });
    const second = await once({ 'idempotency-key': 'k1', 'if-match': `"${version}"` });
    expect(second.body).toEqual(first.body);
    expect((await once({ 'if-match': `"${version}"` })).body.code).toBe('version-conflict');
  });

  test.skipIf(skipped)('nobody there: the case waits in the queue and goes to the first who comes', async () => {
    for (const id of ['lin', 'sven'])
      await village.send('assignment', 'POST', `/v1/people/${id}/presence`, { present: false });
    await says('zheng', 6, '还行吧');
    expect(await caseOf('zheng')).toMatchObject({ state: 'new', owner: null });
    await village.send('assignment', 'POST', '/v1/people/sven/presence', { present: true });
    await village.settle();
    expect(await caseOf('zheng')).toMatchObject({ state: 'assigned', owner: 'sven' });
    await village.send('assignment', 'POST', '/v1/people/lin/presence', { present: true });
  });

  test.skipIf(skipped)(
    'a correction to a promoter’s score lowers nothing, and the audit holds after all of it',
    async () => {
      await says('feng', 2, '太差', { externalId: 'fixed' });
      await says('feng', 9, '填错了', { externalId: 'fixed', revision: 2 });
      expect((await caseOf('feng')).priority).toBe('P1');
      const findings = await audit({
        bus,
        adminUrl: village.database.url,
        brokers: village.brokers,
        urls: village.urls,
      });
      expect(findings.filter((one) => one.broken > 0)).toEqual([]);
      expect(findings.filter((one) => one.checked === 0).map(({ title }) => title)).toEqual([]);
    },
  );
});
