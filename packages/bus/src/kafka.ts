import { createRequire } from 'node:module';
import kafkajs, { type Kafka } from 'kafkajs';
import { registerCodecs } from './kafka-compression.ts';

/**
 * How we speak to Kafka: kafkajs 2.2.4, known to this file and its neighbours kafka-*.ts alone. Its faults, and what is done about them:
 * - compressed batches of other producers end the consumer for good unless a codec is registered (#1141, #597): all are,
 *   in kafka-compression.ts;
 * - no heartbeat while a batch is handled (#447, #1527): a timer beats;
 * - a partition may silently stop being fetched (#1456): the watchdog in bus.ts looks at progress, not at heartbeats;
 * - a crash it calls non-retriable ends the consumer quietly (#1271): `crashed` is called and the process ends;
 * - each connection sets a timer with a negative time-out, which sets itself again every millisecond for ever (#1751:
 *   a warning on Node 24, 2 % of a core always): `scheduleCheckPendingRequests` below sets none without a reason;
 * - whatever went wrong when a broker was asked for the coordinator of a group becomes an error that is called non-retriable,
 *   and ends the consumer: `findGroupCoordinatorMetadata` below calls it what it is;
 * - offsets are committed after each batch, which the next fetch waits for: we commit once a second beside the fetching;
 * - it goes on with a batch after a rebalance began (#1527): the partition is given back at the first failed heartbeat;
 * - the idempotent producer keeps its sequence state wrong after some failed sends. We do not need it: each event
 *   carries the log's own sequence, and a consumer drops what is behind its position (docs/adr/0002).
 */
const { Kafka: KafkaClient, logLevel } = kafkajs;

registerCodecs();

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}
const inside = createRequire(import.meta.url);
const queue = (inside('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }).prototype;
const schedule = queue.scheduleCheckPendingRequests;
queue.scheduleCheckPendingRequests = function () {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
};

interface Cluster {
  findGroupCoordinatorMetadata(group: unknown): Promise<unknown>;
}
const cluster = (inside('kafkajs/src/cluster') as { prototype: Cluster }).prototype;
const find = cluster.findGroupCoordinatorMetadata;
cluster.findGroupCoordinatorMetadata = async function (group) {
  try {
    return await find.call(this, group);
  } catch (error) {
    throw Object.assign(error as object, { retriable: true });
  }
};

export interface KafkaOptions {
  brokers: string[];
  clientId: string;
  /** Goes on for minutes instead of seconds while no broker answers. */
  patient?: boolean;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

/** It says the same thing thirty times a second while a broker is away. */
const repeatAfterMs = 10_000;

/** What kafkajs logs as an error although it belongs to starting, scaling and stopping, and it goes on by itself. */
const ordinary = /^The group (coordinator is not available|is rebalancing)|^The coordinator is (loading|not aware)/;

export function connectKafka({ brokers, clientId, patient, log }: KafkaOptions): Kafka {
  const lastLogged = new Map<string, number>();
  return new KafkaClient({
    brokers,
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, multiplier: 1.5, maxRetryTime: 1_000, retries: patient ? 120 : 8 },
    logLevel: logLevel.WARN,
    // Whatever it logs it tries again, or gives up with an error that reaches `failed` or `crashed`.
    logCreator: () => (entry) => {
      const { message, error } = entry.log as { message: string; error?: unknown };
      const why = typeof error === 'string' && error !== message ? `: ${error}` : '';
      const line = `kafkajs ${entry.namespace}: ${message}${why}`;
      const now = Date.now();
      if (now - (lastLogged.get(line) ?? 0) < repeatAfterMs) return;
      if (lastLogged.size > 100) lastLogged.clear();
      lastLogged.set(line, now);
      log(ordinary.test(error as string) ? 'info' : 'warn', line);
    },
  });
}
