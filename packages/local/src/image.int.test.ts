import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { findKafka } from '../../bus/src/fixture-kafka.ts';
import { eventually } from '../../testing/src/eventually.ts';
import { appPassword } from '../../testing/src/global-setup.ts';
import { openIssuer } from './issuer.ts';
import { findPort } from './port.ts';

/*
 * No container is built here: the lines of deploy/Dockerfile and docker-compose.yml are run in a folder of their own, with
 * this Node. So it shows whether what is copied and installed is enough, and whether the services take what Compose tells them.
 */
const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const run = promisify(execFile);

const compose: {
  services: Record<string, { command: string[]; environment: Record<string, string>; healthcheck: { test: string[] } }>;
} = parse(read('docker-compose.yml'), { merge: true });
const services = Object.entries(compose.services).filter(([, { environment }]) => environment.SERVICE);

const app = mkdtempSync(join(tmpdir(), 'heard-image-'));
const path = [dirname(process.execPath), process.env.PATH].join(delimiter);

/** What stands in the image, with its folder changed to ours, and what is run on the way there. */
let image: Record<string, string> = {};
const steps: { line: string; environment: Record<string, string> }[] = [];
let command: string[] = [];
const lines = read('deploy/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .trim()
  .split('\n');
for (const [instruction, line] of lines.map((one) => one.split(/\s+(.*)/s) as [string, string])) {
  if (instruction === 'FROM') image = {};
  if (instruction === 'RUN') steps.push({ line, environment: { ...image } });
  if (instruction === 'CMD') command = JSON.parse(line);
  if (instruction !== 'ENV') continue;
  for (const pair of line.replaceAll('/app/', `${app}/`).split(/\s+/)) {
    const [name, value] = pair.split(/=(.*)/s) as [string, string];
    image[name] = value;
  }
}

const found = await findKafka();
const database = `image_${Date.now()}`;
const adminUrl = new URL(inject('postgresUrl'));
const ownUrl = Object.assign(new URL(adminUrl), { pathname: `/${database}` }).href;
const running: { name: string; url: string; process: ReturnType<typeof spawn> }[] = [];

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query(text).finally(() => client.end());
  return rows;
}

/** A variable of Compose without what its own environment would say, at the addresses that there are here. */
function resolved(text: string): string {
  return text
    .replaceAll(/\$\{APP_PASSWORD[^}]*\}/g, appPassword)
    .replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')
    .replace('@postgres:5432/heard', `@${adminUrl.host}/${database}`)
    .replace('kafka:9092', found.kafka?.brokers.join(',') ?? '')
    .replace('/jwks.json', join(app, 'jwks.json'));
}

function environmentOf(name: string): Record<string, string> {
  const own = Object.entries(compose.services[name]!.environment).map(([key, text]) => [key, resolved(text)]);
  return { ...image, ...Object.fromEntries(own), ...(found.kafka ? {} : { BUS: 'postgres' }), PATH: path };
}

beforeAll(async () => {
  const left = read('.dockerignore').trim().split('\n');
  for (const file of globSync('**/*', { cwd: root, exclude: left, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const from = join(file.parentPath, file.name);
    cpSync(from, join(app, from.slice(root.length)));
  }
  await query(adminUrl.href, `create database ${database}`);
});

afterAll(async () => {
  for (const { process } of running) process.kill('SIGKILL');
  await query(adminUrl.href, `drop database ${database} with (force)`);
  await found.kafka?.stop();
  rmSync(app, { recursive: true, force: true });
});

test('what its lines make is made', async () => {
  for (const { line, environment } of steps) {
    // What is installed here is there already.
    const env = { ...process.env, ...environment, PATH: path, npm_config_prefer_offline: 'true' };
    await run('sh', ['-c', line.replace('chown node ', 'test -d ')], { cwd: app, env, timeout: 120_000 });
  }
}, 180_000);

test('the migration runs in it, on an empty database', async () => {
  const [node, ...args] = compose.services.migrate!.command;
  const env = { ...environmentOf('migrate'), DATABASE_ADMIN_URL: ownUrl };
  const { stdout } = await run(node!, args, { cwd: app, env, timeout: 60_000 });
  expect(stdout).toMatch(/^[1-9]\d* migrations applied; policy version 1 is in force\n$/);
}, 90_000);

test('every service starts in it and is healthy', async () => {
  await openIssuer(app);
  for (const [name, { healthcheck }] of services) {
    const port = await findPort();
    const env = { ...environmentOf(name), HTTP_HOST: '127.0.0.1', HTTP_PORT: String(port) };
    let output = '';
    const service = spawn(command[0]!, command.slice(1), { cwd: app, env });
    for (const stream of [service.stdout!, service.stderr!]) stream.on('data', (data) => (output += data));
    running.push({ name, url: `http://127.0.0.1:${port}`, process: service });
    const [, node, ...probe] = healthcheck.test.map((part) => part.replace('127.0.0.1:8080', `127.0.0.1:${port}`));
    await eventually(name, () => run(node!, probe, { env: { PATH: path } }), 40).catch(() => {
      throw new Error(`${name} did not become healthy: ${output}`);
    });
  }
}, 180_000);

test('a comment is read, judged, assigned to nobody yet, and has its themes', async () => {
  const issuer = await openIssuer(app);
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${await issuer.token({ roles: ['system', 'supervisor'] })}`,
  };
  const urls = Object.fromEntries(running.map(({ name, url }) => [name, url]));
  const summary = async (name: string) =>
    (await (await fetch(`${urls[name]}/v1/summary`, { headers })).json()) as Record<string, number>;
  const response = { source: 'image', externalId: '1', customerId: 'ann', score: { scale: 'nps', value: 1 } };
  const said = { comment: '物流太慢了，客服不理人', occurredAt: '2026-11-01T09:00:00Z' };
  const { status } = await fetch(`${urls.ingest}/v1/responses`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...response, ...said }),
  });
  expect(status).toBe(201);
  await eventually('a case', async () => (await summary('assignment')).cases === 1);
  await eventually('a clock', async () => (await summary('sla-timer')).runningClocks! > 0);
  await eventually('the stop list', async () => (await summary('suppression-list')).customers === 1);
  await eventually('themes', async () => (await query(ownUrl, 'select from rca.comment_themes')).length > 0, 40);
}, 120_000);

test('and every service stops in order', async () => {
  const ends = running.map(async ({ name, process }) => {
    if (process.kill('SIGTERM')) await once(process, 'exit');
    return [name, process.exitCode];
  });
  expect(await Promise.all(ends)).toEqual(running.map(({ name }) => [name, 0]));
}, 60_000);
