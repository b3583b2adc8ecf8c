import { describe, expect, test } from 'vitest';
import { passing } from './kafka-message.ts';

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
