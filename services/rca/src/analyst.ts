import { Worker } from 'node:worker_threads';
import { NotYet } from '@heard/bus/rejection';
import type { KeywordQuestion, Keywords } from './keywords.ts';

/** `wakes`: how many there have been. */
export interface ToAnalyst {
  wakes: number;
  question?: KeywordQuestion & { number: number };
}

/** `complete`: something may be announced · `rests`: all is done that was there at that wake. */
export type FromAnalyst =
  | { type: 'complete' }
  | { type: 'rests'; wakes: number }
  | { type: 'answers'; number: number; keywords: Keywords };

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
  #questions = 0;
  readonly #asked = new Map<number, (answer: Keywords | Error) => void>();

  constructor(options: AnalystOptions) {
    this.#options = options;
  }

  readonly wake = (): void => {
    if (this.#closed) return;
    this.#wakes++;
    if (this.#worker) this.#send();
    else if (this.#failures === 0) this.#start();
  };

  /** Waits its turn behind the batch in hand, at most half a minute; then, or when the thread dies, it is "not now". */
  async ask(question: KeywordQuestion): Promise<Keywords> {
    const number = ++this.#questions;
    const answered = new Promise<Keywords>((resolve, reject) => {
      const late = setTimeout(() => this.#answer(number, new NotYet('the texts are being worked on')), 30_000);
      this.#asked.set(number, (answer) => {
        clearTimeout(late);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
    });
    this.wake();
    if (this.#worker)
      this.#worker.postMessage({ wakes: this.#wakes, question: { ...question, number } } satisfies ToAnalyst);
    else this.#answer(number, new NotYet('the work on texts is being begun again'));
    return answered;
  }

  #answer(number: number, answer: Keywords | Error): void {
    this.#asked.get(number)?.(answer);
    this.#asked.delete(number);
  }

  /** Ends the thread in whatever it is doing. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
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
    if (message.type === 'answers') {
      this.#answer(message.number, message.keywords);
      return;
    }
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
    for (const number of this.#asked.keys()) this.#answer(number, new NotYet('the work on texts was ended'));
    if (this.#closed) return;
    const wait = Math.min(100 * 2 ** this.#failures, 5_000);
    this.#failures++;
    this.#options.died(error, wait);
    this.#timer = setTimeout(() => this.#start(), wait);
  }
}
