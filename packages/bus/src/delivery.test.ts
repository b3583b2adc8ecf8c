import { describe, expect, test } from 'vitest';
import { fromKafka, fromLog, type KafkaDelivery } from './delivery.ts';
import type { LogRow } from './lot.ts';

const types = new Set(['send.skipped', 'survey-response.submitted']);
const data = '{"customerId":"ann","class":"promo","campaign":"c","code":"unknown","at":"2026-03-02T09:00:00Z"}';
const headers = {
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_id: 'e1',
  ce_type: 'send.skipped',
  ce_source: '/heard/suppression-list',
  ce_subject: 'ann',
  ce_time: '2026-03-02T09:00:00Z',
  ce_sequence: '7',
};
const message = (more: Partial<KafkaDelivery> & { headers?: Record<string, string>; value?: string | null } = {}) => {
  const { headers: own = headers, value = data, ...rest } = more;
  const place = { topic: 'heard.suppression-list', partition: 1, offset: 99, key: 'ann', utf8: true };
  return fromKafka({ ...place, message: { headers: own, value }, ...rest }, types);
};

describe('a message on a topic of ours', () => {
  test('has the place its sequence gives it, not its offset', () => {
    const delivery = message();
    expect(delivery).toMatchObject({ seq: 7, sequenced: true, key: 'ann', value: data });
    expect(delivery.outcome).toMatchObject({ event: { id: 'e1', type: 'send.skipped', subject: 'ann' } });
    expect(delivery.outcome).not.toHaveProperty('event.sequence');
  });

  test.each(['', '0', '-1', '1.5', '1e3', ' 7', '99999999999999999999'])(
    'has none by the sequence "%s"',
    (sequence) => {
      const delivery = message({ headers: { ...headers, ce_sequence: sequence } });
      expect(delivery).toMatchObject({ seq: 99, sequenced: false, outcome: { failure: { code: 'foreign' } } });
    },
  );

  test('keeps its place although it is no event', () => {
    expect(message({ value: '{' })).toMatchObject({
      seq: 7,
      sequenced: true,
      outcome: { failure: { code: 'not-an-event' } },
    });
    expect(message({ utf8: false })).toMatchObject({
      seq: 7,
      sequenced: true,
      outcome: { failure: { code: 'not-utf-8' } },
    });
  });

  test('of a type nobody asked for is skipped without a look at its data', () => {
    const other = message({ headers: { ...headers, ce_type: 'send.imagined' }, value: '{"any":1}' });
    expect(other).toMatchObject({ seq: 7, outcome: { skipped: true } });
  });
});

describe('a message on a public topic', () => {
  const topic = 'heard.inbound.survey-responses';

  test('has the place of its offset, whatever sequence it says it has', () => {
    expect(message({ topic })).toMatchObject({ seq: 99, sequenced: false });
  });

  test('of an unknown type is a failure', () => {
    const other = message({ topic, headers: { ...headers, ce_type: 'survey.imagined' } });
    expect(other.outcome).toMatchObject({ failure: { code: 'unknown-type' } });
  });

  test('that is invalid says which field, and not what was in it', () => {
    const value = '{"source":"s","externalId":"x","customerId":"ann","score":{"scale":"nps","value":77},"comment":7}';
    const { outcome } = message({ topic, headers: { ...headers, ce_type: 'survey-response.submitted' }, value });
    expect(outcome).toMatchObject({
      failure: { code: 'invalid', reason: expect.stringMatching(/occurredAt.*comment|comment.*occurredAt/s) },
    });
    expect(JSON.stringify(outcome)).not.toContain('77');
  });

  test('in structured mode is kept as its data', () => {
    const value = `{"specversion":"1.0","id":"s1","type":"survey-response.submitted","source":"/s","data":${data}}`;
    const delivery = message({ topic, headers: { 'content-type': 'application/cloudevents+json' }, value });
    expect(delivery).toMatchObject({ value: data, attributes: { id: 's1' } });
  });
});

describe('a row of the log', () => {
  const row: LogRow = {
    topic: 'heard.suppression-list',
    partition: 1,
    seq: 7,
    key: 'ann',
    attributes:
      '{"id":"e1","type":"send.skipped","source":"/heard/suppression-list","subject":"ann","time":"2026-03-02T09:00:00Z"}',
    data,
  };
  test('is read as the same event as from Kafka', () => expect(fromLog(row, types).outcome).toEqual(message().outcome));
  test('that is not JSON is a failure in its place', () => {
    for (const wrong of [{ data: '{' }, { attributes: '{' }]) {
      expect(fromLog({ ...row, ...wrong }, types)).toMatchObject({
        seq: 7,
        outcome: { failure: { code: 'not-an-event' } },
      });
    }
  });
  test('of a type nobody asked for is skipped without a look at its data', () => {
    const attributes = row.attributes.replace('send.skipped', 'send.imagined');
    expect(fromLog({ ...row, attributes, data: '{' }, types).outcome).toEqual({ skipped: true });
  });
});
