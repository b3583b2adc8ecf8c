import { describe, expect, it } from 'vitest';
import { binaryMessage, type Message, NotACloudEvent, readMessage } from './cloudevents.ts';

const data = { customerId: 'c-1', score: { scale: 'nps', value: 3 } };
const attributes = { id: '1', type: 'survey-response.submitted', source: '/crm' };
const binary = { ce_specversion: '1.0', ce_id: '1', ce_type: 'survey-response.submitted', ce_source: '/crm' };

function structured(event: object, contentType = 'application/cloudevents+json; charset=UTF-8'): Message {
  return { headers: { 'content-type': contentType }, value: JSON.stringify(event) };
}

describe('binary mode', () => {
  it('takes the attributes from the ce_ headers, extensions too, and the data from the value', () => {
    const headers = {
      ...binary,
      ce_time: '2026-11-05T09:15:00Z',
      ce_subject: 'c-1',
      ce_campaign: 'x',
      other: 'ignored',
    };
    expect(readMessage({ headers, value: JSON.stringify(data) })).toEqual({
      attributes: { ...attributes, time: '2026-11-05T09:15:00Z', subject: 'c-1', campaign: 'x' },
      data,
    });
  });

  it('takes traceparent from its own header, as tracing libraries write it', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(readMessage({ headers: { ...binary, traceparent }, value: '{}' }).attributes).toMatchObject({ traceparent });
  });

  it('is assumed where there is no content type', () => {
    expect(readMessage({ headers: binary, value: '{}' }).data).toEqual({});
  });

  it('gives a tombstone, a message without a value, the data null', () => {
    expect(readMessage({ headers: binary, value: null })).toEqual({ attributes, data: null });
  });

  it('is what Heard writes: content-type, ce_ headers, traceparent without prefix, nothing for what is undefined', () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(binaryMessage({ ...attributes, causationid: undefined, traceparent }, '{}')).toEqual({
      headers: { 'content-type': 'application/json', ...binary, traceparent },
      value: '{}',
    });
  });
});

describe('structured mode', () => {
  const event = { specversion: '1.0', ...attributes, datacontenttype: 'application/json', data };

  it.each([
    'application/cloudevents+json',
    'application/cloudevents+json; charset=UTF-8',
    'Application/CloudEvents+JSON',
  ])('is recognised by the content type %s', (contentType) => {
    expect(readMessage(structured(event, contentType))).toEqual({
      attributes: { ...attributes, datacontenttype: 'application/json' },
      data,
    });
  });

  it('is recognised by a Content-Type header written as in HTTP', () => {
    const message = { headers: { 'Content-Type': 'application/cloudevents+json' }, value: JSON.stringify(event) };
    expect(readMessage(message).data).toEqual(data);
  });

  it('takes data_base64 as data', () => {
    const { data: _, ...rest } = event;
    const base64 = Buffer.from(JSON.stringify({ name: '样晓彤' })).toString('base64');
    expect(readMessage(structured({ ...rest, data_base64: base64 })).data).toEqual({ name: '样晓彤' });
  });

  it('writes extensions out that came as numbers or booleans, and drops those that are null', () => {
    const read = readMessage(structured({ ...event, correlationid: 5, backfill: true, subject: null }));
    expect(read.attributes).toEqual({
      ...attributes,
      datacontenttype: 'application/json',
      correlationid: '5',
      backfill: 'true',
    });
  });
});

describe('what is no CloudEvent', () => {
  const refused = (message: Message) => {
    try {
      readMessage(message);
    } catch (error) {
      expect(error).toBeInstanceOf(NotACloudEvent);
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  it('names the attributes that are missing or wrong', () => {
    expect(refused({ headers: { ce_id: '1' }, value: '{}' })).toBe(
      'not a CloudEvent 1.0: check the attributes specversion, type, source',
    );
    expect(refused({ headers: { ...binary, ce_specversion: '0.3' }, value: '{}' })).toContain('specversion');
    expect(refused({ headers: { ...binary, ce_id: '' }, value: '{}' })).toContain('attributes id');
    expect(refused(structured({ specversion: '1.0', ...attributes, id: 5, data }))).toContain('attributes id');
  });

  it('is a value that is not a JSON object', () => {
    expect(refused({ headers: binary, value: 'score=3' })).toBe('data is not JSON');
    expect(refused({ headers: binary, value: '' })).toBe('data is not JSON');
    expect(refused({ headers: binary, value: '3' })).toBe('data is not a JSON object');
    expect(refused({ ...structured({}), value: null })).toBe('the structured event is not JSON');
  });

  it('is a batch, which CloudEvents on Kafka does not have', () => {
    const message = structured([{ specversion: '1.0', ...attributes, data }], 'application/cloudevents-batch+json');
    expect(refused(message)).toContain('one event per message');
  });

  it.each([
    ['an object', { a: 1 }],
    ['a list', [1]],
    ['a line feed', 'a\nb'],
    ['U+0000', 'a\0b'],
    ['half a surrogate pair', 'a\ud800'],
  ])('is an attribute with %s, which neither a header nor jsonb could hold', (_, traceparent) => {
    expect(refused(structured({ specversion: '1.0', ...attributes, traceparent, data }))).toContain(
      'the attribute traceparent must be plain text',
    );
  });

  it('is told without repeating a value, which may be a customer’s words', () => {
    const message = structured({ specversion: '1.0', ...attributes, comment: ['起火'], data });
    expect(refused(message)).not.toContain('起火');
  });
});
