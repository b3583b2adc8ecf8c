import { Worker } from 'node:worker_threads';
import { type MemberTask, memberThemes, takeMembers } from './member.ts';

/** Fewer additions per sweep are done before a thread has started. */
const worthThread = 1_000_000;
const longestWait = 120_000;

/** The themes of each member; a second thread helps where there is much to do. */
export function membersOf(task: MemberTask, seeds: number[]): Int32Array[] {
  const rows = task.counts.starts.length - 1;
  if (task.counts.columns.length * task.themes < worthThread) return seeds.map((seed) => memberThemes(task, seed));
  const numbers = (length: number) => new Int32Array(new SharedArrayBuffer(length * 4));
  const work = { task, seeds, next: numbers(1), found: numbers(seeds.length), themeOf: numbers(rows * seeds.length) };
  const worker = new Worker(new URL('./member-worker.ts', import.meta.url), { workerData: work });
  worker.unref();
  // A member the thread took and did not find is found here.
  worker.on('error', () => {});
  takeMembers(work);
  return seeds.map((seed, member) => {
    Atomics.wait(work.found, member, 0, longestWait);
    const isFound = Atomics.load(work.found, member) === 1;
    return isFound ? work.themeOf.slice(member * rows, (member + 1) * rows) : memberThemes(task, seed);
  });
}
