import { explain } from '@heard/bus/delivery';
import { connectKafka } from '@heard/bus/kafka';
import { binaryMessage } from '@heard/events/cloudevents';
import { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import type { TopicName } from '@heard/events/registry';
import type { Kind } from '@heard/imports/records';
import kafkajs, { type Message } from 'kafkajs';
import { type Item, reasonOf, type Sink, type Verdict } from './sink.ts';

const routes = {
  responses: { topic: 'heard.inbound.survey-responses', type: 'survey-response.submitted' },
  'customer-values': { topic: 'heard.inbound.customer-values', type: 'customer-value.published' },
} as const satisfies Record<Kind, { topic: TopicName; type: string }>;

/**
 * Publishes to the public topics as CRM and survey systems do: CloudEvents in binary mode, key = customer, acknowledged
 * by all replicas, one batch after another. An item its schema refuses is not sent.
 */
export async function kafkaSink(brokers: string[]): Promise<Sink> {
  if (brokers.length === 0) {
    throw new Error(
      'nothing runs on Kafka there: name its brokers with --brokers, or start with npm start -- --bus kafka',
    );
  }
  let complaint = '';
  const kafka = connectKafka({
    brokers,
    clientId: 'heard.replay',
    log: (_level, message) => {
      complaint = message;
    },
  });
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    maxInFlightRequests: 1,
  });
  const failed = (what: string, error: unknown) =>
    new Error(`Kafka at ${brokers.join(',')} ${what}: ${(error as Error).message || complaint}`, { cause: error });
  await producer.connect().catch((error) => {
    throw failed('does not answer', error);
  });

  return {
    lanes: 1,
    close: () => producer.disconnect(),
    async send(kind, items) {
      const { topic } = routes[kind];
      const judged = items.map((item) => messageOf(kind, item));
      const messages = judged.flatMap((one) => ('message' in one ? [one.message] : []));
      if (messages.length > 0) {
        await producer.send({ topic, messages, acks: -1, timeout: 15_000 }).catch((error) => {
          throw failed(`did not take a batch for ${topic}`, error);
        });
      }
      return judged.map((one) => ('message' in one ? { status: 'sent' } : one));
    },
  };
}

/** The message an item becomes, or why it is not sent. */
export function messageOf(kind: Kind, { value, json }: Item): { message: Message } | Verdict {
  const parsed = kind === 'responses' ? SurveyResponse.safeParse(value) : CustomerValue.safeParse(value);
  if (!parsed.success) {
    return { status: 'rejected', reject: reasonOf({ code: 'invalid', detail: explain(parsed.error) }) };
  }
  const { source, customerId, occurredAt } = parsed.data;
  const name =
    'externalId' in parsed.data
      ? [parsed.data.externalId, parsed.data.revision]
      : [customerId, parsed.data.version ?? Date.parse(occurredAt)];
  const attributes = {
    id: [source, ...name].join(':'),
    type: routes[kind].type,
    source: `/${source}`,
    time: occurredAt,
    subject: customerId,
  };
  return { message: { key: customerId, ...binaryMessage(attributes, json) } };
}
