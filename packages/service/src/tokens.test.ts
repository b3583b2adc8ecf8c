import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, expect, test, vi } from 'vitest';
import { authenticator } from './tokens.ts';

const AUTH_ISSUER = 'https://id.example';
const AUTH_AUDIENCE = 'heard';
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' };
const config = { AUTH_JWKS: { keys: [jwk] }, AUTH_JWKS_URL: '', AUTH_ISSUER, AUTH_AUDIENCE };
const claims = { sub: 'mei', roles: ['csm'], iss: AUTH_ISSUER, aud: AUTH_AUDIENCE };
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

const sign = (payload: JWTPayload, key = privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(key);
const good = () => sign({ ...claims, exp: inAnHour() });
const enter = async (token: string, over = {}) => authenticator({ ...config, ...over })(`Bearer ${token}`);

afterEach(() => vi.useRealTimers());

test('a token says who sends, and roles nobody knows here grant nothing', async () => {
  const token = await sign({ ...claims, exp: inAnHour(), roles: ['csm', 'barista'], teams: ['east'] });
  expect(await enter(token)).toEqual({ personId: 'mei', roles: ['csm'], teams: ['east'] });
});

test.each([
  ['no expiry', claims],
  ['an expiry that is over', { ...claims, exp: inAnHour() - 7200 }],
  ['another audience', { ...claims, exp: inAnHour(), aud: 'elsewhere' }],
  ['another issuer', { ...claims, exp: inAnHour(), iss: 'https://evil.example' }],
  ['no roles', { ...claims, exp: inAnHour(), roles: undefined }],
  ['roles that are no list', { ...claims, exp: inAnHour(), roles: 'admin' }],
  ['no subject', { ...claims, exp: inAnHour(), sub: undefined }],
])('a token with %s does not hold', async (_what, payload) => {
  await expect(enter(await sign(payload as JWTPayload))).rejects.toThrow(/^The token/);
});

test('neither a foreign key, nor none, nor a shared secret signs', async () => {
  const foreign = await generateKeyPair('ES256');
  const payload = { ...claims, exp: inAnHour() };
  await expect(enter(await sign(payload, foreign.privateKey))).rejects.toThrow('The token does not hold.');
  await expect(enter(new UnsecuredJWT(payload).encode())).rejects.toThrow('The token does not hold.');
  // The old trick: the public key, which everybody knows, taken as a secret.
  const secret = new TextEncoder().encode(JSON.stringify(jwk));
  const shared = await new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret);
  await expect(enter(shared)).rejects.toThrow('The token does not hold.');
});

test.each([undefined, '', 'Bearer', 'Basic bWVpOm1laQ==', 'Bearer a b'])('%s is no bearer token', async (header) => {
  await expect((async () => authenticator(config)(header))()).rejects.toThrow('Send a bearer token.');
});

test('a signature is checked once a minute at most, and an expired token is not taken for being known', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const authenticate = authenticator(config);
  const header = `Bearer ${await sign({ ...claims, exp: Math.floor(Date.now() / 1000) + 90 })}`;
  expect(authenticate(header)).toBeInstanceOf(Promise);
  await authenticate(header);
  expect(authenticate(header)).toMatchObject({ personId: 'mei' });
  vi.setSystemTime(Date.now() + 61_000);
  expect(authenticate(header)).toBeInstanceOf(Promise);
  await authenticate(header);
  vi.setSystemTime(Date.now() + 40_000);
  await expect(authenticate(header)).rejects.toThrow('The token has expired.');
});

test('a key set may be fetched; while it cannot be had the answer is not now, and not no', async () => {
  let status = 200;
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const AUTH_JWKS_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const remote = { AUTH_JWKS: undefined, AUTH_JWKS_URL };
  expect(await enter(await good(), remote)).toMatchObject({ personId: 'mei' });
  status = 500;
  await expect(enter(await good(), remote)).rejects.toMatchObject({ name: 'NotYet' });
  await new Promise((resolve) => server.close(resolve));
  await expect(enter(await good(), remote)).rejects.toMatchObject({ name: 'NotYet' });
});
