import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { readConfig } from './config.ts';

const good = { DATABASE_URL: 'postgres://a:b@127.0.0.1/heard', HTTP_PORT: '7401' };

test('the least one has to say', () => {
  expect(readConfig(good)).toMatchObject({ BUS: 'postgres', HTTP_HOST: '127.0.0.1', HTTP_PORT: 7401 });
});

test('every problem is named at once, in one line', () => {
  const wrong = () => readConfig({ HTTP_PORT: 'x', BUS: 'rabbit', LOG_LEVEL: 'loud' });
  for (const name of ['DATABASE_URL', 'HTTP_PORT', 'BUS', 'LOG_LEVEL'])
    expect(wrong).toThrow(new RegExp(`^bad configuration: .*${name}: `));
});

test('Kafka needs brokers', () => expect(() => readConfig({ ...good, BUS: 'kafka' })).toThrow(/KAFKA_BROKERS/));

test('a secret may come from a file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'heard-config-'));
  writeFileSync(join(dir, 'url'), `${good.DATABASE_URL}\n`);
  expect(readConfig({ DATABASE_URL_FILE: join(dir, 'url'), HTTP_PORT: '0' }).DATABASE_URL).toBe(good.DATABASE_URL);
  rmSync(dir, { recursive: true });
  expect(() => readConfig({ DATABASE_URL_FILE: join(dir, 'url'), HTTP_PORT: '0' })).toThrow(/DATABASE_URL_FILE/);
});

test('a service reads its own variables in the same breath', () => {
  const own = z.object({ COLOUR: z.enum(['red', 'blue']) });
  expect(readConfig({ ...good, COLOUR: 'red' }, own)).toMatchObject({ COLOUR: 'red', BUS: 'postgres' });
  expect(() => readConfig({ HTTP_PORT: 'x', COLOUR: 'loud' }, own)).toThrow(/HTTP_PORT: .*COLOUR: /);
});
