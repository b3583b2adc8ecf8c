import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pause, Worker } from './worker.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const options = { idleMs: 1_000, lingerMs: 0, failed: () => {} };
const turn = () => vi.advanceTimersByTimeAsync(0);

test('works while there is work, then looks again now and then', async () => {
  let left = 3;
  const step = vi.fn(async () => --left > 0);
  const worker = new Worker(step, options).start();
  await turn();
  expect(step).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(999);
  expect(step).toHaveBeenCalledTimes(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(step).toHaveBeenCalledTimes(4);
  await worker.stop();
});

test('sleeps for as long as its step says', async () => {
  const step = vi.fn(async () => 50);
  const worker = new Worker(step, options).start();
  await turn();
  await vi.advanceTimersByTimeAsync(50);
  expect(step).toHaveBeenCalledTimes(2);
  await worker.stop();
});

test('begins at once what comes alone', async () => {
  const step = vi.fn(async () => false);
  const worker = new Worker(step, { ...options, lingerMs: 3 }).start();
  await vi.advanceTimersByTimeAsync(20);
  worker.wake();
  await turn();
  expect(step).toHaveBeenCalledTimes(2);
  await worker.stop();
});

test('hears a wake-up that comes while it works, and waits a moment for company', async () => {
  const doors: (() => void)[] = [];
  const step = vi.fn(() => new Promise<boolean>((resolve) => doors.push(() => resolve(false))));
  const worker = new Worker(step, { ...options, lingerMs: 3 }).start();
  await turn();
  worker.wake();
  doors.shift()!();
  await turn();
  expect(step).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(3);
  expect(step).toHaveBeenCalledTimes(2);
  doors.shift()!();
  await worker.stop();
});

test('waits longer after each failure, up to 5 s, and forgets them after a success', async () => {
  const waits: number[] = [];
  let fails = true;
  const step = async () => {
    if (fails) throw new Error('no');
    return false;
  };
  const worker = new Worker(step, { ...options, failed: (_, inMs) => waits.push(inMs) }).start();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(waits.slice(0, 8)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  fails = false;
  await vi.advanceTimersByTimeAsync(5_000);
  fails = true;
  waits.length = 0;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(waits[0]).toBe(100);
  await worker.stop();
});

test('lets the batch in hand finish, and does not begin another', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const step = vi.fn(() => promise);
  const worker = new Worker(step, options).start();
  let stopped = false;
  const stopping = worker.stop().then(() => {
    stopped = true;
  });
  await turn();
  expect(stopped).toBe(false);
  resolve(true);
  await stopping;
  expect(step).toHaveBeenCalledTimes(1);
});

test('a pause ends with its signal and leaves no listener behind', async () => {
  const stopping = new AbortController();
  const remove = vi.spyOn(stopping.signal, 'removeEventListener');
  const first = pause(10, stopping.signal);
  await vi.advanceTimersByTimeAsync(10);
  await first;
  expect(remove).toHaveBeenCalledTimes(1);
  const second = pause(60_000, stopping.signal);
  stopping.abort();
  await second;
  await pause(60_000, stopping.signal);
});
