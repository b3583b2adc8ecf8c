import type { EachBatchPayload } from 'kafkajs';
import { type Delivery, isPublic, sequenceOf } from './delivery.ts';
import type { Place } from './log.ts';

type Batch = EachBatchPayload['batch'];

/** A message as deliveries are made of: text where it is UTF-8, a data: URL where it is not. */
export function received(batch: Batch, message: Batch['messages'][number]) {
  const headers: Record<string, string> = {};
  // They have no prototype, and Object.entries of such an object takes three times as long.
  for (const name in message.headers) {
    const value = message.headers[name];
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && first !== null) headers[name] = first.toString();
  }
  const text = message.value === null ? null : utf8OrNull(message.value);
  const place: Place = { topic: batch.topic, partition: batch.partition };
  return {
    ...place,
    offset: Number(message.offset),
    key: message.key === null ? null : message.key.toString(),
    utf8: message.value === null || text !== null,
    message: {
      headers,
      value: message.value !== null && text === null ? `data:${message.value.toString('base64')}` : text,
    },
  };
}

/**
 * A message of one of our own topics whose type is for others: more than half of what a consumer reads. It has a place,
 * and is not worth reading further. undefined: it must be read.
 */
export function passing(
  batch: Batch,
  message: Batch['messages'][number],
  types: ReadonlySet<string>,
): Delivery | undefined {
  const { ce_type: type, ce_sequence: sequence } = message.headers ?? {};
  if (!Buffer.isBuffer(type) || !Buffer.isBuffer(sequence) || types.has(String(type)) || isPublic(batch.topic)) return;
  const seq = sequenceOf(String(sequence));
  if (seq === undefined) return;
  const { topic, partition } = batch;
  return { topic, partition, seq, sequenced: true, key: null, attributes: null, value: null, outcome };
}

const outcome = { skipped: true } as const;

const strict = new TextDecoder('utf-8', { fatal: true });

function utf8OrNull(bytes: Buffer): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
