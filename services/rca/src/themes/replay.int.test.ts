import { openPublisher } from '@heard/bus/log';
import { newEvent } from '@heard/events/event';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Corpus, idOf, openCorpus } from './fixture-corpus.ts';
import { planted } from './fixture-planted.ts';

let corpus: Corpus;
beforeAll(async () => {
  corpus = await openCorpus('2026-03-31T04:00:00Z');
});
afterAll(() => corpus?.close());

const occurredAt = '2026-03-30T04:00:00.000Z';
const events = planted(120, () => occurredAt).flatMap(({ id, comment }) => {
  const said = {
    feedbackId: idOf(id),
    revision: 1,
    customerId: `c-${id}`,
    kind: 'survey-response',
    channel: 'app',
    comment,
    occurredAt,
    receivedAt: occurredAt,
  };
  const customer = { known: false, highValue: false };
  const received = { ...said, source: 'survey', externalId: id, backfill: false, attributes: {} };
  const triaged = { ...said, segment: 'detractor', priority: 'P2', hits: [], triggers: [], suppress: true, customer };
  const at = new Date(occurredAt);
  return [
    newEvent('feedback.received', said.customerId, received as never, at),
    newEvent('feedback.triaged', said.customerId, { ...triaged, rule: 'mild', policyVersion: 1 } as never, at),
  ];
});
const counts = async () => {
  const { rows } = await sql`
    select grain, since, theme, channel, mentions, primaries from theme_counts order by grain, since, theme, channel`.execute(
    corpus.database,
  );
  return rows;
};

test('reading every topic again from its beginning changes no count', async () => {
  const bus = corpus.home.open('bus', 1);
  const publish = await openPublisher(bus);
  await bus.transaction().execute((tx) => publish(tx, events));
  const all = async () => (await corpus.send('GET', '/v1/themes?filter=all')).body;
  await expect.poll(async () => (await all()).groups?.[0].of, { timeout: 30_000 }).toBe(120);
  await corpus.settle();
  const before = await counts();
  await corpus.stop();
  await sql`update bus.positions set seq = 0 where consumer = 'rca'`.execute(bus);
  await corpus.restart();
  await expect
    .poll(
      async () =>
        (
          await sql`select 1 from bus.positions where consumer = 'rca' and topic = 'heard.ingest' and seq > 0`.execute(
            bus,
          )
        ).rows.length,
      {
        timeout: 30_000,
      },
    )
    .toBeGreaterThan(0);
  await corpus.settle();
  expect(await counts()).toEqual(before);
  expect((await all()).groups[0].of).toBe(120);
});
