import { createHash } from 'node:crypto';

/**
 * A stable id made from a name: the same parts give the same id on every machine and on every replay.
 * RFC 9562 UUID version 8 from the first 16 bytes of SHA-256 over the parts joined by U+0000.
 */
export function stableId(...parts: string[]): string {
  const bytes = createHash('sha256').update(parts.join('\0')).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
