import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again until `look` returns something that is not undefined, null or false; the error says what it waited for. */
export async function eventually<T>(what: string, look: () => Promise<T> | T, seconds = 20): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    await sleep(20);
  }
  throw new Error(`waited ${seconds} s for: ${what}`, { cause: last });
}
