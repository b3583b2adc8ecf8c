import { describe, expect, test } from 'vitest';
import { passing, received } from './kafka-message.ts';

const types = new Set(['case.opened']);
const headers = (type: string, sequence: string) => ({
  ce_type: Buffer.from(type),
  ce_sequence: Buffer.from(sequence),
});

function read(topic: string, own: Record<string, Buffer>, value = '{"any":1}') {
  const message = { header: (name: string) => own[name], value: Buffer.from(value), key: null, offset: '99' };
  return passing({ topic, partition: 3 } as never, message as never, types);
}

describe('a message for others', () => {
  test('has its place and is read no further', () => {
    const passed = read('heard.assignment', headers('case.closed', '7'), 'no JSON');
    expect(passed).toMatchObject({ topic: 'heard.assignment', partition: 3, seq: 7, sequenced: true });
    expect(passed?.outcome).toEqual({ skipped: true });
  });

  test.each([
    ['is of a type that is asked for', 'heard.assignment', headers('case.opened', '7')],
    ['has no sequence', 'heard.assignment', { ce_type: Buffer.from('case.closed') }],
    ['has a wrong sequence', 'heard.assignment', headers('case.closed', '0')],
    ['has no type', 'heard.assignment', { ce_sequence: Buffer.from('7') }],
    ['is on a public topic', 'heard.inbound.survey-responses', headers('case.closed', '7')],
  ])('is none when it %s', (_how, topic, own) => {
    expect(read(topic, own)).toBeUndefined();
  });
});

describe('a message that is read', () => {
  const batch = { topic: 'heard.inbound.survey-responses', partition: 3 } as never;
  const own = { ce_id: Buffer.from('1'), ce_name: [Buffer.from('样'), Buffer.from('b')], empty: undefined };
  const message = (value: Buffer | null, more = {}) =>
    ({ offset: '9', key: null, value, headers: own, ...more }) as never;

  test('has its headers as text, the first of each name', () => {
    expect(received(batch, message(null)).message.headers).toEqual({ ce_id: '1', ce_name: '样' });
    const inOne = () => ({ ce_id: '2' });
    expect(received(batch, message(null, { textHeaders: inOne })).message.headers).toEqual({ ce_id: '2' });
    expect(received(batch, message(null, { textHeaders: () => undefined })).message.headers.ce_id).toBe('1');
  });

  test.each([
    ['text', Buffer.from('{"n":"样"}'), true, '{"n":"样"}'],
    ['text without its byte order mark', Buffer.from('\ufeff{}'), true, '{}'],
    ['base64 where it is not UTF-8', Buffer.from([0xc3, 0x28]), false, 'data:wyg='],
    ['nothing', null, true, null],
  ])('has as its value %s', (_what, value, utf8, text) => {
    expect(received(batch, message(value))).toMatchObject({ utf8, message: { value: text } });
  });
});
