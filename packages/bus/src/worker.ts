interface WorkerOptions {
  /** Without news, look again after this long. */
  idleMs: number;
  /** A wake-up begins a batch this long after the last one ended: under load what comes together is done together. */
  lingerMs: number;
  failed(error: unknown, inMs: number): void;
}

/**
 * A loop that works while there is work, sleeps until it is woken or its time has come, and backs off after a failure
 * (100 ms, doubling to 5 s).
 */
export class Worker {
  readonly #step: () => Promise<boolean | number>;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  #wakeUp: (() => void) | undefined;
  #woken = false;
  #failures = 0;
  #running: Promise<void> | undefined;

  /** `step` does one batch and says whether there may be more; a number says for how many ms there is none. */
  constructor(step: () => Promise<boolean | number>, options: WorkerOptions) {
    this.#step = step;
    this.#options = options;
  }

  start(): this {
    this.#running = this.#run();
    return this;
  }

  readonly wake = (): void => {
    this.#woken = true;
    this.#wakeUp?.();
  };

  /** Lets the batch in hand finish. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wakeUp?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#woken = false;
      let more: boolean | number;
      try {
        more = await this.#step();
        this.#failures = 0;
      } catch (error) {
        const wait = Math.min(100 * 2 ** this.#failures, 5_000);
        this.#failures++;
        this.#options.failed(error, wait);
        await pause(wait, signal);
        continue;
      }
      if (more === true) continue;
      const ended = performance.now();
      if (!this.#woken) await this.#sleep(more === false ? this.#options.idleMs : more);
      const early = this.#options.lingerMs - (performance.now() - ended);
      if (this.#woken && early > 0) await pause(early, signal);
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wakeUp = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wakeUp = done;
      if (this.#stopping.signal.aborted) done();
    });
  }
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
