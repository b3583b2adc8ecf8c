import { describe } from '@heard/bus/bus';
import closeWithGrace from 'close-with-grace';
import type { Running, StartOptions } from './service.ts';

/** Runs a service as this process: environment in, orderly stop on SIGTERM and SIGINT, one line when it cannot start. */
export async function runProcess(start: (options: StartOptions) => Promise<Running>): Promise<void> {
  let running: Running | undefined;
  const grace = closeWithGrace({ delay: 15_000, logger: undefined }, async ({ err }) => {
    if (err) process.stderr.write(`${describe(err)}\n`);
    await running?.close();
  });
  try {
    running = await start({ environment: process.env });
  } catch (error) {
    grace.uninstall();
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  }
}
