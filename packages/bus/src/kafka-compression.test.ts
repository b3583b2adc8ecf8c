import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { codecs } from './kafka-compression.ts';

const text = Buffer.from('一个很不高兴的客户 an unhappy customer\n'.repeat(10));

/** What the Java client 4.3.1 makes of it, in two blocks. */
const java = {
  LZ4: 'BCJNGGBAgjsAAAD/IeS4gOS4quW+iOS4jemrmOWFtOeahOWuouaItyBhbiB1bmhhcHB5IGN1c3RvbWVyCjAAgFDkuKrlvjsAAAD/IYjkuI3pq5jlhbTnmoTlrqLmiLcgYW4gdW5oYXBweSBjdXN0b21lcgrkuIDkuKrlvjAA0FBvbWVyCgAAAAA=',
  Snappy:
    'glNOQVBQWQAAAAABAAAAAQAAAD3IAcDkuIDkuKrlvojkuI3pq5jlhbTnmoTlrqLmiLcgYW4gdW5oYXBweSBjdXN0b21lcgrk/jAA/jAAWjAAAAAAQJgCwIjkuI3pq5jlhbTnmoTlrqLmiLcgYW4gdW5oYXBweSBjdXN0b21lcgrkuIDkuKrlvoj+MAD+MAD+MACaMAA=',
};

test.each(Object.entries(java))('what Java compresses with %s is read', async (name, bytes) => {
  expect(await codecs[name as keyof typeof java].decompress(Buffer.from(bytes, 'base64'))).toEqual(text);
});

test.each(Object.entries(codecs))('%s reads what it wrote', async (_name, codec) => {
  const large = Buffer.concat([randomBytes(100_000), text, Buffer.alloc(100_000)]);
  for (const buffer of [text, large]) expect(await codec.decompress(await codec.compress({ buffer }))).toEqual(buffer);
});

test('a block of Snappy that is cut off is an error', async () => {
  const bytes = Buffer.from(java.Snappy, 'base64');
  await expect(codecs.Snappy.decompress(bytes.subarray(0, -5))).rejects.toThrow(/snappy|range/i);
  await expect(codecs.Snappy.decompress(bytes.subarray(0, 18))).rejects.toThrow(/range/i);
});
