import { hash } from 'node:crypto';

/**
 * A stable id made from a name: the same parts give the same id on every machine and on every replay.
 * RFC 9562 UUID version 8 from the first 16 bytes of SHA-256 over the parts joined by U+0000.
 */
export function stableId(...parts: string[]): string {
  const hex = hash('sha256', parts.join('\0'), 'hex');
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
