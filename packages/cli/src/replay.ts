import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Kind, type ReadOptions, type RecordOrProblem, readRecords } from '@heard/imports/records';
import { httpSink } from './replay-http.ts';
import { kafkaSink } from './replay-kafka.ts';
import { type Counters, difference, look, settle, summaryUrls } from './settling.ts';
import type { Item, Reject } from './sink.ts';

export interface ReplayOptions extends Pick<ReadOptions, 'kind' | 'map' | 'defaults'> {
  files: string[];
  via: 'http' | 'kafka';
  /** The ingest service; the other services are looked for on the same host. */
  url: string;
  brokers: string[];
  /** Items a request or a Kafka batch carries at most. */
  batch: number;
  /** Items per second; 0 = as fast as they are taken. */
  rate: number;
  /** Wait until the services have settled and report what came of it. */
  wait: boolean;
  environment: Record<string, string | undefined>;
  /** What says who sends, over HTTP. */
  headers?: Record<string, string>;
  progress?(now: Progress): void;
  /** How long to try again, and how to wait for rest; tests are less patient. */
  patienceMs?: number;
  settling?: { everyMs: number; boundMs: number };
}

export interface Progress {
  read: number;
  bytes: number;
  totalBytes: number;
}

/** Every line read is in exactly one of the other counts: over Kafka in `sent` or `rejected`. */
export interface ReplaySummary {
  read: number;
  accepted?: number;
  duplicate?: number;
  superseded?: number;
  sent?: number;
  rejected: number;
  rejects: Reject[];
  seconds: number;
  perSecond: number;
  outcome?: {
    settled: boolean;
    cases?: number;
    clocks?: number;
    stopListEntries?: number;
    before: Counters;
    after: Counters;
    difference: Counters;
    /** Services that did not say what they hold. */
    silent: string[];
  };
}

const rejectsShown = 20;
const maxBatchBytes = 4_000_000;

/**
 * Sends files of responses and customer values to a running Heard, file after file, and says what became of each line.
 * The items of one customer are sent in the order of the file. A line that cannot be read or is refused is counted and
 * does not stop the rest; a file that cannot be read at all, or a Heard that stays away, throws.
 */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const totalBytes = await sizeOf(options.files);
  const progress: Progress = { read: 0, bytes: 0, totalBytes };
  const counts = { accepted: 0, duplicate: 0, superseded: 0, sent: 0, rejected: 0 };
  const rejects: Reject[] = [];
  let responsesTaken = 0;

  const urls = summaryUrls(options.url, options.environment);
  const headers = options.headers ?? {};
  const before = options.wait ? await look(urls, headers) : {};
  const sink =
    options.via === 'kafka' ? await kafkaSink(options.brokers) : httpSink(options.url, headers, options.patienceMs);
  const started = performance.now();
  try {
    await sendAll();
  } finally {
    await sink.close();
  }
  const seconds = (performance.now() - started) / 1000;
  const { sent, rejected, ...answered } = counts;
  return {
    read: progress.read,
    ...(options.via === 'kafka' ? { sent } : answered),
    rejected,
    rejects,
    seconds: Math.round(seconds * 1000) / 1000,
    perSecond: Math.round(progress.read / seconds),
    ...(options.wait ? { outcome: await outcome() } : {}),
  };

  async function sendAll(): Promise<void> {
    const lanes = Array.from({ length: sink.lanes }, () => new Lane(options.batch, deliver));
    const pace = pacer(options.rate, () => Promise.all(lanes.map((lane) => lane.flush())));
    for (const file of options.files) {
      for await (const record of recordsOf(file)) {
        progress.read++;
        if (record.problem) {
          reject({ file, line: record.line, ...record.problem });
          continue;
        }
        await pace();
        const { line, kind, value } = record;
        const customerId = String((value as { customerId?: unknown }).customerId ?? '');
        const item = { file, line, kind, customerId, value, json: JSON.stringify(value) };
        await lanes[laneOf(customerId, lanes.length)]!.add(item);
      }
      // A file of values goes in completely before the file of responses that follows it.
      for (const lane of lanes) await lane.drain();
    }
  }

  async function* recordsOf(file: string): AsyncGenerator<RecordOrProblem> {
    const format = /\.(jsonl|ndjson|json)$/i.test(file) ? 'jsonl' : 'csv';
    const { kind, map, defaults } = options;
    async function* counted() {
      for await (const chunk of createReadStream(file)) {
        progress.bytes += (chunk as Buffer).length;
        options.progress?.(progress);
        yield chunk as Buffer;
      }
    }
    try {
      yield* readRecords(counted(), { format, kind, map, defaults });
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
    }
  }

  async function deliver(kind: Kind, items: readonly Item[]): Promise<void> {
    const verdicts = await sink.send(kind, items);
    for (const [at, { status, reject: why }] of verdicts.entries()) {
      const { file, line } = items[at]!;
      if (status === 'rejected') reject({ file, line, field: 'line', message: 'was refused', ...why });
      else {
        counts[status]++;
        if (kind === 'responses' && (status === 'accepted' || status === 'sent')) responsesTaken++;
      }
    }
    options.progress?.(progress);
  }

  function reject(one: Reject): void {
    counts.rejected++;
    if (rejects.length < rejectsShown) rejects.push(one);
  }

  async function outcome(): Promise<ReplaySummary['outcome']> {
    const { settled, after } = await settle(urls, headers, before, responsesTaken, options.settling);
    const changed = difference(before, after);
    return {
      settled,
      cases: changed.assignment?.cases,
      clocks: changed['sla-timer']?.clocks,
      stopListEntries: changed['suppression-list']?.entries,
      before,
      after,
      difference: changed,
      silent: [...urls.keys()].filter((service) => !changed[service]),
    };
  }
}

async function sizeOf(files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`cannot read ${file}: ${error.code === 'ENOENT' ? 'there is no such file' : error.code}`);
    });
    if (found.isDirectory()) throw new Error(`cannot read ${file}: it is a folder`);
    bytes += found.size;
  }
  return bytes;
}

/**
 * Gathers the items of some customers and sends them batch after batch. A batch's values go before its responses, so a
 * response that is followed by a value of the same customer closes the batch.
 */
class Lane {
  readonly #size: number;
  readonly #deliver: (kind: Kind, items: readonly Item[]) => Promise<void>;
  #values: Item[] = [];
  #responses: Item[] = [];
  #responding = new Set<string>();
  #bytes = 0;
  #sending: Promise<void> = Promise.resolve();

  constructor(size: number, deliver: (kind: Kind, items: readonly Item[]) => Promise<void>) {
    this.#size = size;
    this.#deliver = deliver;
  }

  async add(item: Item): Promise<void> {
    const value = item.kind === 'customer-values';
    if ((value && this.#responding.has(item.customerId)) || this.#bytes + item.json.length > maxBatchBytes) {
      await this.flush();
    }
    (value ? this.#values : this.#responses).push(item);
    if (!value) this.#responding.add(item.customerId);
    this.#bytes += item.json.length;
    if (this.#values.length === this.#size || this.#responses.length === this.#size) await this.flush();
  }

  /** Starts sending what is gathered, once the batch before it has been taken. */
  async flush(): Promise<void> {
    await this.#sending;
    const values = this.#values;
    const responses = this.#responses;
    if (values.length + responses.length === 0) return;
    this.#values = [];
    this.#responses = [];
    this.#responding = new Set();
    this.#bytes = 0;
    this.#sending = this.#send(values, responses);
    this.#sending.catch(() => undefined); // thrown to whoever flushes next
  }

  async drain(): Promise<void> {
    await this.flush();
    await this.#sending;
  }

  async #send(values: readonly Item[], responses: readonly Item[]): Promise<void> {
    if (values.length > 0) await this.#deliver('customer-values', values);
    if (responses.length > 0) await this.#deliver('responses', responses);
  }
}

function laneOf(customerId: string, lanes: number): number {
  let hash = 0;
  for (let at = 0; at < customerId.length; at++) hash = (hash * 31 + customerId.charCodeAt(at)) | 0;
  return (hash >>> 0) % lanes;
}

/** Holds each item back until it is due, in steps of at least 50 ms; what is gathered goes out before a pause. */
function pacer(rate: number, flush: () => Promise<unknown>): () => Promise<void> {
  if (rate === 0) return async () => undefined;
  const started = performance.now();
  let passed = 0;
  return async () => {
    const early = started + (passed++ * 1000) / rate - performance.now();
    if (early < 50) return;
    await flush();
    await new Promise((resolve) => setTimeout(resolve, early));
  };
}
