import { Worker } from 'node:worker_threads';
import { NotYet } from '@heard/bus/rejection';

const mostWaiting = 20;
let last: Promise<unknown> = Promise.resolve();
let waiting = 0;

/**
 * Has a file work on a thread of its own, one after the other, and answers the one message it posts: what takes seconds
 * holds up nobody. Throws NotYet while too many wait.
 */
export async function apart<Result>(file: URL, workerData: unknown): Promise<Result> {
  if (waiting >= mostWaiting) throw new NotYet('too many comparisons are being made');
  waiting++;
  const answered = last.then(
    () =>
      new Promise<Result>((resolve, reject) => {
        const thread = new Worker(file, { workerData });
        thread.once('message', resolve);
        thread.once('error', reject);
        thread.once('exit', (code) => reject(new Error(`${file.pathname} ended with ${code}`)));
      }),
  );
  last = answered.catch(() => {}).finally(() => waiting--); // whoever asked hears of it
  return answered;
}
