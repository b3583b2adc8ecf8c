import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOG_LIMIT_BYTES = 10_000_000;

/** A server that runs beside this process, writes to a log file, and does not outlive this process. */
export interface Program {
  pid: number;
  /** How it ended, once it has. */
  ended: Promise<string>;
  /** What it has written since it started. */
  output(): string;
  /** Looks every 20 ms whether `ready()`; false when it has ended first or `patienceMs` are over. */
  becomes(ready: () => boolean, patienceMs: number): Promise<boolean>;
  /** Sends `signal` and waits; after `patienceMs` sends SIGKILL. Does nothing more once it has ended. */
  end(signal: NodeJS.Signals, patienceMs: number): Promise<void>;
}

export interface Command {
  file: string;
  args: string[];
  options?: Pick<SpawnOptions, 'uid' | 'gid' | 'env' | 'cwd'>;
}

/**
 * Starts `command` with its output appended to `logFile` (begun anew above 10 MB), in a process group of its own so
 * that Ctrl-C reaches only us and we choose the order. When this process dies, however it dies, it gets `lastSignal`.
 */
export async function startProgram(command: Command, logFile: string, lastSignal: 'INT' | 'TERM'): Promise<Program> {
  const kept = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const append = kept < LOG_LIMIT_BYTES;
  const log = openSync(logFile, append ? 'a' : 'w', 0o600);
  const child = spawn(command.file, command.args, { ...command.options, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  await once(child, 'spawn');
  const pid = child.pid!;
  const watcher = watch(pid, lastSignal);
  let over = false;
  void ended.then(() => {
    over = true;
    watcher.kill('SIGKILL');
  });

  return {
    pid,
    ended,
    output: () => readFrom(logFile, append ? kept : 0),
    async becomes(ready, patienceMs) {
      for (let waited = 0; !over && waited < patienceMs; waited += 20) {
        if (ready()) return true;
        await sleep(20);
      }
      return false;
    },
    async end(signal, patienceMs) {
      child.kill(signal);
      const late = new AbortController();
      const kill = sleep(patienceMs, undefined, { signal: late.signal, ref: false }).then(
        () => child.kill('SIGKILL'),
        () => false,
      );
      await ended;
      late.abort();
      await kill;
    },
  };
}

function readFrom(file: string, start: number): string {
  const opened = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(opened).size - start));
    return bytes.toString('utf8', 0, readSync(opened, bytes, 0, bytes.length, start));
  } finally {
    closeSync(opened);
  }
}

/** A shell that waits for the end of its input, which the kernel closes when this process is gone. */
function watch(pid: number, signal: string): ChildProcess {
  const watcher = spawn('sh', ['-c', 'read _; kill -s "$1" "$2"', 'sh', signal, String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void }).unref();
  return watcher;
}

/**
 * Whether `pid` is alive and its command line holds `text`: the number alone says little, it may belong to another
 * program by now. A zombie has no command line and so counts as gone.
 */
export function runs(pid: number, text: string): boolean {
  try {
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(text);
  } catch {
    return false;
  }
}

/** Ends a program that an earlier process left behind: `signal`, after `patienceMs` SIGKILL. */
export async function endOrphan(pid: number, text: string, signal: NodeJS.Signals, patienceMs: number): Promise<void> {
  for (let waited = 0; runs(pid, text); waited += 50) {
    try {
      if (waited === 0) process.kill(pid, signal);
      else if (waited >= patienceMs) process.kill(pid, 'SIGKILL');
    } catch (error) {
      // Quicker than we are.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    await sleep(50);
  }
}
