import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from './fixture-rca.ts';
import { countThemes, servingFrame } from './themes/theme-counts.ts';

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'] });
});
afterAll(() => rca.close());

test('what is put into the tables is what is counted', async () => {
  await rca.frame(1, [{ id: 'refund', zh: '退款', en: 'Refunds', words: ['退款', 'refund'] }]);
  const [first] = await rca.say([
    { themes: ['refund', 'queue'] },
    { themes: [] },
    { channel: 'app', themes: ['queue'] },
  ]);
  await rca.know([{ customerId: 'c', valueMinor: 5, customerSince: '2025-01-01T00:00:00Z' }]);
  await rca.openCases([{ customerId: 'c', feedbackIds: [first!], outcome: 'lost' }]);
  expect(await servingFrame(rca.database)).toBe(1);
  const counts = await countThemes(rca.database, 1, { channels: ['web'] });
  expect(counts.of).toBe(2);
  expect(Object.fromEntries(counts.themes)).toEqual({
    refund: { primary: 1, mentions: 1 },
    queue: { primary: 0, mentions: 1 },
  });
  expect((await rca.send('ann', 'GET', '/v1/summary')).body).toEqual({ comments: 3, detractors: 3 });
});
