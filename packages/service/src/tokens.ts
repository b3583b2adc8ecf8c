import { NotYet } from '@heard/bus/rejection';
import { PersonId } from '@heard/events/vocabulary';
import type { JWTVerifyGetKey } from 'jose';
import * as errors from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import { createRemoteJWKSet } from 'jose/jwks/remote';
import { jwtVerify } from 'jose/jwt/verify';
import * as z from 'zod';
import { AccessRole, type Principal, Unauthenticated } from './access.ts';
import type { BaseConfig } from './config.ts';

/** Only asymmetric signatures: with a shared secret every service that checks tokens could also make them. */
const algorithms = ['ES256', 'RS256', 'EdDSA'];

/** How long a token whose signature was checked is taken at its word, and how many of them are remembered. */
const trustMs = 60_000;
const trustedAtMost = 10_000;

const clockToleranceSeconds = 5;

/** Roles of the issuer that mean nothing here grant nothing; a person may have them all the same. */
const Claims = z.object({
  sub: PersonId,
  exp: z.number(),
  roles: z
    .array(z.string())
    .transform((roles) => roles.filter((role): role is AccessRole => AccessRole.safeParse(role).success)),
  teams: z.array(z.string()).default([]),
});

type AuthConfig = Pick<BaseConfig, 'AUTH_JWKS' | 'AUTH_JWKS_URL' | 'AUTH_ISSUER' | 'AUTH_AUDIENCE'>;

/**
 * Tells who sends a request by its `authorization` header: a JWT of the configured issuer for the configured audience,
 * not expired, with `sub`, `roles` and perhaps `teams`. Throws Unauthenticated for everything else; a key set that
 * cannot be had is not the sender's fault and is thrown as it is (503).
 *
 * A key that is withdrawn or a role that is taken away counts within a minute or when the token expires, whichever is
 * first. Tokens live in real time, also where the service runs on a virtual clock: their issuer does not share it.
 */
export function authenticator(config: AuthConfig) {
  const keys = keySet(config);
  const trusted = new Map<string, { principal: Principal; untilMs: number }>();

  return (authorization: string | undefined): Principal | Promise<Principal> => {
    if (!authorization) throw new Unauthenticated('Send a bearer token.');
    const known = trusted.get(authorization);
    if (known && Date.now() < known.untilMs) return known.principal;
    return verify(authorization);
  };

  async function verify(authorization: string): Promise<Principal> {
    const [, token] = /^Bearer +([\w.-]+)$/i.exec(authorization) ?? [];
    if (!token) throw new Unauthenticated('Send a bearer token.');
    const claims = await claimsOf(token);
    const principal = { personId: claims.sub, roles: claims.roles, teams: claims.teams };
    trusted.delete(authorization);
    if (trusted.size >= trustedAtMost) trusted.delete(trusted.keys().next().value!);
    trusted.set(authorization, { principal, untilMs: Math.min(claims.exp * 1000, Date.now() + trustMs) });
    return principal;
  }

  async function claimsOf(token: string): Promise<z.infer<typeof Claims>> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms,
        issuer: config.AUTH_ISSUER,
        audience: config.AUTH_AUDIENCE,
        requiredClaims: ['sub', 'exp', 'roles'],
        clockTolerance: clockToleranceSeconds,
      });
      return Claims.parse(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new Unauthenticated('The token has expired.');
      if (error instanceof z.ZodError || (error instanceof errors.JOSEError && !isAway(error))) {
        throw new Unauthenticated('The token does not hold.');
      }
      throw new NotYet('the key set of the token issuer cannot be had', { cause: error });
    }
  }
}

/** jose has codes of its own for what is wrong with a token; a key set that does not come is one of these two. */
const isAway = ({ code }: errors.JOSEError) => code === 'ERR_JWKS_TIMEOUT' || code === 'ERR_JOSE_GENERIC';

function keySet({ AUTH_JWKS, AUTH_JWKS_URL }: AuthConfig): JWTVerifyGetKey {
  if (AUTH_JWKS) return createLocalJWKSet(AUTH_JWKS);
  return createRemoteJWKSet(new URL(AUTH_JWKS_URL), {
    timeoutDuration: 3_000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  });
}
