import { isUtf8 } from 'node:buffer';
import type { EachBatchPayload } from 'kafkajs';
import { type Delivery, isPublic, sequenceOf } from './delivery.ts';
import type { Place } from './log.ts';

type Batch = EachBatchPayload['batch'];
/**
 * The patch of kafkajs reads a record where it lies, each time it is asked: `headers` all of them, `header` one alone,
 * `textHeaders` the first of each name as text, where they are short for it.
 */
type Message = Batch['messages'][number] & {
  header?(name: string): Buffer | null | undefined;
  textHeaders?(): Record<string, string> | undefined;
};

/** A message as deliveries are made of: text where it is UTF-8, a data: URL where it is not. */
export function received(batch: Batch, message: Message) {
  const headers = message.textHeaders?.() ?? headersOf(message);
  const { key, value } = message;
  const text = value === null ? null : utf8OrNull(value);
  const place: Place = { topic: batch.topic, partition: batch.partition };
  return {
    ...place,
    offset: Number(message.offset),
    key: key === null ? null : key.toString(),
    utf8: value === null || text !== null,
    message: { headers, value: value !== null && text === null ? `data:${value.toString('base64')}` : text },
  };
}

/**
 * A message of one of our own topics whose type is for others: more than half of what a consumer reads. It has a place,
 * and is not worth reading further. undefined: it must be read.
 */
export function passing(batch: Batch, message: Message, types: ReadonlySet<string>): Delivery | undefined {
  if (isPublic(batch.topic)) return;
  const type = message.header?.('ce_type');
  if (!type || types.has(String(type))) return;
  const sequence = message.header?.('ce_sequence');
  if (!sequence) return;
  const seq = sequenceOf(String(sequence));
  if (seq === undefined) return;
  const { topic, partition } = batch;
  return { topic, partition, seq, sequenced: true, key: null, attributes: null, value: null, outcome };
}

const outcome = { skipped: true } as const;

function headersOf({ headers: given }: Message): Record<string, string> {
  const headers: Record<string, string> = {};
  // They have no prototype, and Object.entries of such an object takes three times as long.
  for (const name in given) {
    const value = given[name];
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && first !== null) headers[name] = first.toString();
  }
  return headers;
}

/** A byte order mark at the beginning is none of the text. */
function utf8OrNull(bytes: Buffer): string | null {
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString();
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
