import type { BusMetrics } from '@heard/bus/bus';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Metrics of one process, prefix `heard_`; labels are bounded, and no customer is ever one. */
export class Metrics implements BusMetrics {
  readonly registry = new Registry();
  readonly #lag = this.#gauge('heard_bus_consumer_lag', 'Events a consumer has still to read.', [
    'consumer',
    'topic',
    'partition',
  ]);
  readonly #progress = this.#gauge('heard_bus_last_progress_timestamp_seconds', 'When a partition last moved.', [
    'consumer',
    'topic',
    'partition',
  ]);
  readonly #events = this.#counter('heard_bus_consumed_events_total', 'Events handled.', ['consumer']);
  readonly #batches = new Histogram({
    name: 'heard_bus_batch_seconds',
    help: 'Time to handle one batch inside its transaction.',
    labelNames: ['consumer'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [this.registry],
  });
  readonly #dead = this.#counter('heard_bus_dead_letters_total', 'Events that became dead letters.', [
    'consumer',
    'code',
  ]);
  readonly #gaps = this.#counter('heard_bus_gaps_total', 'Acknowledged events the broker lost.', ['consumer', 'topic']);
  readonly policyVersion = this.#gauge('heard_policy_version', 'The policy version in force.', []);
  readonly timerLateness = new Histogram({
    name: 'heard_timer_lateness_seconds',
    help: 'How long after its due time a timer fired.',
    buckets: [0.005, 0.01, 0.03, 0.1, 0.3, 1, 10, 60],
    registers: [this.registry],
  });
  readonly requests = new Histogram({
    name: 'heard_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'heard_' });
  }

  /** Has the age of the outbox read whenever metrics are. */
  watchOutbox(age: () => Promise<number>): void {
    new Gauge({
      name: 'heard_bus_unpublished_age_seconds',
      help: 'Age of the oldest event not yet on Kafka.',
      registers: [this.registry],
      async collect() {
        this.set(await age().catch(() => Number.NaN)); // the database is away: not known
      },
    });
  }

  /** Has a gauge with one label read whenever metrics are. */
  watch(
    gauge: { name: string; help: string; label: string },
    read: () => Promise<{ label: string; value: number }[]>,
  ): void {
    const { name, help, label } = gauge;
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      async collect() {
        this.reset();
        for (const one of await read().catch(() => [])) this.set({ [label]: one.label }, one.value);
      },
    });
  }

  consumed(consumer: string, topic: string, partition: number, at: number): void {
    this.#progress.set({ consumer, topic, partition }, at / 1000);
  }

  batch(consumer: string, events: number, seconds: number): void {
    this.#events.inc({ consumer }, events);
    this.#batches.observe({ consumer }, seconds);
  }

  deadLettered(consumer: string, code: string): void {
    this.#dead.inc({ consumer, code });
  }

  gap(consumer: string, topic: string): void {
    this.#gaps.inc({ consumer, topic });
  }

  lag(consumer: string, topic: string, partition: number, lag: number): void {
    this.#lag.set({ consumer, topic, partition }, lag);
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
