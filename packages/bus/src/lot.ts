import type { Attributes } from '@heard/events/cloudevents';
import { type Event, sourceOf } from '@heard/events/event';
import { lookUp, type TopicName, topics } from '@heard/events/registry';
import { Rejection } from './rejection.ts';

/** One row of the log, as read: position, key, and two JSON texts. */
export interface LogRow {
  topic: TopicName;
  partition: number;
  seq: number;
  key: string;
  attributes: string;
  data: string;
}

/** A lot is read whole: with more in it a consumer would be given more than it asked for. `bus.claim` knows it, too. */
const maxLotSize = 100;

/** A broker takes batches of up to 1,048,588 bytes by default; an event with its attributes must fit into one. */
const maxDataBytes = 900_000;

/** Events of one place, in order, as they become rows. */
export function inLots(events: readonly Event[]): (readonly Event[])[] {
  const size = topics[lookUp(events[0]!.type)!.topic].compacted ? 1 : maxLotSize;
  if (events.length <= size) return [events];
  return Array.from({ length: Math.ceil(events.length / size) }, (_, n) => events.slice(n * size, (n + 1) * size));
}

export function keyOf({ type, subject }: Event): string {
  if (subject.includes('\n') || subject.includes('\x1e'))
    throw new Error(`the subject of an event of type ${type} has control characters`);
  return subject;
}

/**
 * What `eventAttributes` cannot tell from key and type. Written out: to leave one property out of an object takes longer
 * than all the rest.
 */
export function attributesOf(event: Event): string {
  const { id, type, time, correlationid, causationid, traceparent } = event;
  const source = event.source === sourceOf(type) ? undefined : event.source;
  return JSON.stringify({ id, type, source, time, correlationid, causationid, traceparent });
}

/** The CloudEvents attributes of a row of the log. Throws a SyntaxError where they are not JSON. */
export function eventAttributes({ key, attributes }: Pick<LogRow, 'key' | 'attributes'>): Attributes {
  const read = JSON.parse(attributes) as Attributes;
  read.subject ??= key;
  read.source ??= sourceOf(read.type);
  return read;
}

export function dataOf({ type, data }: Event): string {
  const text = JSON.stringify(data);
  if (text.length > maxDataBytes / 3 && Buffer.byteLength(text) > maxDataBytes) {
    throw new Rejection('event-too-large', `an event of type ${type} has more than ${maxDataBytes} bytes`);
  }
  return text;
}

/** A row of `bus.lots` as `bus.claim` gives it: the events up to `since` are behind the consumer. */
export interface Lot {
  topic: TopicName;
  partition: number;
  since: string;
  seq: string;
  size: number;
  keys: string;
  attributes: string;
  data: string;
}

/** Throws where it does not hold what it says. */
export function eventsOf({ topic, partition, since, seq: last, size, ...texts }: Lot): LogRow[] {
  const keys = texts.keys.split('\n');
  const attributes = texts.attributes.split('\n');
  const data = texts.data.split('\n');
  if (keys.length !== size || attributes.length !== size || data.length !== size) {
    throw new Error(`the lot up to ${last} of ${topic}/${partition} does not hold ${size} events`);
  }
  const before = Number(last) - size;
  const rows: LogRow[] = [];
  for (let n = Math.max(0, Number(since) - before); n < size; n++) {
    rows.push({ topic, partition, seq: before + n + 1, key: keys[n]!, attributes: attributes[n]!, data: data[n]! });
  }
  return rows;
}
