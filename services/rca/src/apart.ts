import { Worker } from 'node:worker_threads';

let last: Promise<unknown> = Promise.resolve();

/** Has a file work on a thread of its own, one after the other, and answers the one message it posts: what takes seconds holds up nobody. */
export function apart<Result>(file: URL, workerData: unknown): Promise<Result> {
  const answered = last.then(
    () =>
      new Promise<Result>((resolve, reject) => {
        const thread = new Worker(file, { workerData });
        thread.once('message', resolve);
        thread.once('error', reject);
        thread.once('exit', (code) => reject(new Error(`${file.pathname} ended with ${code}`)));
      }),
  );
  last = answered.catch(() => {});
  return answered;
}
