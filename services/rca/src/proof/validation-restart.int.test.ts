import { randomUUID } from 'node:crypto';
import { presetPolicy } from '@heard/policy/policy';
import { VirtualClock } from '@heard/service/clock';
import { publishPolicy } from '@heard/service/policy-publication';
import { testDatabase } from '@heard/testing/database';
import { eventually } from '@heard/testing/eventually';
import { authEnvironment, bearer } from '@heard/testing/tokens';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { start } from '../start.ts';

const baseline = { from: '2026-07-01T00:00:00Z', until: '2026-10-01T00:00:00Z' };
const after = { from: '2026-10-15T00:00:00Z', until: '2027-01-13T00:00:00Z' };

test('what became due while the service was down is concluded once, whoever starts it again', async () => {
  const home = await testDatabase();
  const database = home.open('rca', 2);
  const environment = {
    DATABASE_URL: home.urlOf('rca'),
    HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    STARTER_FRAME: 'none',
    ...authEnvironment,
  };
  const at = async (now: string) => {
    const running = await start({ environment, clock: new VirtualClock(now) });
    await eventually('readiness', async () => (await fetch(`${running.url}/readyz`)).ok);
    return running;
  };
  const now = new Date('2026-10-10T00:00:00Z');
  await publishPolicy(presetPolicy(), { adminUrl: home.url, driver: 'postgres', now, log: () => {} });
  const document = { name: 't', version: 1, themes: [{ id: 'refund', zh: '退', en: 'R', words: ['r'] }], merges: [] };
  await sql`insert into code_frames (version, document, published_at, published_by, state)
    values (1, ${JSON.stringify(document)}::jsonb, ${now.toISOString()}, 'ann', 'serving')`.execute(database);

  let running = await at(now.toISOString());
  const headers = { ...(await bearer(['analyst'], 'ann')), 'content-type': 'application/json' };
  const themes = [{ themeId: 'refund', expectedChange: -0.5 }];
  const initiativeId = randomUUID();
  await sql`insert into initiatives (initiative_id, theme_id, title, rank, owner_id, department, fix_due_at, review_due_at, opened_by, opened_at)
    values (${initiativeId}, 'refund', 't', 1, 'sue', 'd', ${after.from}, ${after.until}, 'ann', ${now.toISOString()})`.execute(
    database,
  );
  const body = JSON.stringify({ themes, baseline, after, initiativeId });
  const registered = await fetch(`${running.url}/v1/validations`, { method: 'POST', headers, body });
  expect(registered.status).toBe(201);
  await running.close();

  for (let round = 0; round < 2; round++) {
    const two = [await at(after.until), await at(after.until)];
    await eventually('the verdict', async () => (await sql`select from verdicts`.execute(database)).rows.length === 1);
    running = two[0]!;
    const { items } = (await registered.clone().json()) as { items: { validationId: string }[] };
    const conclude = `${running.url}/v1/validations/${items[0]!.validationId}/conclude`;
    expect((await fetch(conclude, { method: 'POST', headers: await bearer(['analyst'], 'ann') })).status).toBe(200);
    for (const one of two) await one.close();
  }
  const { rows } = await sql`select from bus.log where attributes::json ->> 'type' = 'initiative.validated'`.execute(
    database,
  );
  expect(rows).toHaveLength(1);
  expect((await sql`select from timers where kind = 'validation'`.execute(database)).rows).toEqual([]);
  await home.drop();
});
