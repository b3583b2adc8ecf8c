import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { NotYet } from '@heard/bus/rejection';
import type { Language } from '@heard/reports/figures';
import type { InitiativeReportData, PackReportData, PeriodReportData } from '@heard/reports/report-data';
import type { Read } from './period-report-data.ts';

export type Report =
  | ({ kind: 'period' } & Read<PeriodReportData>)
  | ({ kind: 'initiative' } & Read<InitiativeReportData>)
  | { kind: 'pack'; data: PackReportData };

interface Waiting {
  resolve(html: string): void;
  reject(error: Error): void;
}

const mostWaiting = 20;

/**
 * Makes reports in a process of its own: comparing who left takes up to a second, and the chart library a hundred
 * megabytes, which only the end of a process gives back. It starts with the first report, ends when none was asked for a
 * while, and is told no secret of the service.
 */
export class ReportRenderer {
  readonly #idleMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #process: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(idleMs = 20_000) {
    this.#idleMs = idleMs;
  }

  /** Of the process, while there is one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Throws NotYet while too many wait. */
  async render(report: Report, language: Language): Promise<string> {
    if (this.#waiting.size >= mostWaiting) throw new NotYet('too many reports are being made');
    clearTimeout(this.#idle);
    this.#process ??= this.#start();
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process!.send({ id, report, language });
    });
  }

  async close(): Promise<void> {
    const running = this.#process;
    if (!running) return;
    this.#end();
    if (running.exitCode === null && running.signalCode === null) await once(running, 'exit');
  }

  #start(): ChildProcess {
    const started = fork(new URL('./report-process.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    started.on('message', ({ id, html, error }: { id: number; html?: string; error?: Error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (html === undefined) waiting?.reject(new Error('making a report failed', { cause: error }));
      else waiting?.resolve(html);
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#end(), this.#idleMs).unref();
    });
    started.on('error', (error) => this.#lost(started, error));
    started.on('exit', (code, signal) => this.#lost(started, new Error(`it ended with ${signal ?? code}`)));
    started.unref();
    started.channel!.unref();
    return started;
  }

  #end(): void {
    clearTimeout(this.#idle);
    const running = this.#process;
    this.#process = undefined;
    running?.kill();
    this.#reject(new NotYet('the service is closing'));
  }

  #lost(process: ChildProcess, error: Error): void {
    if (this.#process !== process) return;
    this.#process = undefined;
    this.#reject(error);
  }

  #reject(cause: Error): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('making a report failed', { cause }));
    this.#waiting.clear();
  }
}
