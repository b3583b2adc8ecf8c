import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { NotYet } from '@heard/bus/rejection';
import type { KeywordQuestion, Keywords } from './keywords.ts';

/** `wakes`: how many there have been. The address comes with each, because it is a secret and no argument. */
export interface ToAnalyst {
  databaseUrl: string;
  wakes: number;
  question?: KeywordQuestion & { number: number };
}

/** `complete`: something may be announced · `rests`: all is done that was there at that wake · `fails`: it ends. */
export type FromAnalyst =
  | { type: 'complete' }
  | { type: 'rests'; wakes: number }
  | { type: 'answers'; number: number; keywords: Keywords }
  | { type: 'fails'; why: string };

export interface AnalystOptions {
  databaseUrl: string;
  complete(): void;
  /** It died and is started again. */
  died(why: string, inMs: number): void;
  /** Without work for so long it is ended, and its memory with it. */
  idleMs?: number;
}

const minute = 60_000;
const mostQuestions = 20;

/**
 * The process that works on texts, from outside: started when it is first woken, ended when it has rested for a minute,
 * started again when it dies. What serves HTTP and the bus never loads a dictionary and never waits for one; and only the
 * end of a process gives back the memory they take.
 */
export class Analyst {
  readonly #options: AnalystOptions;
  #process: ChildProcess | undefined;
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
    if (this.#process) this.#send();
    else if (this.#failures === 0) this.#start();
  };

  /** Waits its turn behind the batch in hand, at most half a minute; then, or when the process dies, it is "not now". */
  async ask(question: KeywordQuestion): Promise<Keywords> {
    if (this.#asked.size >= mostQuestions) throw new NotYet('too many questions about texts wait');
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
    if (this.#process) this.#send({ ...question, number });
    else this.#answer(number, new NotYet('the work on texts is being begun again'));
    return answered;
  }

  #answer(number: number, answer: Keywords | Error): void {
    this.#asked.get(number)?.(answer);
    this.#asked.delete(number);
  }

  /** Ends the process in whatever it is doing. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  #send(question?: ToAnalyst['question']): void {
    clearTimeout(this.#timer);
    const message: ToAnalyst = { databaseUrl: this.#options.databaseUrl, wakes: this.#wakes, question };
    // One that cannot be told has ended, and what started it hears of that.
    this.#process!.send(message, () => {});
  }

  #start(): void {
    const started = fork(new URL('./analyst-process.ts', import.meta.url), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#process = started;
    let why = 'it could not be started';
    started.on('message', (message: FromAnalyst) => {
      if (message.type === 'fails') why = message.why;
      else this.#hear(started, message);
    });
    started.on('error', (error) => this.#ended(started, error.message));
    started.on('exit', (code, signal) => this.#ended(started, signal ?? (code === 1 ? why : `exit code ${code}`)));
    this.#send();
  }

  #hear(from: ChildProcess, message: Exclude<FromAnalyst, { type: 'fails' }>): void {
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
      if (this.#process === from) this.#process = undefined;
      from.kill('SIGKILL');
    }, this.#options.idleMs ?? minute);
    this.#timer.unref();
  }

  #ended(process: ChildProcess, why: string): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    for (const number of this.#asked.keys()) this.#answer(number, new NotYet('the work on texts was ended'));
    if (this.#closed) return;
    const wait = Math.min(100 * 2 ** this.#failures, 5_000);
    this.#failures++;
    this.#options.died(why, wait);
    this.#timer = setTimeout(() => this.#start(), wait);
  }
}
