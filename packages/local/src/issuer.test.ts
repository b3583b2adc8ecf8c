import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authenticator } from '@heard/service/tokens';
import { afterAll, expect, test } from 'vitest';
import { hasIssuer, keySetFile, localIssuer, openIssuer } from './issuer.ts';

const dir = mkdtempSync(join(tmpdir(), 'heard-issuer-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('the key of a folder is made once, for its owner alone, and its tokens hold wherever the public half is known', async () => {
  expect(hasIssuer(dir)).toBe(false);
  const [one, two] = await Promise.all([openIssuer(dir), openIssuer(dir)]);
  expect(two.environment).toEqual(one.environment);
  expect(statSync(join(dir, 'issuer-key.json')).mode & 0o777).toBe(0o600);
  const published = readFileSync(keySetFile(dir), 'utf8');
  expect(published).toBe(one.environment.AUTH_JWKS);
  expect(JSON.parse(published).keys[0]).not.toHaveProperty('d');
  const authenticate = authenticator({
    AUTH_JWKS: JSON.parse(published),
    AUTH_JWKS_URL: '',
    AUTH_ISSUER: localIssuer,
    AUTH_AUDIENCE: 'heard',
  });
  const later = await openIssuer(dir);
  const token = await later.token({ personId: 'mei', roles: ['supervisor'], teams: ['east'] });
  expect(await authenticate(`Bearer ${token}`)).toEqual({ personId: 'mei', roles: ['supervisor'], teams: ['east'] });
});
