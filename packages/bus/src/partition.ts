/**
 * murmur2 as Kafka's Java client computes it for the default partitioner (org.apache.kafka.common.utils.Utils), so that
 * a key has the same partition whoever writes it.
 */
export function murmur2(key: string): number {
  const data = Buffer.from(key);
  const length = data.length;
  let h = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k = Math.imul(data.readInt32LE(i), 0x5bd1e995);
    k = Math.imul(k ^ (k >>> 24), 0x5bd1e995);
    h = Math.imul(h, 0x5bd1e995) ^ k;
  }
  const rest = length & 3;
  if (rest === 3) h ^= (data[i + 2]! & 0xff) << 16;
  if (rest >= 2) h ^= (data[i + 1]! & 0xff) << 8;
  if (rest >= 1) h = Math.imul(h ^ (data[i]! & 0xff), 0x5bd1e995);
  h = Math.imul(h ^ (h >>> 13), 0x5bd1e995);
  return h ^ (h >>> 15);
}

export function partitionOf(key: string, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
