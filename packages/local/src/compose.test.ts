import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');

interface Service {
  image: string;
  depends_on?: Record<string, { condition: string }>;
  environment: Record<string, string>;
  healthcheck?: object;
  ports?: string[];
  volumes?: string[];
  configs?: string[];
}
const compose: { services: Record<string, Service>; volumes: Record<string, null>; configs: Record<string, object> } =
  parse(read('docker-compose.yml'), {
    merge: true,
  });
const services = Object.entries(compose.services);
const ours = ['ingest', 'triage', 'assignment', 'sla-timer', 'suppression-list', 'rca'];

// The linter also has opinions on style, which are not ours.
const rules = new Set([
  'invalid-schema',
  'invalid-yaml',
  'no-duplicate-exported-ports',
  'no-unbound-port-interfaces',
  'service-image-require-explicit-tag',
]);

function lint(file: string): string[] {
  const linter = new DCLinter({ rules: {}, quiet: false, debug: false, exclude: [] });
  const results: { messages: { rule: string; line: number; message: string }[] }[] = linter.lintFiles([file], false);
  const messages = results.flatMap((result) => result.messages).filter(({ rule }) => rules.has(rule));
  return messages.map(({ line, message }) => `${line}: ${message}`);
}

test('docker-compose.yml follows the Compose schema, with exact tags and every port on one address', () => {
  expect(lint(`${root}/docker-compose.yml`)).toEqual([]);
});

test('the schema notices an unknown key', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'heard-compose-')), 'docker-compose.yml');
  writeFileSync(file, read('docker-compose.yml').replace('shm_size', 'shm_sise'));
  expect(lint(file)).toEqual([expect.stringContaining('/services/postgres')]);
  rmSync(dirname(file), { recursive: true });
});

test('whatever a service waits for or mounts is there', () => {
  for (const [name, { depends_on = {}, volumes = [], configs = [] }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect(compose.services, `${name} waits for ${other}`).toHaveProperty([other]);
      if (condition === 'service_healthy') expect(compose.services[other]!.healthcheck, other).toBeDefined();
    }
    for (const config of configs) expect(compose.configs, name).toHaveProperty([config]);
    for (const volume of volumes) expect(compose.volumes, name).toHaveProperty([volume.split(':')[0]!]);
  }
});

test('every service runs with its own role and port, after the migration', () => {
  expect(services.map(([name]) => name)).toEqual(['postgres', 'kafka', 'migrate', ...ours]);
  for (const [index, name] of ours.entries()) {
    const { configs, depends_on, environment, healthcheck, ports } = compose.services[name]!;
    expect(configs!.map((config) => `/${config}`)).toEqual([environment.AUTH_JWKS_FILE]);
    expect(existsSync(`${root}/services/${name}/package.json`), name).toBe(true);
    expect(environment.SERVICE).toBe(name);
    expect(environment.DATABASE_URL).toContain(`//heard_${name.replaceAll('-', '_')}:`);
    expect(ports).toEqual([`127.0.0.1:${7401 + index}:8080`]);
    expect(depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    expect(healthcheck).toBeDefined();
  }
});

test('the Dockerfile is well-formed and names the same Node and pnpm as the workspace', () => {
  const dockerfile = read('deploy/Dockerfile');
  expect(validate(dockerfile).map(({ range, message }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
  const node = parse(read('pnpm-workspace.yaml')).catalog.node;
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(bases).toEqual([`node:${node}-bookworm-slim`, `node:${node}-bookworm-slim`]);
  const [pnpm] = read('package.json').match(/pnpm@[\d.]+/)!;
  expect(new Set(dockerfile.match(/pnpm@[\d.]+/g))).toEqual(new Set([pnpm]));
  expect(read('packages/local/src/kafka-container.ts')).toContain(`'${compose.services.kafka!.image}'`);
});

test.skipIf(!hasCompose())('docker compose itself takes the file', () => {
  execFileSync('docker', ['compose', '--file', `${root}/docker-compose.yml`, 'config', '--quiet'], { timeout: 20_000 });
});

function hasCompose(): boolean {
  try {
    execFileSync('docker', ['compose', 'version'], { timeout: 10_000, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
