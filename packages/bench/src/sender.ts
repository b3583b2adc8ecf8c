import { connectKafka } from '@heard/bus/kafka';
import { binaryMessage } from '@heard/events/cloudevents';
import kafkajs from 'kafkajs';
import { responseOf } from './responses.ts';

/**
 * A survey system in a process of its own. It sends as fast as it can for some seconds or until `total` are sent, but
 * never more than `window` ahead of what its parent says is done, so that what is measured is a sustained rate.
 */
export interface Order {
  via: 'http' | 'kafka';
  /** A broker, or the URL of ingest. */
  target: string;
  run: string;
  seconds: number;
  total: number;
  window: number;
  batch: number;
  /** Over HTTP. */
  headers: Record<string, string>;
}

export type FromSender = { startedAt: number } | { sent: number; endedAt: number } | { failed: string };

process.once('message', (order: Order) => {
  run(order).catch((error) => process.send!({ failed: String(error?.message ?? error) }));
});

async function run(order: Order): Promise<void> {
  let done = 0;
  process.on('message', (message: { done: number }) => {
    done = message.done;
  });
  const { send, close } = order.via === 'kafka' ? await overKafka(order) : overHttp(order);
  const startedAt = Date.now();
  process.send!({ startedAt });
  let sent = 0;
  const lane = async () => {
    while (Date.now() < startedAt + order.seconds * 1000 && sent < order.total) {
      if (sent - done >= order.window) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const from = sent;
      sent = Math.min(order.total, sent + order.batch);
      await send(Array.from({ length: sent - from }, (_, i) => from + i));
    }
  };
  await Promise.all(order.via === 'http' ? [lane(), lane()] : [lane()]);
  process.send!({ sent, endedAt: Date.now() });
  await close();
  process.disconnect();
}

async function overKafka({ target, run }: Order) {
  const kafka = connectKafka({ brokers: [target], clientId: 'heard.bench', log: () => {} });
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  return {
    close: () => producer.disconnect(),
    async send(numbers: number[]) {
      const messages = numbers.map((n) => {
        const response = responseOf(run, n);
        const attributes = {
          id: response.externalId,
          type: 'survey-response.submitted',
          source: '/bench',
          time: response.occurredAt,
          subject: response.customerId,
        };
        return { key: response.customerId, ...binaryMessage(attributes, JSON.stringify(response)) };
      });
      await producer.send({ topic: 'heard.inbound.survey-responses', messages, acks: -1 });
    },
  };
}

function overHttp({ target, run, headers }: Order) {
  return {
    close: async () => {},
    async send(numbers: number[]) {
      const answer = await fetch(`${target}/v1/responses/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(numbers.map((n) => responseOf(run, n))),
      });
      const { results } = (await answer.json()) as { results?: { status: string }[] };
      const refused = results ? results.find(({ status }) => status !== 'accepted') : answer.status;
      if (refused) throw new Error(`ingest did not accept: ${JSON.stringify(refused)}`);
    },
  };
}
