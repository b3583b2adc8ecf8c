import { binaryMessage } from '@heard/events/cloudevents';
import { VirtualClock } from '@heard/service/clock';
import kafkajs from 'kafkajs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from './eventually.ts';
import { bearer } from './tokens.ts';
import { startVillage, type Village } from './village.ts';

const missing = inject('kafkaMissing');

/** Intake by HTTP, batch, file and Kafka: one normalised event whatever the way (I1), and no bad input without an answer. */
describe.skipIf(missing)(`the four ways in${missing && ` (${missing})`}`, () => {
  const clock = new VirtualClock('2026-10-02T00:00:00Z');
  let village: Village;
  let producer: kafkajs.Producer;

  beforeAll(async () => {
    village = await startVillage({ clock, bus: 'kafka' });
    const kafka = new kafkajs.Kafka({ brokers: village.brokers, logLevel: kafkajs.logLevel.NOTHING });
    producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
  });
  afterAll(async () => {
    await producer.disconnect();
    await village.close();
  });

  const response = (externalId: string) => ({
    source: 'four-ways',
    externalId,
    customerId: `customer-${externalId}`,
    kind: 'review',
    channel: 'app-store',
    score: { scale: 'nps', value: 2 },
    comment: '包装破损,"第二次"了',
    occurredAt: '2026-10-01T08:00:00+08:00',
    followUp: 'allowed',
    attributes: { store: '滨江店' },
  });
  async function produce(
    value: string,
    attributes: Record<string, string> = {},
    topic = 'heard.inbound.survey-responses',
  ) {
    const event = { id: crypto.randomUUID(), source: '/four-ways', type: 'survey-response.submitted', ...attributes };
    await producer.send({ topic, messages: [{ key: 'k', ...binaryMessage(event, value) }] });
  }
  const received = async (externalId: string) => {
    const { rows } = await sql<{ data: Record<string, unknown> }>`
      select data::json as data from bus.log where topic = 'heard.ingest' and data::json ->> 'externalId' = ${externalId}`.execute(
      village.database.open('bus', 1),
    );
    return rows[0]?.data;
  };
  const letters = async (service: 'ingest' | 'triage' = 'ingest') =>
    (await village.send(service, 'GET', '/v1/dead-letters')).body.items as {
      id: string;
      code: string;
      reason: string;
      eventType: string | null;
    }[];

  test('the same payload becomes the same event', async () => {
    await village.send('ingest', 'POST', '/v1/responses', response('one'));
    await village.send('ingest', 'POST', '/v1/responses/batch', [response('two')]);
    const { kind, channel, comment, occurredAt, followUp } = response('three');
    await fetch(`${village.urls.ingest}/v1/imports/responses`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', ...(await bearer(['supervisor'])) },
      body: `source,externalId,customerId,kind,channel,scale,score,comment,occurredAt,followUp,attributes.store\nfour-ways,three,customer-three,${kind},${channel},nps,2,"${comment.replaceAll('"', '""')}",${occurredAt},${followUp},滨江店\n`,
    });
    await produce(JSON.stringify(response('four')));
    const events = [];
    for (const name of ['one', 'two', 'three', 'four']) {
      const event = await eventually(`${name} to be received`, () => received(name));
      const { feedbackId, externalId, customerId, ...rest } = event;
      expect(feedbackId).toMatch(/^[0-9a-f-]{36}$/);
      expect([externalId, customerId]).toEqual([name, `customer-${name}`]);
      events.push(rest);
    }
    for (const event of events.slice(1)) expect(event).toEqual(events[0]);
  });

  test('what a producer gets wrong becomes a dead letter that names the field; its neighbours go through', async () => {
    const before = (await letters()).length;
    await produce('{"source":');
    await produce(JSON.stringify({ ...response('bad-score'), score: { scale: 'nps', value: 11 } }));
    await produce(JSON.stringify({ ...response('bad-field'), scroe: 1 }));
    await produce(JSON.stringify({ ...response('bad-time'), occurredAt: '2027-01-01T00:00:00Z' }));
    await produce(JSON.stringify({ ...response('one'), comment: '另外一句话' }));
    await produce(JSON.stringify(response('bad-type')), { type: 'survey-response.submited' });
    await produce(JSON.stringify(response('good')));
    await eventually('the good one', () => received('good'));
    const found = await eventually('six dead letters', async () => {
      const all = await letters();
      return all.length === before + 6 ? all : null;
    });
    const reasons = found.map((letter) => `${letter.code}: ${letter.reason}`).join('\n');
    for (const part of [
      'not-an-event: data is not JSON',
      'score.value',
      'scroe',
      'occurredAt',
      'externalId',
      'survey-response.submited',
    ]) {
      expect(reasons).toContain(part);
    }
    expect(reasons).not.toContain('另外一句话');
    for (const name of ['bad-score', 'bad-field', 'bad-time', 'bad-type']) expect(await received(name)).toBeUndefined();
  });

  test('a dead letter whose cause is gone goes through when it is sent again', async () => {
    const early = (await letters()).find((letter) => letter.reason.startsWith('occurredAt'));
    clock.advance(120 * 86_400_000);
    expect((await village.send('ingest', 'POST', `/v1/dead-letters/${early!.id}/retry`)).status).toBe(202);
    await eventually('it to be received', () => received('bad-time'));
    const { body } = await village.send('ingest', 'GET', `/v1/dead-letters/${early!.id}`);
    expect(body.state).toBe('resolved');
  });
});
