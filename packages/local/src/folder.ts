import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** SQLite's code for a lock that another holds. */
const BUSY = 5;

/**
 * Makes `dir` if need be and holds it for this process alone until the returned function is called.
 *
 * The lock is the kernel's (SQLite's, on the empty file `lock`), so it goes with the process however that ends: there
 * is no stale lock, and whoever holds the folder knows that every earlier holder is gone.
 * Throws one sentence naming the holder when the folder is taken.
 */
export function claimFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const holder = join(dir, 'lock.pid');
  const lock = new DatabaseSync(join(dir, 'lock'), { timeout: 500 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    const { errcode, message } = cause as { errcode?: number; message: string };
    const why =
      errcode === BUSY
        ? `is in use by process ${read(holder)}; stop it first or choose another folder`
        : `cannot be locked (${message}); make it yours to write or choose another folder`;
    throw new Error(`The folder ${dir} ${why}.`, { cause });
  }
  writeFileSync(holder, `${process.pid}\n`);
  return () => {
    if (!lock.isOpen) return;
    rmSync(holder, { force: true });
    lock.close();
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
