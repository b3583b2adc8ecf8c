import { audit } from '@heard/cli/audit';
import { VirtualClock } from '@heard/service/clock';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bearer } from './tokens.ts';
import { startVillage, type Village } from './village.ts';

const day = 86_400_000;
const staff = { dora: 'director', ming: 'csm', fina: 'approver' } as const;

/** A bypass is opened where causes are found, used where cases are worked on, and ends in both by itself. */
describe.each(['postgres', 'kafka'] as const)('an advance refund through a fly-wire, %s', (bus) => {
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

  const as = (id: keyof typeof staff) => bearer([staff[id]], id);
  async function complains(customerId: string, valueClass: 'high' | 'ordinary'): Promise<string> {
    const occurredAt = clock.now().toISOString();
    const value = { source: 'crm', customerId, valueClass, csmId: 'ming', occurredAt };
    await village.send('ingest', 'POST', '/v1/customer-values', value);
    await village.settle();
    const said = { source: 'test', externalId: customerId, customerId, score: { scale: 'nps', value: 1 }, occurredAt };
    await village.send('ingest', 'POST', '/v1/responses', { ...said, comment: '退款三周没到' });
    await village.settle();
    const { body } = await village.send('assignment', 'GET', `/v1/cases?customerId=${customerId}`);
    expect(body.items).toMatchObject([{ owner: 'ming' }]);
    return body.items[0].caseId;
  }
  let orders = 0;
  async function advance(caseId: string, amount = 800_00) {
    const order = { kind: 'advance-refund', amount: { amount, currency: 'CNY' }, reason: 'refund is late' };
    const headers = { 'idempotency-key': `order-${++orders}`, ...(await as('ming')) };
    return (await village.send('assignment', 'POST', `/v1/cases/${caseId}/grants`, order, headers)).body;
  }

  test.skipIf(skipped)(`opened, used, ended, matched${skipped ? ` (${missing})` : ''}`, async () => {
    const [rich, poor] = [await complains('rich', 'high'), await complains('poor', 'ordinary')];
    expect((await advance(rich)).code).toBe('no-fly-wire');

    const order = {
      ...{ kind: 'advance-refund', roles: ['csm'], highValueOnly: true, reason: 'until refunds take a day' },
      ...{
        ceiling: { amount: 1000_00, currency: 'CNY' },
        expiresAt: new Date(clock.now().getTime() + day).toISOString(),
      },
    };
    const opened = await village.send('rca', 'POST', '/v1/fly-wires', order, await as('dora'));
    expect(opened.status).toBe(201);
    await village.settle();

    const grant = await advance(rich);
    expect(grant).toMatchObject({ state: 'granted', flyWireId: opened.body.flyWireId });
    expect((await advance(rich, 1000_01)).code).toBe('no-fly-wire');
    expect((await advance(poor)).code).toBe('no-fly-wire');

    clock.advance(day);
    await village.settle();
    expect((await advance(rich)).code).toBe('no-fly-wire');
    const { body: ended } = await village.send('rca', 'GET', `/v1/fly-wires/${opened.body.flyWireId}`);
    expect(ended).toMatchObject({ isOpen: false, endedCause: 'expired' });

    const report = async () => (await village.send('assignment', 'GET', '/v1/reports/unreconciled-advances')).body.rows;
    expect(await report()).toMatchObject([{ grantId: grant.grantId, by: 'ming', amount: 800_00, overdue: false }]);
    const reconcile = (id: keyof typeof staff) =>
      as(id).then((headers) =>
        village.send('assignment', 'POST', `/v1/grants/${grant.grantId}/reconcile`, { reference: 'FI-77' }, headers),
      );
    expect((await reconcile('ming')).status).toBe(403);
    expect((await reconcile('fina')).body).toMatchObject({ reference: 'FI-77', reconciledBy: 'fina' });
    expect(await report()).toEqual([]);
    await village.settle();
    const findings = await audit({
      ...{ bus, adminUrl: village.database.url, brokers: village.brokers, urls: village.urls },
    });
    expect(findings.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
