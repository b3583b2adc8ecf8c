import { Worker } from 'node:worker_threads';

/** `wakes`: how many there have been. */
export interface ToAnalyst {
  wakes: number;
}

/** `complete`: something may be announced · `rests`: all is done that was there at that wake. */
export type FromAnalyst = { type: 'complete' } | { type: 'rests'; wakes: number };

export interface AnalystOptions {
  databaseUrl: string;
  complete(): void;
  /** It died and is started again. */
  died(error: unknown, inMs: number): void;
  /** Without work for so long it is ended, and its memory with it. */
  idleMs?: number;
}

const minute = 60_000;

/**
 * The thread that works on texts, from outside: started when it is first woken, ended when it has rested for a minute,
 * started again when it dies. The thread that serves HTTP and the bus never loads a dictionary and never waits for one.
 */
export class Analyst {
  readonly #options: AnalystOptions;
  #worker: Worker | undefined;
  #wakes = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: AnalystOptions) {
    this.#options = options;
  }

  readonly wake = (): void => {
    if (this.#closed) return;
    this.#wakes++;
    if (this.#worker) this.#send();
    else if (this.#failures === 0) this.#start();
  };

  /** Ends the thread in whatever it is doing. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#worker?.terminate();
  }

  /** As `close`, but the next wake starts it again: how the world kills it. */
  async kill(): Promise<void> {
    await this.#worker?.terminate();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#worker!.postMessage({ wakes: this.#wakes } satisfies ToAnalyst);
  }

  #start(): void {
    const { databaseUrl } = this.#options;
    const worker = new Worker(new URL('./analyst-thread.ts', import.meta.url), {
      workerData: { databaseUrl },
      execArgv: [],
    });
    this.#worker = worker;
    let error: unknown;
    worker.on('message', (message: FromAnalyst) => this.#hear(worker, message));
    worker.on('error', (thrown) => {
      error = thrown;
    });
    worker.on('exit', () => this.#ended(worker, error));
    this.#send();
  }

  #hear(worker: Worker, message: FromAnalyst): void {
    if (message.type === 'complete') {
      this.#options.complete();
      return;
    }
    this.#failures = 0;
    if (message.wakes !== this.#wakes) return;
    this.#timer = setTimeout(() => {
      if (this.#worker === worker) this.#worker = undefined;
      void worker.terminate();
    }, this.#options.idleMs ?? minute);
    this.#timer.unref();
  }

  #ended(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    if (this.#closed) return;
    const wait = Math.min(100 * 2 ** this.#failures, 5_000);
    this.#failures++;
    this.#options.died(error, wait);
    this.#timer = setTimeout(() => this.#start(), wait);
  }
}
