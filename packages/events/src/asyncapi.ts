import type { Attributes } from './cloudevents.ts';
import { binaryMessage } from './cloudevents.ts';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';
import { consumers, type TopicName, topics } from './registry.ts';
import { topicNotes } from './topic-notes.ts';

/** A structured CloudEvent as the examples have it. */
export interface Example {
  specversion: string;
  type: string;
  data: unknown;
  [attribute: string]: unknown;
}

/** Public topics are described by what may be sent, our own by what is published. */
export function contractOf(topic: TopicName, type: string): JsonSchema {
  const { writer, events } = topics[topic];
  const schema = (events as Record<string, Parameters<typeof jsonSchemaOf>[0]>)[type]!;
  return { title: type, ...jsonSchemaOf(schema, writer === null ? 'input' : 'output') };
}

/** AsyncAPI 3.0 with the Kafka bindings: every topic, message, writer and reader of the registry. */
export function asyncApi(examples: readonly Example[]): object {
  const names = Object.keys(topics) as TopicName[];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Heard',
      version: '1',
      description:
        'CloudEvents 1.0 on Kafka. Heard writes binary mode and reads binary and structured mode. ' +
        'Fields marked x-heard-personal are personal data or customer text.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(names.map((topic) => [topic, channel(topic)])),
    operations: Object.fromEntries(operations()),
    components: {
      messages: Object.fromEntries(
        names.flatMap((topic) =>
          Object.keys(topics[topic].events).map((type) => [type, message(topic, type, examples)] as const),
        ),
      ),
    },
  };
}

function channel(topic: TopicName): object {
  const { compacted, events } = topics[topic];
  return {
    address: topic,
    description: topicNotes[topic].says,
    messages: Object.fromEntries(
      Object.keys(events).map((type) => [type, { $ref: `#/components/messages/${type}` }] as const),
    ),
    bindings: {
      kafka: {
        topic,
        ...(compacted ? { topicConfiguration: { 'cleanup.policy': ['compact'] } } : {}),
        bindingVersion: '0.5.0',
      },
    },
  };
}

function* operations(): Generator<[string, object]> {
  const operation = (who: string, action: 'send' | 'receive', topic: TopicName): [string, object] => [
    `${who.toLowerCase().replaceAll(' ', '-')}.${action}.${topic}`,
    {
      action,
      summary: `${who} ${action === 'send' ? 'writes' : 'reads'} ${topic}.`,
      channel: { $ref: `#/channels/${topic}` },
      ...(action === 'receive' && who in consumers
        ? { bindings: { kafka: { groupId: { type: 'string', const: `heard.${who}` }, bindingVersion: '0.5.0' } } }
        : {}),
    },
  ];
  for (const topic of Object.keys(topics) as TopicName[]) {
    const { writtenBy, readBy } = topicNotes[topic];
    yield operation(topics[topic].writer ?? writtenBy!, 'send', topic);
    if (readBy) yield operation(readBy, 'receive', topic);
  }
  for (const [service, read] of Object.entries(consumers)) {
    for (const topic of read) yield operation(service, 'receive', topic);
  }
}

function message(topic: TopicName, type: string, examples: readonly Example[]): object {
  const { $schema: _, ...schema } = contractOf(topic, type);
  return {
    name: type,
    title: type,
    summary: schema.description,
    contentType: 'application/json',
    headers: { schemaFormat: draft7, schema: headers(topic, type) },
    payload: { schemaFormat: draft7, schema },
    bindings: {
      kafka: {
        key: { type: 'string', description: `${topicNotes[topic].key}; keeps order.` },
        bindingVersion: '0.5.0',
      },
    },
    examples: examples
      .filter((example) => example.type === type)
      .map(({ specversion: _, datacontenttype: __, data, ...attributes }) => ({
        headers: binaryMessage(attributes as Attributes, '').headers,
        payload: data,
      })),
  };
}

const draft7 = 'application/schema+json;version=draft-07';

function headers(topic: TopicName, type: string): JsonSchema {
  const text = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description });
  const own = topics[topic].writer !== null;
  return {
    type: 'object',
    properties: {
      'content-type': { type: 'string', const: 'application/json' },
      ce_specversion: { type: 'string', const: '1.0' },
      ce_type: { type: 'string', const: type },
      ce_id: text('Names this event; the same after a retry.'),
      ce_source: text('Who wrote it.'),
      ce_time: { type: 'string', format: 'date-time', description: 'When it happened.' },
      ce_subject: text('The key of the message.'),
      ce_correlationid: text('The feedback that started it all.'),
      ce_causationid: text('The id of the event before this one.'),
      traceparent: text('W3C Trace Context.'),
      ...(own ? { ce_sequence: { type: 'string', pattern: '^[1-9][0-9]*$', description: sequence } } : {}),
    },
    required: [
      ...['ce_specversion', 'ce_type', 'ce_id', 'ce_source'],
      ...(own ? ['content-type', 'ce_time', 'ce_subject', 'ce_sequence'] : []),
    ],
  };
}

const sequence =
  'Counts 1, 2, 3 … per topic and partition. A message may come twice; what is not above the last sequence seen is old.';
