import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';
import { initiativeProven } from './initiatives.ts';

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'], dan: ['director'], tom: ['support'] });
  await rca.frame(1, [{ id: 'slow-refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] }]);
});
afterAll(() => rca.close());

const words = {
  title: { zh: 'VoC 数据驱动 IT 优先级', en: 'VoC data set the priorities of IT' },
  text: 'Every quarter …',
  ownerId: 'cio',
  validFrom: '2026-11-01',
};
const write = (set: object, who = 'dan') => rca.send(who, 'POST', '/v1/sops', { ...words, ...set });
async function initiative(): Promise<string> {
  const body = {
    ...{ themeId: 'slow-refund', title: 'WMS talks to the ERP', ownerId: 'vp', department: 'supply chain' },
    ...{ fixDueAt: '2026-12-01T00:00:00Z', reviewDueAt: '2027-03-01T00:00:00Z' },
  };
  return (await rca.send('ann', 'POST', '/v1/initiatives', body)).body.initiativeId;
}
async function proven(): Promise<{ initiativeId: string; validationId: string }> {
  const initiativeId = await initiative();
  for (const name of ['sign-off', 'fix']) await rca.send('dan', 'POST', `/v1/initiatives/${initiativeId}/${name}`, {});
  const validationId = randomUUID();
  const said = { validationId, measuredFrom: rca.clock.now(), by: 'ann', at: rca.clock.now() };
  await rca.database.transaction().execute((tx) => initiativeProven(tx, initiativeId, said));
  return { initiativeId, validationId };
}

test('what was proven becomes an SOP, linked both ways with what proved it', async () => {
  const { initiativeId, validationId } = await proven();
  const { status, body } = await write({ initiativeId });
  expect(status).toBe(201);
  expect(body).toMatchObject({ ...words, version: 1, initiativeId, validationId, decision: null, state: 'planned' });
  expect(body.links).toEqual([
    { kind: 'initiative', href: `/v1/initiatives/${initiativeId}` },
    { kind: 'validation', href: `/v1/validations/${validationId}` },
  ]);
  const { body: back } = await rca.send('ann', 'GET', body.links[0].href);
  expect(back.sops).toEqual([{ sopId: body.sopId, href: `/v1/sops/${body.sopId}` }]);
  expect((await rca.send('tom', 'GET', back.sops[0].href)).body.title).toEqual(words.title);
});

test('what was not proven needs a decision with a reason, of who may decide', async () => {
  const initiativeId = await initiative();
  expect((await write({ initiativeId })).body.code).toBe('not-proven');
  expect((await write({})).body.code).toBe('not-proven');
  expect((await write({ initiativeId: randomUUID() })).status).toBe(404);
  expect((await write({ initiativeId, byDecision: {} })).status).toBe(400);
  const byDecision = { reason: 'the regulator asks for it' };
  expect((await write({ initiativeId, byDecision }, 'ann')).status).toBe(403);
  expect((await write({ initiativeId, byDecision })).body).toMatchObject({
    ...{ initiativeId, validationId: null, decision: 'the regulator asks for it' },
  });
});

test('a version follows on the one its writer read; retired, none follows', async () => {
  const { sopId } = (await write({ byDecision: { reason: 'r' } })).body;
  const rewrite = (set: object) => rca.send('dan', 'PUT', `/v1/sops/${sopId}`, { ...words, ...set });
  expect((await rewrite({ version: 1, text: 'Every month …', validFrom: '2027-01-01' })).body.version).toBe(2);
  expect((await rewrite({ version: 1, text: 'Every week …', validFrom: '2027-01-01' })).body.code).toBe(
    'version-mismatch',
  );
  expect((await rewrite({ version: 2, validFrom: '2026-12-31' })).body.code).toBe('before-the-last');
  const { body } = await rca.send('tom', 'GET', `/v1/sops/${sopId}`);
  expect(body.versions.map((one: any) => [one.version, one.text, one.validFrom])).toEqual([
    [2, 'Every month …', '2027-01-01'],
    [1, 'Every quarter …', '2026-11-01'],
  ]);
  rca.clock.advance(Date.parse('2026-12-31T16:00:00Z') - rca.clock.now().getTime());
  expect((await rca.send('tom', 'GET', `/v1/sops/${sopId}`)).body.state).toBe('in-force'); // 1 January in Shanghai
  const retire = () => rca.send('dan', 'POST', `/v1/sops/${sopId}/retire`, { reason: 'the system does it' });
  expect((await retire()).body).toMatchObject({
    state: 'retired',
    retiredBy: 'dan',
    retiredReason: 'the system does it',
  });
  expect((await retire()).body.code).toBe('retired');
  expect((await rewrite({ version: 2, validFrom: '2027-02-01' })).body.code).toBe('retired');
  const inForce = async (query: string) => (await rca.send('tom', 'GET', `/v1/sops${query}`)).body.items;
  expect((await inForce('?retired=true')).map((one: any) => one.sopId)).toEqual([sopId]);
  expect((await inForce('?retired=false')).map((one: any) => one.sopId)).not.toContain(sopId);
});
