import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type LocalPostgres, startPostgres } from './postgres.ts';

const dir = mkdtempSync(join(tmpdir(), 'heard postgres '));
const settings = { shared_buffers: '16MB', max_connections: '20' };
const started: LocalPostgres[] = [];

async function start(port?: number): Promise<LocalPostgres> {
  const postgres = await startPostgres({ dir, port, settings });
  started.push(postgres);
  return postgres;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  // A server that is killed under the client is part of these tests.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The notes of a `heard` database that survived everything so far. */
const notes = async (postgres: LocalPostgres) =>
  (await query(postgres.url('heard'), 'select text from note order by id')).map((row) => row.text);

const postmaster = () => Number(readFileSync(join(dir, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

test('starts from nothing with UTF-8, checksums, a password and loopback only', async () => {
  const postgres = await start();
  await query(postgres.adminUrl, 'create database heard');
  await query(postgres.url('heard'), 'create table note (id int generated always as identity, text text)');
  await query(postgres.url('heard'), `insert into note (text) values ('贬损者')`);

  const [facts] = await query(
    postgres.url('heard'),
    `select current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums,
       current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
       current_setting('shared_buffers') as buffers, current_setting('max_wal_size') as wal,
       datlocprovider::text || ' ' || datlocale as locale, upper('ä') as upper
     from pg_database where datname = 'heard'`,
  );
  expect(facts).toEqual({
    encoding: 'UTF8',
    checksums: 'on',
    addresses: '127.0.0.1',
    fsync: 'on',
    buffers: '16MB',
    wal: '4GB',
    locale: 'b C.UTF-8',
    upper: 'Ä',
  });
  expect(statSync(join(dir, 'password')).mode & 0o777).toBe(0o600);
  const withoutPassword = `postgres://postgres:wrong@127.0.0.1:${postgres.port}/heard`;
  await expect(query(withoutPassword, 'select 1')).rejects.toThrow('password authentication failed');
});

test('keeps the data over a stop, and stops only once', async () => {
  const postgres = await start();
  expect(await notes(postgres)).toEqual(['贬损者']);
  await Promise.all([postgres.stop(), postgres.stop()]);
  expect(await notes(await start())).toEqual(['贬损者']);
});

test('refuses a second start on the same folder in one line and leaves the first alone', async () => {
  const postgres = await start();
  await expect(start()).rejects.toThrow(
    new Error(`The folder ${dir} is in use by process ${process.pid}; stop it first or choose another folder.`),
  );
  expect(await notes(postgres)).toHaveLength(1);
});

test('refuses a port that is taken in one line and lets go of the folder', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await expect(start(port)).rejects.toThrow(`Port ${port} of 127.0.0.1 is taken by another program`);
  other.close();
  await once(other, 'close');
  expect((await start(port)).port).toBe(port);
});

test('says what PostgreSQL itself objects to', async () => {
  const refused = startPostgres({ dir, settings: { ...settings, max_wal_size: 'much' } });
  await expect(refused).rejects.toThrow(
    'PostgreSQL did not start: invalid value for parameter "max_wal_size": "much" (see ',
  );
});

test('recovers after the server was killed', async () => {
  const postgres = await start();
  await query(postgres.url('heard'), `insert into note (text) values ('committed')`);
  process.kill(postmaster(), 'SIGKILL');
  await postgres.stop();
  expect(await notes(await start())).toEqual(['贬损者', 'committed']);
});

test('shuts down by itself when the process that started it is killed', async () => {
  const parent = await startElsewhere();
  const pid = postmaster();
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
  expect(await notes(await start())).toHaveLength(2);
});

test('takes over from a server that was left behind', async () => {
  const parent = await startElsewhere();
  const orphan = postmaster();
  for (const child of children(parent.pid!)) if (child !== orphan) process.kill(child, 'SIGKILL');
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  expect(isAlive(orphan)).toBe(true);

  expect(await notes(await start())).toHaveLength(2);
  expect(isAlive(orphan)).toBe(false);
});

/** Another Node process that starts the database and waits. */
async function startElsewhere(): Promise<ChildProcess> {
  const script = `
    import { startPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)};
    await startPostgres(${JSON.stringify({ dir, settings })});
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(parent.stdout!, 'data');
  return parent;
}

function children(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === pid)
    .map(([child]) => child!);
}

/** Whether it runs; a zombie does not. */
function isAlive(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
