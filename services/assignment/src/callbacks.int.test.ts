import { everyDay } from '@heard/calendar/calendar';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Desk, openDesk } from './fixture-desk.ts';

let desk: Desk;

/** Monday, nine in the morning in Shanghai; ann works until six each day. */
beforeAll(async () => {
  desk = await openDesk('2026-10-12T01:00:00Z', { ann: ['senior-support'], sue: ['supervisor'] });
  const shifts = everyDay('ann', 'Asia/Shanghai', [{ from: '09:00', to: '18:00' }]);
  await desk.send('admin', 'PUT', '/v1/people/ann', { name: 'ann', roles: ['senior-support'], shifts });
});
afterAll(() => desk.close());

/** A case that was spoken about already or not, and what its history says after the customer named a window. */
async function asksFor(from: string, until: string, contacted = false) {
  const caseId = await desk.openCase({ customerId: `c-${from}-${contacted}`, owner: 'ann' });
  if (contacted) await sql`update cases set contacted_at = opened_at where case_id = ${caseId}`.execute(desk.database);
  const path = `/v1/cases/${caseId}`;
  expect((await desk.send('ann', 'POST', `${path}/callbacks`, { from, until })).status).toBe(200);
  const { history } = (await desk.send('ann', 'GET', path)).body;
  const danger = history.find(({ type }: { type: string }) => type === 'case.deadline-endangered')?.data;
  const { body } = await desk.send('ann', 'GET', '/v1/alerts?level=push');
  const told = body.items.filter((one: { caseId: string; cause: string }) => one.caseId === caseId);
  return { danger, told: told.map(({ cause, people }: { cause: string; people: string[] }) => [cause, people.sort()]) };
}

test('a callback within the deadline and the shift of the owner endangers nothing', async () => {
  expect(await asksFor('2026-10-12T03:00:00Z', '2026-10-12T03:30:00Z')).toEqual({ danger: undefined, told: [] });
});

test('a callback after the deadline is said at once to be too late for it, with its own window', async () => {
  expect(await asksFor('2026-10-12T08:00:00Z', '2026-10-12T09:00:00Z')).toEqual({
    danger: expect.objectContaining({
      reason: 'no-window',
      dueAt: '2026-10-12T05:00:00.000Z',
      nextWindow: '2026-10-12T08:00:00.000Z',
    }),
    told: [['deadline', ['ann', 'sue']]],
  });
});

test('a callback in the evening, when the owner is off, is said at once, spoken to before or not', async () => {
  const evening = ['2026-10-12T11:00:00Z', '2026-10-12T12:00:00Z'] as const;
  const { danger, told } = await asksFor(...evening, true);
  expect(danger).toMatchObject({ reason: 'no-shift', dueAt: '2026-10-12T12:00:00.000Z' });
  expect(told).toEqual([['deadline', ['ann', 'sue']]]);
});
