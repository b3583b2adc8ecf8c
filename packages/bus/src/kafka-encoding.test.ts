import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** `patches/kafkajs@2.2.4.patch` makes these faster; what they write and read must not change by a byte. */
const require = createRequire(import.meta.url);
const encodeRecord: (record: Message) => { buffer: Buffer } = require('kafkajs/src/protocol/recordBatch/record/v0');
const encodeBatch: (batch: object) => Promise<{ buffer: Buffer }> =
  require('kafkajs/src/protocol/recordBatch/v0').RecordBatch;
const decodeBatch: (decoder: object) => Promise<{ records: Decoded[] }> =
  require('kafkajs/src/protocol/recordBatch/v0/decoder');
const Decoder: new (buffer: Buffer) => object = require('kafkajs/src/protocol/decoder');

type Bytes = string | Buffer;
interface Message {
  offsetDelta: number;
  timestampDelta: number;
  key: Bytes | null;
  value: Bytes | null;
  headers: Record<string, Bytes | Bytes[]>;
}
interface Decoded {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | Buffer[]>;
  header(name: string): Buffer | null | undefined;
  textHeaders(): Record<string, string> | undefined;
}

const firstTimestamp = 1_793_491_200_000;
const some: Message[] = [
  {
    offsetDelta: 0,
    timestampDelta: 0,
    key: 'customer-1',
    value: '{"comment":"等了四十分钟"}',
    headers: { ce_id: '0190', ce_type: 'case.assigned', repeated: ['a', 'b'] },
  },
  { offsetDelta: 1, timestampDelta: 4_000, key: null, value: null, headers: {} },
  {
    offsetDelta: 200,
    timestampDelta: 2 ** 31 + 1,
    key: 'k'.repeat(70),
    value: Buffer.from([0, 255, 128]),
    headers: { bytes: Buffer.from([1, 2]) },
  },
  { offsetDelta: 201, timestampDelta: -5, key: '', value: '', headers: { empty: '' } },
];

test('the patch of kafkajs is in force', () => {
  expect(readFileSync(require.resolve('kafkajs/src/protocol/encoder'), 'utf8')).toContain('allocUnsafe');
});

test('a batch is the bytes that kafkajs 2.2.4 wrote before the patch', async () => {
  const batch = await encodeBatch({
    records: some.map(encodeRecord),
    firstTimestamp,
    maxTimestamp: firstTimestamp + 2 ** 31 + 1,
    lastOffsetDelta: 201,
  });
  expect(batch.buffer.toString('hex')).toBe(unpatched);
});

const bytes = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
);
const message: fc.Arbitrary<Message> = fc.record({
  offsetDelta: fc.nat(),
  timestampDelta: fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(
    fc.string({ unit: 'grapheme', maxLength: 20 }).filter((name) => !(name in {})),
    fc.oneof(bytes, fc.array(bytes, { minLength: 2, maxLength: 4 })),
    { maxKeys: 12 },
  ),
});

test('any message is written as the record format says', () => {
  fc.assert(
    fc.property(message, (one) => {
      expect(encodeRecord(one).buffer.equals(asSpecified(one))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('any message is read as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), async (messages) => {
      const { buffer } = await encodeBatch({ records: messages.map(encodeRecord), firstTimestamp });
      const { records } = await decodeBatch(new Decoder(buffer));
      const buffers = (value: Bytes | Bytes[]) => (Array.isArray(value) ? value.map(toBuffer) : toBuffer(value));
      expect(
        records.map(({ offset, timestamp, key, value, headers }) => ({ offset, timestamp, key, value, headers })),
      ).toEqual(
        messages.map((one) => ({
          offset: String(one.offsetDelta),
          timestamp: String(firstTimestamp + one.timestampDelta),
          key: one.key === null ? null : toBuffer(one.key),
          value: one.value === null ? null : toBuffer(one.value),
          headers: Object.fromEntries(Object.entries(one.headers).map(([name, value]) => [name, buffers(value)])),
        })),
      );
    }),
  );
});

test('one header is read without the others, and of several by that name the first', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), async (messages) => {
      const { buffer } = await encodeBatch({ records: messages.map(encodeRecord), firstTimestamp });
      const { records } = await decodeBatch(new Decoder(buffer));
      for (const [n, { headers }] of messages.entries()) {
        expect(records[n]!.header('none of these')).toBeUndefined();
        for (const [name, value] of Object.entries(headers)) {
          expect(records[n]!.header(name)).toEqual(toBuffer([value].flat()[0]!));
        }
      }
    }),
  );
});

test('headers are read as text in one piece, or one by one where they are not ASCII', async () => {
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 200 });
  const some = fc.tuple(
    message,
    fc.dictionary(
      ascii.filter((name) => !(name in {})),
      fc.oneof(ascii, bytes),
      { maxKeys: 30 },
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 5 }), async (given) => {
      const messages = given.map(([one, headers]) => ({ ...one, headers }));
      const { buffer } = await encodeBatch({ records: messages.map(encodeRecord), firstTimestamp });
      const { records } = await decodeBatch(new Decoder(buffer));
      for (const [n, { headers }] of messages.entries()) {
        const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `${toBuffer(value)}`]));
        const inOne = records[n]!.textHeaders();
        const isAscii = Object.values(texts).every((text) => /^[\0-\x7f]*$/.test(text));
        if (inOne || (isAscii && Object.keys(texts).length > 0)) expect({ ...inOne }).toEqual(texts);
      }
    }),
    { numRuns: 500 },
  );
});

/** https://kafka.apache.org/documentation/#record, with nothing of kafkajs in it. */
function asSpecified({ offsetDelta, timestampDelta, key, value, headers }: Message): Buffer {
  const list = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((one) => [name, one] as const));
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    sized(key),
    sized(value),
    varint(list.length),
    ...list.flatMap(([name, one]) => [sized(name), sized(one)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function sized(value: Bytes | null): Buffer {
  if (value === null) return varint(-1);
  return Buffer.concat([varint(toBuffer(value).length), toBuffer(value)]);
}

function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const out: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...out, Number(rest)]);
}

function toBuffer(value: Bytes): Buffer {
  return Buffer.from(value as string);
}

const unpatched =
  '00000000000000000000011100000000020a4b5e460000000000c9000001a19467e800000001a21467e801ffffffffffffffff00000000' +
  '000000000004ce0100000014637573746f6d65722d31407b22636f6d6d656e74223a22e7ad89e4ba86e59b9be58d81e58886e9929f227d' +
  '080a63655f696408303139300e63655f747970651a636173652e61737369676e6564107265706561746564026110726570656174656402' +
  '620e00c03e02010100bc0100828080801090038c016b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b' +
  '6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b0600ff80020a62797465730401021c00099203' +
  '0000020a656d70747900';
