import { type Attributes, type Message, NotACloudEvent, readMessage } from '@heard/events/cloudevents';
import type { Event } from '@heard/events/event';
import { lookUp, topics } from '@heard/events/registry';
import type * as z from 'zod';
import type { LogRow, Place } from './log.ts';

/** One message on its way to one consumer, and what became of reading it. */
export interface Delivery extends Place {
  /** The log's sequence; on a public topic the Kafka offset. */
  seq: number;
  key: string | null;
  attributes: Attributes | null;
  /** As it came, for the dead letter. */
  value: string | null;
  outcome: { event: Event } | { skipped: true } | { failure: Failure };
}

export interface Failure {
  code: string;
  reason: string;
}

export function fromLog(row: LogRow, types: ReadonlySet<string>): Delivery {
  const attributes = JSON.parse(row.attributes) as Attributes;
  const place = { topic: row.topic, partition: row.partition, seq: row.seq, key: row.key, attributes, value: row.data };
  if (!types.has(attributes.type)) return { ...place, outcome: { skipped: true } };
  return { ...place, outcome: parse(attributes, JSON.parse(row.data), row.key) };
}

export interface KafkaDelivery extends Place {
  offset: number;
  key: string | null;
  message: Message;
  /** false when the value held bytes that are not UTF-8; then it is kept as base64. */
  utf8: boolean;
}

/** Own topics carry our sequence; a message without one was not written by Heard. Public topics go by offset. */
export function fromKafka(raw: KafkaDelivery, types: ReadonlySet<string>): Delivery {
  const isPublic = topics[raw.topic as keyof typeof topics]?.writer === null;
  const place = { topic: raw.topic, partition: raw.partition, seq: raw.offset, key: raw.key, value: raw.message.value };
  const failed = (code: string, reason: string, attributes: Attributes | null = null): Delivery => ({
    ...place,
    attributes,
    outcome: { failure: { code, reason } },
  });
  if (!raw.utf8) return failed('not-utf-8', 'the value is not UTF-8');
  let read: ReturnType<typeof readMessage>;
  try {
    read = readMessage(raw.message);
  } catch (error) {
    if (error instanceof NotACloudEvent) return failed('not-an-event', error.message);
    throw error;
  }
  const { attributes, data } = read;
  if (!isPublic) {
    const sequence = Number(attributes.sequence);
    if (!Number.isSafeInteger(sequence))
      return failed('foreign', 'a message on an internal topic has no sequence', attributes);
    place.seq = sequence;
  }
  if (!types.has(attributes.type)) {
    // Producers inside Heard may ship first; on a public topic a type we do not know is a mistake somebody must hear of.
    if (isPublic)
      return failed('unknown-type', `the topic ${raw.topic} takes no events of type ${attributes.type}`, attributes);
    return { ...place, attributes, outcome: { skipped: true } };
  }
  return { ...place, attributes, outcome: parse(attributes, data, raw.key) };
}

/** Reads attributes and data into an event, or says which field is wrong. */
export function parse(
  attributes: Attributes,
  data: unknown,
  key: string | null,
): { event: Event } | { failure: Failure } {
  const schema = lookUp(attributes.type)?.schema;
  if (!schema) return { failure: { code: 'unknown-type', reason: `unknown event type ${attributes.type}` } };
  const result = schema.safeParse(data);
  if (!result.success) return { failure: { code: 'invalid', reason: explain(result.error) } };
  const { sequence: _, ...rest } = attributes;
  return {
    event: {
      ...rest,
      subject: attributes.subject ?? key ?? '',
      time: attributes.time ?? '',
      data: result.data,
    } as unknown as Event,
  };
}

/** "score.value: must be …; comment: …": field and rule, never the value, which may be a customer's words. */
export function explain(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message))
    .join('; ');
}
