import { flushCompileCache } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe } from '@heard/bus/bus';
import closeWithGrace from 'close-with-grace';
import type { Running, StartOptions } from './service.ts';

/** EX_TEMPFAIL of sysexits.h: it ran, can do no more, and is to be started again. What cannot start at all ends with 1. */
export const toStartAgain = 75;

/** Runs a service as this process: environment in, orderly stop on SIGTERM and SIGINT, one line when it cannot start. */
export async function runProcess(start: (options: StartOptions) => Promise<Running>): Promise<void> {
  let running: Running | undefined;
  // Node keeps all it has read from the cache until it is told to write it back: 4 MB, which starting now can use.
  flushCompileCache();
  const grace = closeWithGrace({ delay: 15_000, logger: undefined }, async ({ err }) => {
    if (err) process.stderr.write(`${describe(err)}\n`);
    await running?.close();
    if (err) process.exit(toStartAgain);
  });
  try {
    running = await start({ environment: process.env });
    void giveBack(running);
  } catch (error) {
    grace.uninstall();
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  }
}

/**
 * Frees what starting left behind, 30 MB which V8 would keep until there is something to do. Its young generation, grown
 * by loading modules, begins small again, and grows as the load does. Soon after the first policy has been read and
 * compiled nothing more of it comes.
 */
async function giveBack({ ready }: Running): Promise<void> {
  do await sleep(1_000, undefined, { ref: false });
  while (!(await ready().catch(() => false)));
  await sleep(1_500, undefined, { ref: false });
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as NodeJS.GCFunction)({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
