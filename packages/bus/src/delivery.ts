import { type Attributes, type Message, NotACloudEvent, readMessage } from '@heard/events/cloudevents';
import type { Event } from '@heard/events/event';
import { lookUp, topics } from '@heard/events/registry';
import type * as z from 'zod';
import type { Place } from './log.ts';
import { eventAttributes, type LogRow } from './lot.ts';

/** One message on its way to one consumer, and what became of reading it. */
export interface Delivery extends Place {
  /** The log's sequence, or the Kafka offset where there is none. */
  seq: number;
  /** false on a public topic and for what Heard did not write: then no position says whether it was handled before. */
  sequenced: boolean;
  key: string | null;
  attributes: Attributes | null;
  /** For the dead letter: the data, or what came where it was no event. */
  value: string | null;
  outcome: { event: Event } | { skipped: true } | { failure: Failure };
}

export interface Failure {
  code: string;
  reason: string;
}

export function fromLog(row: LogRow, types: ReadonlySet<string>): Delivery {
  const { topic, partition, seq, key } = row;
  const place = { topic, partition, seq, sequenced: true, key, value: row.data };
  let attributes: Attributes;
  let data: unknown;
  try {
    attributes = eventAttributes(row);
    data = types.has(attributes.type) ? JSON.parse(row.data) : null;
  } catch {
    return { ...place, attributes: null, outcome: { failure: { code: 'not-an-event', reason: 'it is not JSON' } } };
  }
  return {
    ...place,
    attributes,
    outcome: types.has(attributes.type) ? parse(attributes, data, key) : { skipped: true },
  };
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
  const foreign = isPublic(raw.topic);
  const delivery = {
    topic: raw.topic,
    partition: raw.partition,
    seq: raw.offset,
    sequenced: false,
    key: raw.key,
    attributes: null as Attributes | null,
    value: raw.message.value,
  };
  const failed = (code: string, reason: string) => ({ ...delivery, outcome: { failure: { code, reason } } });
  const sequence = foreign ? undefined : sequenceOf(raw.message.headers.ce_sequence);
  if (sequence !== undefined) {
    delivery.seq = sequence;
    delivery.sequenced = true;
  }
  if (!raw.utf8) return failed('not-utf-8', 'the value is not UTF-8');
  let data: unknown;
  try {
    const read = readMessage(raw.message);
    delivery.attributes = read.attributes;
    data = read.data;
  } catch (error) {
    if (error instanceof NotACloudEvent) return failed('not-an-event', error.message);
    throw error;
  }
  const { type } = delivery.attributes;
  if (isStructured(raw.message)) delivery.value = JSON.stringify(data) ?? null;
  if (!foreign && !delivery.sequenced) return failed('foreign', 'a message on an internal topic has no sequence');
  if (types.has(type)) return { ...delivery, outcome: parse(delivery.attributes, data, raw.key) };
  // Producers inside Heard may ship first; on a public topic a type we do not know is a mistake somebody must hear of.
  return foreign
    ? failed('unknown-type', `the topic ${raw.topic} takes no events of type ${type}`)
    : { ...delivery, outcome: { skipped: true } };
}

export function isPublic(topic: string): boolean {
  return topics[topic as keyof typeof topics]?.writer === null;
}

/** What the relay wrote beside the event, whatever became of the rest. */
export function sequenceOf(text = ''): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}

function isStructured({ headers }: Message): boolean {
  return /^application\/cloudevents/i.test(headers['content-type'] ?? headers['Content-Type'] ?? '');
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
  const { id, type, source, subject = key ?? '', time = '', correlationid, causationid, traceparent } = attributes;
  const event = { id, type, source, subject, time, correlationid, causationid, traceparent, data: result.data };
  return { event: event as unknown as Event };
}

/** "score.value: must be …; comment: …": field and rule, never the value, which may be a customer's words. */
export function explain(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message))
    .join('; ');
}
