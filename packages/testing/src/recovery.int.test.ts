import { everyDay } from '@heard/calendar/calendar';
import { audit } from '@heard/cli/audit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { day, hour, minute, RecoveryDesk } from './recovery-desk.ts';

/** Thirty-six days of a desk that wins customers back, told on both buses. Times are UTC; the customers live eight hours ahead. */
describe.each(['postgres', 'kafka'] as const)('winning customers back on a virtual clock, %s', (bus) => {
  const missing = inject('kafkaMissing');
  const skipped = bus === 'kafka' && missing !== '';
  const begin = '2026-03-02T01:00:00Z';
  let desk: RecoveryDesk;
  const story = (name: string, tell: () => Promise<void>) =>
    test.skipIf(skipped)(skipped ? `${name} (${missing})` : name, tell, 240_000);

  const shift = (from: string, to: string) => everyDay(`${from}-${to}`, 'Asia/Shanghai', [{ from, to }]);

  beforeAll(async () => {
    if (skipped) return;
    desk = await RecoveryDesk.open(bus, begin);
    await desk.has('dora', 'director');
    await desk.has('carl', 'crisis-team');
    await desk.has('sue', 'supervisor');
    const leave = [{ from: '2026-03-09T00:00:00Z', until: '2026-03-14T00:00:00Z' }];
    await desk.has('ming', 'csm', { leave, substitute: 'mei' });
    await desk.has('mei', 'csm');
    await desk.has('sara', 'senior-support');
    await desk.has('sven', 'senior-support');
    await desk.has('tess', 'technical');
    await desk.has('lin', 'support');
    await desk.has('lou', 'support', { shifts: shift('13:00', '22:00') });
  }, 240_000);
  afterAll(async () => desk?.close());

  const other = (person: string) => (person === 'sara' ? 'sven' : 'sara');
  const types = async (caseId: string) => (await desk.history(caseId)).map((one) => one.type);

  story('a P0 at night: paged, called all the same, made good within authority and beyond it, resolved', async () => {
    await desk.isWorth('wang', { valueClass: 'high', csmId: 'ming', name: '王', phone: '+8613800000001' });
    await desk.until('2026-03-02T14:00:00Z'); // 22:00 where the customer is
    await desk.says('wang', 1, '充电器起火了，我要找律师');
    const { caseId, priority, owner } = await desk.caseOf('wang');
    expect([priority, owner]).toEqual(['P0', 'dora']);

    const { items } = await desk.ask('assignment', '/v1/alerts', { level: 'page' });
    const page = items.find((one: { audiences: string[] }) => one.audiences.includes('director'));
    expect(page.people.toSorted()).toEqual(['carl', 'dora']);
    const take = (by: string) => desk.as(by, 'POST', `/v1/alerts/${page.alertId}/acknowledge`);
    expect((await take('carl')).body.acknowledgedBy).toBe('carl');
    expect((await take('dora')).body.code).toBe('acknowledged-already');
    for (const person of ['carl', 'dora']) {
      expect(desk.told(person).filter((one) => one.type === 'notification.page')).not.toEqual([]);
    }

    // The night moves no deadline of a P0: whoever owns it hears at once that it lies in the customer's night.
    expect(await desk.clockOf(caseId, 'first-contact')).toMatchObject({
      dueAt: '2026-03-02T18:00:00.000Z',
      naturalDueAt: null,
    });
    const danger = (await desk.history(caseId)).find((one) => one.type === 'case.deadline-endangered');
    expect(danger?.data).toMatchObject({ reason: 'quiet-hours', nextWindow: '2026-03-03T00:00:00.000Z' });
    const asked = items.find((one: { audiences: string[] }) => one.audiences.includes('supervisor'));
    expect(asked.people.toSorted()).toEqual(['dora', 'sue']);

    expect((await desk.act('dora', caseId, 'acknowledge')).status).toBe(200);
    expect(await desk.clockOf(caseId, 'acknowledgement')).toMatchObject({ state: 'met' });
    await desk.until('2026-03-02T14:50:00Z');
    const silent = { channel: 'phone', outcome: 'no-answer' };
    expect((await desk.act('dora', caseId, 'attempts', silent)).body.state).toBe('contacting');
    await desk.until('2026-03-02T15:30:00Z');
    expect((await desk.act('dora', caseId, 'contacts', { channel: 'phone' })).body.code).toBe('promise-missing');
    const promiseId = await desk.speaks('dora', caseId, 'phone', '2026-03-03T10:00:00Z');
    for (const kind of ['first-attempt', 'first-contact']) {
      expect(await desk.clockOf(caseId, kind)).toMatchObject({ state: 'met' });
    }
    for (const step of ['hear', 'empathize', 'apologize', 'resolve']) {
      expect((await desk.act('dora', caseId, 'heard', { step })).status).toBe(200);
    }
    expect((await desk.act('dora', caseId, 'resolve')).body.code).toBe('root-cause-missing');
    await desk.act('dora', caseId, 'diagnose', { rootCause: 'charger batch 7' });

    expect((await desk.grant('dora', caseId, 500_00)).body).toMatchObject({ state: 'granted', authority: 'lead' });
    const more = (await desk.grant('dora', caseId, 500_01)).body;
    expect(more).toMatchObject({ state: 'asked', approver: 'sue' });
    expect(await desk.clockOf(caseId, 'approval', more.grantId)).toMatchObject({ state: 'running' });
    const approve = (by: string) => desk.as(by, 'POST', `/v1/grants/${more.grantId}/approve`);
    expect((await approve('dora')).body.code).toBe('own-request');
    expect((await approve('sue')).body).toMatchObject({ state: 'granted', authority: 'approval', decidedBy: 'sue' });
    expect(await desk.clockOf(caseId, 'approval', more.grantId)).toMatchObject({ state: 'met' });

    await desk.until('2026-03-03T09:00:00Z');
    await desk.act('dora', caseId, 'keep-promise', { promiseId });
    expect(await desk.clockOf(caseId, 'promise', promiseId)).toMatchObject({ state: 'met' });
    expect((await desk.act('dora', caseId, 'resolve')).body.state).toBe('resolved');
    expect((await desk.caseOf('wang')).state).toBe('observing');
    expect(await desk.reasons('wang')).toEqual(['observation']);

    await desk.until('2026-03-03T13:30:00Z');
    expect((await desk.act('dora', caseId, 'give-wow', { what: 'a call of the founder' })).status).toBe(200);
    expect(await desk.clockOf(caseId, 'wow')).toMatchObject({ state: 'met' });
  });

  story(
    'a P1 at night: waits for the morning, is taken back, stays with its owner, and a promise is broken',
    async () => {
      await desk.until('2026-03-03T14:30:00Z'); // 22:30
      await desk.says('pia', 2, '客服不理人');
      const { caseId, owner: first } = await desk.caseOf('pia');
      expect(await desk.clockOf(caseId, 'first-contact')).toMatchObject({
        dueAt: '2026-03-04T01:00:00.000Z', // 09:00: the end of the night and an hour
        naturalDueAt: '2026-03-03T18:30:00.000Z',
      });
      await desk.until('2026-03-03T15:30:00Z');
      const { owner } = await desk.caseOf('pia');
      expect(owner).toBe(other(first));
      const takenBack = (await desk.history(caseId)).at(-1);
      expect(takenBack).toMatchObject({ type: 'case.assigned', data: { reason: 'taken-back', previousOwner: first } });
      expect((await desk.act(owner, caseId, 'acknowledge')).status).toBe(200);

      await desk.act(owner, caseId, 'help-requests', { what: 'how the chat lost the customer' });
      expect(desk.told('tess')).toHaveLength(1);
      const { help } = (await desk.ask('assignment', `/v1/cases/${caseId}`)).work;
      await desk.act(owner, caseId, 'give-help', { requestId: help[0] });
      expect(await desk.clockOf(caseId, 'technical', help[0])).toMatchObject({ state: 'met' });

      await desk.until('2026-03-04T00:30:00Z');
      const promiseId = await desk.speaks(owner, caseId, 'phone', '2026-03-04T10:00:00Z');
      expect(await desk.clockOf(caseId, 'first-contact')).toMatchObject({ state: 'met', metBy: 'contact' });
      const away = { to: first, reason: 'the customer asked for her' };
      expect(await desk.act(owner, caseId, 'transfer', away)).toMatchObject({
        status: 409,
        body: { code: 'no-second-transfer' },
      });
      expect((await desk.act('sue', caseId, 'transfer', { ...away, override: true })).body.owner).toBe(first);
      expect((await desk.act(first, caseId, 'acknowledge')).status).toBe(200);

      await desk.until('2026-03-04T13:00:00Z');
      const broken = await desk.clockOf(caseId, 'promise', promiseId);
      expect(broken).toMatchObject({ state: 'breached', escalationStep: 2 });
      const { items } = await desk.ask('assignment', '/v1/alerts', { limit: '200' });
      const steps = items.filter((one: { about: string }) => one.about === broken.clockId).reverse();
      expect(steps.map((one: { people: string[] }) => one.people)).toEqual([[first], [first, 'sue'], ['dora']]);
      const { items: sent } = await desk.ask('assignment', '/v1/deliveries', { case: caseId, person: 'dora' });
      expect(sent[0]).toMatchObject({ state: 'sent', code: 'escalation-step', alertId: steps[2].alertId });
      expect(desk.received()).toContain(sent[0].deliveryId);

      await desk.act(first, caseId, 'keep-promise', { promiseId });
      expect(await desk.clockOf(caseId, 'promise', promiseId)).toMatchObject({ state: 'missed' });
      const of = { from: begin, to: desk.in(day), kind: 'promise' };
      const { rows } = await desk.ask('sla-timer', '/v1/reports/sla', { ...of, by: 'kind' });
      // One of two promises was broken.
      expect(rows).toEqual([expect.objectContaining({ key: 'promise', met: 1, missed: 1, inTimeRate: 0.5 })]);
      expect((await desk.clocks({ ...of, result: 'missed' })).map((one) => one.clockId)).toEqual([broken.clockId]);
      expect((await desk.act(first, caseId, 'resolve', { rootCause: '=1+1' })).body.state).toBe('resolved');
    },
  );

  story('a P2: digested within a quarter of its day, written to, paused while the customer thinks', async () => {
    await desk.until('2026-03-05T01:00:00Z');
    await desk.says('paul', 5, '注册太麻烦');
    const { caseId, priority, owner } = await desk.caseOf('paul');
    expect([priority, owner]).toEqual(['P2', 'lin']);
    const digests = () => desk.told('lin').filter((one) => one.type === 'notification.digest').length;
    const before = digests();
    await desk.until('2026-03-05T02:59:59Z');
    expect(digests()).toBe(before);
    await desk.until('2026-03-05T03:00:00Z');
    expect(digests()).toBe(before + 1);

    await desk.speaks('lin', caseId, 'email', desk.in(3 * day));
    const due = Date.parse((await desk.clockOf(caseId, 'resolution')).dueAt);
    expect((await desk.act('lin', caseId, 'pause', { reason: 'waiting-for-customer' })).status).toBe(200);
    expect(await desk.clockOf(caseId, 'resolution')).toMatchObject({ state: 'paused' });
    await desk.until('2026-03-05T08:07:00Z');
    expect((await desk.act('lin', caseId, 'replies', { channel: 'email' })).status).toBe(200);
    expect((await types(caseId)).slice(-2)).toEqual(['case.resumed', 'case.replied']);
    const resumed = await desk.clockOf(caseId, 'resolution');
    expect(resumed.state).toBe('running');
    expect(Date.parse(resumed.dueAt) - due).toBe(5 * hour + 7 * minute);
    expect(await desk.clockOf(caseId, 'next-reply')).toMatchObject({ state: 'running', dueAt: desk.in(day) });
    await desk.act('lin', caseId, 'contacts', { channel: 'email' });
    expect(await desk.clockOf(caseId, 'next-reply')).toMatchObject({ state: 'met' });
    const { promises } = (await desk.ask('assignment', `/v1/cases/${caseId}`)).work;
    await desk.act('lin', caseId, 'keep-promise', { promiseId: promises[0].id });
    expect((await desk.act('lin', caseId, 'resolve', { rootCause: 'sign-up form' })).body.state).toBe('resolved');
  });

  const silent = { channel: 'phone', outcome: 'no-answer' };

  story('customers who do not answer: three calls in three parts of the day, one message, and peace', async () => {
    await desk.isWorth('uma', { phone: '+8613800000002' });
    await desk.isWorth('una', { phone: '+8613800000003' });
    await desk.until('2026-03-06T01:00:00Z'); // 09:00
    await desk.says('uma', 2, '退款慢');
    await desk.says('una', 2, '退款慢');
    const cases = [await desk.caseOf('uma'), await desk.caseOf('una')];
    const call = async (expected: string | object) => {
      for (const { caseId, owner } of cases) {
        const { body } = await desk.act(owner, caseId, 'attempts', silent);
        if (typeof expected === 'string') expect(body.code).toBe(expected);
        else expect(body).toMatchObject(expected);
      }
    };
    await desk.until('2026-03-06T02:00:00Z');
    await call({ state: 'contacting' });
    await desk.until('2026-03-06T03:00:00Z');
    await call('same-window');
    await desk.until('2026-03-06T05:00:00Z');
    await call({ state: 'contacting' });
    await desk.until('2026-03-06T13:30:00Z'); // 21:30
    await call('quiet-hours');
    await desk.until('2026-03-07T10:00:00Z');
    expect(desk.told('+8613800000002')).toEqual([]);
    await call({ state: 'parked' });
    await call('illegal-move');
    for (const [i, { caseId }] of cases.entries()) {
      expect(desk.told(`+861380000000${i + 2}`)).toHaveLength(1);
      expect(await desk.clockOf(caseId, 'first-contact')).toMatchObject({
        state: 'met',
        metBy: 'unreachable-protocol',
      });
      const parked = (await desk.history(caseId)).findLast((one) => one.type === 'case.parked')!;
      expect(parked.data).toMatchObject({ until: desk.in(30 * day), cause: 'unreached' });
    }

    await desk.until('2026-03-08T02:00:00Z');
    await desk.says('una', 9, '已经好了');
    expect(await desk.caseOf('una')).toMatchObject({ state: 'assigned', caseId: cases[1].caseId });
    expect((await desk.clockOf(cases[1].caseId, 'first-contact')).state).toBe('running');
    await desk.speaks(cases[1].owner, cases[1].caseId, 'phone', desk.in(day));
    await desk.act(cases[1].owner, cases[1].caseId, 'resolve', { rootCause: 'slow refunds' });
  });

  story(
    'who abuses compensation gets no extras and the same deadlines; a victim of a defect is never flagged',
    async () => {
      await desk.until('2026-03-09T02:00:00Z');
      // What is excessive is what few of those who claim do.
      const ordinary = Array.from({ length: 20 }, (_, i) => `claimant-${i}`);
      for (const one of ordinary) {
        await desk.isWorth(one, { lifetimeValue: { amount: 100_000, currency: 'CNY' } }, false);
        await desk.says(one, 5, '包装破损', false);
      }
      await desk.village.settle();
      for (const one of ordinary) {
        const { caseId, owner } = await desk.caseOf(one);
        expect((await desk.grant(owner, caseId, 1_00)).body.state).toBe('granted');
      }
      const caseIds = await Promise.all(ordinary.map(async (one) => (await desk.caseOf(one)).caseId));
      const closing = { caseIds, move: 'close', body: { outcome: 'invalid', rootCause: 'torn parcel' } };
      expect((await desk.as('sue', 'POST', '/v1/cases/bulk', closing)).body).toMatchObject({ refused: [] });

      const claims = async (customerId: string, beforeLast = async (_caseId: string, _owner: string) => {}) => {
        await desk.isWorth(customerId, { lifetimeValue: { amount: 10_000, currency: 'CNY' } });
        await desk.says(customerId, 1, '门铰链又断了');
        const { caseId, owner } = await desk.caseOf(customerId);
        await desk.speaks(owner, caseId, 'phone', desk.in(2 * day));
        for (const last of [false, false, false, true]) {
          if (last) await beforeLast(caseId, owner);
          expect((await desk.grant(owner, caseId, 100_00)).body.state).toBe('granted');
        }
        return { caseId, owner };
      };
      const flag = (customerId: string) => `/v1/customers/${customerId}/abuse-flags`;

      await claims('vera', async (caseId, owner) => {
        await desk.act(owner, caseId, 'diagnose', { rootCause: 'cracked hinge' });
        await desk.as('sue', 'PUT', '/v1/confirmed-defects/cracked%20hinge');
      });
      expect((await desk.as('sue', 'POST', flag('vera'))).body.code).toBe('no-evidence');
      expect(await desk.ask('assignment', '/v1/customers/vera/abuse')).toMatchObject({ flagged: false, flags: [] });

      const { caseId, owner } = await claims('abel');
      const { flagId, state } = (await desk.as('sue', 'POST', flag('abel'))).body;
      expect(state).toBe('proposed');
      expect((await desk.as('sue', 'POST', `${flag('abel')}/${flagId}/confirm`)).body.code).toBe('second-person');
      expect((await desk.as('dora', 'POST', `${flag('abel')}/${flagId}/confirm`)).body.state).toBe('flagged');
      expect((await desk.grant(owner, caseId, 1_00)).body.code).toBe('extras-blocked');
      // The customer's own money is no extra.
      expect((await desk.grant(owner, caseId, 100_00, 'refund')).body.state).toBe('granted');
      await desk.act(owner, caseId, 'resolve', { rootCause: 'wrong expectations' });
      const skipped = (await desk.history(caseId)).find((one) => one.type === 'case.wow-skipped');
      expect(skipped?.data.reason).toBe('abuse-flagged');

      await desk.until('2026-03-09T08:00:00Z');
      await desk.says('abel', 1, '还是断', false);
      await desk.says('anna', 1, '还是断', false);
      await desk.village.settle();
      const deadlines = async (customerId: string) =>
        (await desk.clocks({ caseId: (await desk.caseOf(customerId)).caseId, state: 'running' }))
          .filter((one) => one.kind !== 'acknowledgement' && one.kind !== 'promise')
          .map((one) => [one.kind, one.dueAt])
          .toSorted();
      expect(await deadlines('anna')).toHaveLength(3);
      expect(await deadlines('abel')).toEqual(await deadlines('anna'));
    },
  );

  story('a customer of somebody on leave goes to the substitute', async () => {
    await desk.isWorth('quan', { valueClass: 'high', csmId: 'ming' });
    await desk.says('quan', 5, '一般');
    const { caseId, priority, owner } = await desk.caseOf('quan');
    expect([priority, owner]).toEqual(['P1', 'mei']);
    await desk.act('mei', caseId, 'close', { outcome: 'invalid', rootCause: 'a test account' });
  });

  story(
    'a week later they are asked: the unhappy one comes back into the same case, the others are recovered',
    async () => {
      await desk.isWorth('rita', { phone: '+8613800000004' });
      await desk.says('rita', 2, '快递太慢');
      const { caseId, owner } = await desk.caseOf('rita');
      await desk.speaks(owner, caseId, 'phone', desk.in(day));
      await desk.act(owner, caseId, 'resolve', { rootCause: 'courier' });

      await desk.until('2026-03-16T09:00:00Z');
      expect(desk.told('+8613800000004')).toHaveLength(1);
      await desk.says('rita', 2, '又慢了');
      expect(await desk.caseOf('rita')).toMatchObject({ caseId, state: 'assigned', owner });
      expect(await types(caseId)).toEqual(expect.arrayContaining(['case.recovery-answered', 'case.reopened']));
      expect(await desk.reasons('rita')).toContain('recovery');

      const { caseId: wang } = await desk.caseOf('wang');
      expect(desk.told('+8613800000001')).toHaveLength(1);
      await desk.says('wang', 9, '谢谢，满意');
      expect(await desk.history(wang)).toContainEqual(
        expect.objectContaining({ type: 'case.recovery-answered', data: expect.objectContaining({ recovered: true }) }),
      );
      expect((await desk.caseOf('wang')).state).toBe('observing');

      await desk.speaks(owner, caseId, 'phone', desk.in(day));
      await desk.act(owner, caseId, 'resolve', { rootCause: 'courier' });
    },
  );

  story('nobody free: the queue drains when a shift begins, the urgent first and among equals the oldest', async () => {
    await desk.until('2026-03-18T12:00:00Z'); // 20:00
    for (const away of ['sven', 'lin', 'lou', 'sue', 'ming', 'mei']) {
      await desk.as('dora', 'POST', `/v1/people/${away}/presence`, { present: false });
    }
    const { items } = await desk.as('dora', 'GET', '/v1/people').then((answer) => answer.body);
    const load = items.find((one: { personId: string }) => one.personId === 'sara').openCases;
    const shifts = shift('09:00', '18:00');
    await desk.has('sara', 'senior-support', { shifts, cap: load + 2 });
    const waiting = { old: 5, new: 6, urgent: 2 };
    for (const [name, nps] of Object.entries(waiting)) {
      await desk.says(`queue-${name}`, nps, '一般');
      await desk.until(desk.in(minute));
    }
    const owners = () =>
      Promise.all(Object.keys(waiting).map(async (one) => (await desk.caseOf(`queue-${one}`)).owner));
    await desk.until('2026-03-19T00:59:00Z');
    expect(await owners()).toEqual([null, null, null]);
    await desk.until('2026-03-19T01:00:00Z');
    expect(await owners()).toEqual(['sara', null, 'sara']);
    await desk.has('sara', 'senior-support', { shifts, cap: load + 3 });
    expect(await owners()).toEqual(['sara', 'sara', 'sara']);

    for (const back of ['sven', 'lin', 'lou', 'sue', 'ming', 'mei']) {
      await desk.as('dora', 'POST', `/v1/people/${back}/presence`, { present: true });
    }
    await desk.has('sara', 'senior-support');
    const caseIds = await Promise.all(
      Object.keys(waiting).map(async (one) => (await desk.caseOf(`queue-${one}`)).caseId),
    );
    const closing = { caseIds, move: 'close', body: { outcome: 'lost', rootCause: 'nobody there' } };
    expect((await desk.as('sue', 'POST', '/v1/cases/bulk', closing)).body.done).toHaveLength(3);
  });

  story(
    'after thirty days: the recovered are let go, the silent are tried once more and then left in peace',
    async () => {
      await desk.until('2026-04-02T08:00:00Z');
      expect(await desk.reasons('wang')).toEqual(['observation']);
      await desk.until('2026-04-02T09:00:00Z');
      expect((await desk.caseOf('wang')).state).toBe('closed');
      expect(await desk.reasons('wang')).toEqual([]);

      await desk.until('2026-04-06T10:00:00Z');
      const { caseId, owner, state } = await desk.caseOf('uma');
      expect(state).toBe('assigned');
      expect((await desk.history(caseId)).at(-1)!.data.cause ?? (await types(caseId)).join()).toBe('park-over');
      for (const at of ['2026-04-06T10:30:00Z', '2026-04-07T02:00:00Z', '2026-04-07T05:00:00Z']) {
        await desk.until(at);
        expect((await desk.act(owner, caseId, 'attempts', silent)).status).toBe(200);
      }
      const parked = (await desk.history(caseId)).at(-1)!;
      expect(parked).toMatchObject({ type: 'case.parked', data: { cause: 'unreached' } });
      expect(parked.data).not.toHaveProperty('until');
      expect(desk.told('+8613800000002')).toHaveLength(1);
      expect(await desk.reasons('uma')).toContain('recovery');
    },
  );

  story('every number is the length of its list', async () => {
    const of = { from: begin, to: desk.in(day) };
    const results = {
      met: 'met',
      missed: 'missed',
      breachedOpen: 'breached-open',
      running: 'running',
      cancelled: 'cancelled',
    };
    const { rows: sla } = await desk.ask('sla-timer', '/v1/reports/sla', { ...of, by: 'kind' });
    const kinds = sla.map((row: { key: string }) => row.key);
    expect(kinds).toEqual(
      expect.arrayContaining(['approval', 'next-reply', 'observation', 'promise', 'technical', 'wow']),
    );
    for (const row of sla) {
      for (const [column, result] of Object.entries(results)) {
        expect(await desk.clocks({ ...of, kind: row.key, result }), `${row.key} ${column}`).toHaveLength(row[column]);
      }
    }

    const { rows: load } = await desk.ask('assignment', '/v1/reports/load');
    for (const row of load) {
      const { items } = await desk.ask('assignment', `${row.list}&limit=200`);
      const count = (priority: string) => items.filter((one: { priority: string }) => one.priority === priority).length;
      expect([row.P0, row.P1, row.P2], row.personId).toEqual(['P0', 'P1', 'P2'].map(count));
    }

    for (const by of ['owner', 'root-cause', 'priority']) {
      const { rows } = await desk.ask('assignment', '/v1/reports/recovery', { ...of, by });
      const sum = (column: string) => rows.reduce((all: number, row: Record<string, number>) => all + row[column]!, 0);
      // wang, pia, paul, una, abel and rita; of rita only how it ended.
      expect([sum('resolved'), sum('recovered'), sum('unhappy'), sum('overrides')], by).toEqual([6, 1, 1, 1]);
      for (const row of rows) {
        const { items } = await desk.ask('assignment', `${row.list}&limit=200`);
        expect(items, `${by} ${row.key}`).toHaveLength(row.resolved);
      }
    }
    const { rows: spent } = await desk.ask('assignment', '/v1/reports/compensation', { ...of, by: 'kind' });
    expect(spent.map((row: { key: string; net: number }) => [row.key, row.net])).toEqual([
      ['cash', 500_00 + 500_01 + 20 * 1_00 + 8 * 100_00],
      ['refund', 100_00],
    ]);
    const csv = await desk.ask('assignment', '/v1/reports/recovery.csv', { ...of, by: 'root-cause' });
    expect(csv).toMatch(/^'=1\+1,/m);
    expect(csv).not.toMatch(/^=/m);
  });

  story('nothing is left undone, and the audit holds', async () => {
    await desk.until(desk.in(day));
    const database = desk.village.database.open('bus', 1);
    const { rows } = await sql`
      select 'alert ' || alert_id as left from assignment.alerts where delivered_at is null
      union all select 'delivery ' || delivery_id || ' ' || state from assignment.deliveries where state not in ('sent', 'digested')
      union all select 'clock ' || k.kind from sla_timer.clocks k join assignment.cases c using (case_id)
       where c.state in ('closed', 'lost') and k.state in ('running', 'paused', 'breached')`.execute(database);
    expect(rows).toEqual([]);
    const sent = await sql<{ id: string }>`
      select delivery_id::text as id from assignment.deliveries where state = 'sent'`.execute(database);
    expect(new Set(sent.rows.map((row) => row.id))).toEqual(desk.received());

    const { brokers, urls, database: own } = desk.village;
    const look = () => audit({ bus, adminUrl: own.url, brokers, urls });
    const findings = await look();
    expect(findings.filter((one) => one.broken > 0)).toEqual([]);
    expect(findings.filter((one) => one.checked === 0).map(({ title }) => title)).toEqual([]);

    // And it would have seen a grant that is not what the ledger says …
    const examples = async () => (await look()).flatMap((one) => (one.broken > 0 ? [one.example] : []));
    await sql`update assignment.grants set amount_minor = amount_minor + 1 where kind = 'refund'`.execute(database);
    expect(await examples()).toEqual([expect.stringMatching(/ is granted with 10001, the customer got 10000$/)]);

    // … and a case that changed hands after its contact, which the policy forbids.
    await sql`
      insert into assignment.case_events (case_id, version, type, at, data)
      select case_id, 1000, 'case.assigned', at, '{"reason": "transferred"}' from assignment.case_events
       where type = 'case.contacted' limit 1`.execute(database);
    expect(await examples()).toContainEqual(
      expect.stringMatching(/ was handed over 1 times after its first live contact$/),
    );
  });
});
