import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { murmur2, partitionOf } from './partition.ts';

const theirs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (
  key: string,
) => number;

test("a key's hash is the one of Kafka's Java client", () => {
  // From org.apache.kafka.common.utils.UtilsTest.
  const known: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [key, hash] of known) expect(murmur2(key), key).toBe(hash);
});

test("a key's hash is the one of kafkajs, whatever the key", () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (key) => murmur2(key) === theirs(key)));
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (key) => murmur2(key) === theirs(key)));
});

test('a key has a partition that exists, always the same', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
      const partition = partitionOf(key, partitions);
      expect(partition).toBe(partitionOf(key, partitions));
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(partitions);
    }),
  );
});
