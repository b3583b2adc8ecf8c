import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { isoOf } from './instant.ts';
import { type DataOf, type EventType, lookUp } from './registry.ts';

/** One event as services see it: CloudEvents 1.0 attributes with `data` already parsed by its schema. */
export type Event<T extends EventType = EventType> = T extends EventType
  ? {
      id: string;
      type: T;
      source: string;
      /** The key: what must stay in order. The customer's id unless the topic says otherwise. */
      subject: string;
      time: string;
      /** The feedback that started it all. */
      correlationid?: string;
      /** The event before this one. */
      causationid?: string;
      traceparent?: string;
      data: DataOf<T>;
    }
  : never;

/** What an event is caused by: the event before it, or, at the edge, a request that may carry a trace. */
export interface Cause {
  id?: string;
  correlationid?: string;
  traceparent?: string;
}

/** A new event, ready to publish. `at` is the time of the fact, from the caller's clock. */
export function newEvent<T extends EventType>(
  type: T,
  subject: string,
  data: DataOf<T>,
  at: Date,
  cause?: Cause,
): Event<T> {
  const event = {
    id: uuidv7({ random: random16() }),
    type,
    source: sourceOf(type),
    subject,
    time: isoOf(at),
    data,
  } as Event<T>;
  if (cause?.correlationid) event.correlationid = cause.correlationid;
  if (cause?.id) event.causationid = cause.id;
  if (cause?.traceparent) event.traceparent = cause.traceparent;
  return event;
}

/** What Heard names as the source of its events of this type: "/heard/triage". */
export function sourceOf(type: string): string {
  const topic = lookUp(type)?.topic ?? 'heard';
  let source = sources.get(topic);
  if (!source) {
    source = `/${topic.replaceAll('.', '/')}`;
    sources.set(topic, source);
  }
  return source;
}

const sources = new Map<string, string>();

/** The events of these types, in order. */
export function ofType<T extends EventType>(events: readonly Event[], ...types: T[]): Event<T>[] {
  return events.filter((event) => (types as EventType[]).includes(event.type)) as unknown as Event<T>[];
}

const pool = new Uint8Array(4096);
let used = pool.length;

/** One call of the system's generator for 256 ids; a call for each would cost more than all the rest of an event. */
function random16(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
}
