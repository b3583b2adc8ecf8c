import { Worker } from 'node:worker_threads';
import type { Followed, Matching, RevenueSaved } from './recovery-paradox.ts';

let last: Promise<unknown> = Promise.resolve();

/** Compares on a thread of its own, one comparison after the other: matching twenty thousand takes seconds. */
export function compareApart(work: {
  recovered: Followed[];
  controls: Followed[];
  matching: Matching;
}): Promise<RevenueSaved> {
  const compared = last.then(
    () =>
      new Promise<RevenueSaved>((resolve, reject) => {
        const thread = new Worker(new URL('./matching-thread.ts', import.meta.url), { workerData: work });
        thread.once('message', resolve);
        thread.once('error', reject);
        thread.once('exit', (code) => reject(new Error(`the matching thread ended with ${code}`)));
      }),
  );
  last = compared.catch(() => {});
  return compared;
}
