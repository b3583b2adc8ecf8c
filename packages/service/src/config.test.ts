import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { readConfig } from './config.ts';

const publicKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
const good = {
  DATABASE_URL: 'postgres://a:b@127.0.0.1/heard',
  HTTP_PORT: '7401',
  AUTH_JWKS: JSON.stringify({ keys: [publicKey] }),
  AUTH_ISSUER: 'https://id.example',
};

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
  expect(readConfig({ ...good, DATABASE_URL: '', DATABASE_URL_FILE: join(dir, 'url') }).DATABASE_URL).toBe(
    good.DATABASE_URL,
  );
  rmSync(dir, { recursive: true });
  expect(() => readConfig({ DATABASE_URL_FILE: join(dir, 'url'), HTTP_PORT: '0' })).toThrow(/DATABASE_URL_FILE/);
});

test('who issues tokens must be known, by one key set', () => {
  const { AUTH_JWKS, AUTH_ISSUER: _issuer, ...open } = good;
  expect(() => readConfig(open)).toThrow(/AUTH_ISSUER: must be set/);
  expect(() => readConfig({ ...good, AUTH_JWKS: '' })).toThrow(/AUTH_JWKS/);
  expect(() => readConfig({ ...good, AUTH_JWKS, AUTH_JWKS_URL: 'https://id.example/keys' })).toThrow(/not both/);
});

test.each([
  ['not JSON', '{'],
  ['no keys', '{"keys":[]}'],
  ['a private key', JSON.stringify({ keys: [{ ...publicKey, d: 'd' }] })],
  ['a shared secret', JSON.stringify({ keys: [{ kty: 'oct', k: 'secret' }] })],
])('a key set that is %s is refused', (_what, AUTH_JWKS) => {
  expect(() => readConfig({ ...good, AUTH_JWKS })).toThrow(/AUTH_JWKS: must be a JWK set with public keys only/);
});

test('a service reads its own variables in the same breath', () => {
  const own = z.object({ COLOUR: z.enum(['red', 'blue']) });
  expect(readConfig({ ...good, COLOUR: 'red' }, own)).toMatchObject({ COLOUR: 'red', BUS: 'postgres' });
  expect(() => readConfig({ HTTP_PORT: 'x', COLOUR: 'loud' }, own)).toThrow(/HTTP_PORT: .*COLOUR: /);
});
