import { Worker } from 'node:worker_threads';
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

const idleMs = 20_000;
const mostWaiting = 20;

/**
 * Makes reports in a thread of its own: comparing who left takes up to a second, and the chart library tens of megabytes.
 * The thread starts with the first report and ends when none was asked for a while.
 */
export class ReportRenderer {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last = 0;

  get running(): boolean {
    return this.#worker !== undefined;
  }

  /** Throws NotYet while too many wait. */
  render(report: Report, language: Language): Promise<string> {
    if (this.#waiting.size >= mostWaiting) throw new NotYet('too many reports are being made');
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker!.postMessage({ id, report, language });
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./report-worker.ts', import.meta.url));
    worker.on('message', ({ id, html, error }: { id: number; html?: string; error?: Error }) => {
      const waiting = this.#waiting.get(id)!;
      this.#waiting.delete(id);
      if (html === undefined) waiting.reject(new Error('drawing a report failed', { cause: error }));
      else waiting.resolve(html);
      if (this.#waiting.size > 0) return;
      this.#idle = setTimeout(() => void worker.terminate(), idleMs).unref();
    });
    worker.on('error', (error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, new NotYet('the service is closing')));
    worker.unref();
    return worker;
  }

  #lost(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error('drawing a report failed', { cause: error }));
    this.#waiting.clear();
  }
}
