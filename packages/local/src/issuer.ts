import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Principal } from '@heard/service/access';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

/** Issues tokens for a house of one's own, where no identity provider does. Never for production. */
export interface Issuer {
  /** What a service needs to know of it. */
  environment: { AUTH_JWKS: string; AUTH_ISSUER: string };
  /** A bearer token, good for eight hours unless told. */
  token(principal: Partial<Principal> & Pick<Principal, 'roles'>, claims?: Claims): Promise<string>;
}

interface Claims {
  hours?: number;
  audience?: string;
}

export const localIssuer = 'heard-local';
export const keySetFile = (dir: string) => join(dir, 'jwks.json');
const privateKeyFile = (dir: string) => join(dir, 'issuer-key.json');

/** The issuer of a data folder: its key pair is made on the first call, the public half stands in jwks.json. */
export async function openIssuer(dir: string): Promise<Issuer> {
  const file = privateKeyFile(dir);
  if (!existsSync(file)) {
    const key = await newKey();
    mkdirSync(dir, { recursive: true });
    try {
      writeFileSync(file, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // Somebody who began at the same moment has made one: that one it is.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const issuer = await issuerWith(JSON.parse(readFileSync(file, 'utf8')) as JWK);
  if (!existsSync(keySetFile(dir))) writeFileSync(keySetFile(dir), issuer.environment.AUTH_JWKS);
  return issuer;
}

/** Whether a folder has an issuer already. */
export const hasIssuer = (dir: string): boolean => existsSync(privateKeyFile(dir));

/** An issuer that is gone with the process. */
export async function newIssuer(): Promise<Issuer> {
  return issuerWith(await newKey());
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = await exportJWK(privateKey);
  return { ...key, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(key) };
}

async function issuerWith(key: JWK): Promise<Issuer> {
  const { d: _private, ...publicKey } = key;
  const signing = await importJWK(key, 'ES256');
  return {
    environment: { AUTH_JWKS: JSON.stringify({ keys: [publicKey] }), AUTH_ISSUER: localIssuer },
    token: ({ personId = 'heard', roles, teams = [] }, { hours = 8, audience = 'heard' } = {}) =>
      new SignJWT({ roles, teams })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid })
        .setSubject(personId)
        .setIssuer(localIssuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000 + hours * 3600))
        .sign(signing),
  };
}
