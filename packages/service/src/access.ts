import { Role } from '@heard/events/vocabulary';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Http } from './http.ts';

/** What a token may call its bearer. All but the last four can also be given cases or alerts. */
export const AccessRole = z.enum([...Role.options, 'marketing', 'analyst', 'admin', 'system']);
export type AccessRole = z.infer<typeof AccessRole>;

/** Who sends a request, as their token says. */
export interface Principal {
  personId: string;
  roles: AccessRole[];
  teams: string[];
}

/** Who may use a route, and the record scope that says on which records; `public` asks nobody who they are. */
export type Access = 'public' | { roles: readonly AccessRole[]; record?: string };

/** A route and who may use it, as it was registered. */
export interface Route {
  method: string;
  url: string;
  access: Access;
}

/** What a service learns from its access control, and tells it. */
export interface AccessControl {
  routes: readonly Route[];
  recordScope(name: string, check: RecordCheck): void;
}

/** Whether this principal may reach the record a request names. Asked after the request has been validated. */
export type RecordCheck = (request: FastifyRequest, principal: Principal) => Promise<boolean>;

declare module 'fastify' {
  interface FastifyContextConfig {
    access: Access;
  }
  interface FastifyRequest {
    /** Set on every route that is not public. */
    principal: Principal;
  }
}

/** Whoever works on cases. */
export const caseRoles = [
  'support',
  'senior-support',
  'csm',
  'supervisor',
  'director',
  'crisis-team',
  'approver',
  'technical',
] as const satisfies AccessRole[];

/** Whoever reads numbers and reasons, not single cases. */
export const insightRoles = ['analyst', 'supervisor', 'director', 'admin'] as const satisfies AccessRole[];

/**
 * Which roles see every record of the routes they may use, and which only those their record scope grants. Whoever
 * answers for all cases or for the system itself must see all of them; whoever works on single ones sees their own and
 * what waits for them, because a case tells what a customer said.
 */
const sight: Record<AccessRole, 'all' | 'own'> = {
  supervisor: 'all',
  director: 'all',
  'crisis-team': 'all',
  analyst: 'all',
  admin: 'all',
  system: 'all',
  support: 'own',
  'senior-support': 'own',
  csm: 'own',
  approver: 'own',
  technical: 'own',
  marketing: 'own',
};

/** No token, or none that holds: 401. */
export class Unauthenticated extends Error {
  override name = 'Unauthenticated';
}

/** A known person who may not do this: 403. Says what is missing, never anything of the record. */
export class Forbidden extends Error {
  override name = 'Forbidden';
}

/** Whether one of the roles that admit this principal to this route sees every record; if not, lists are narrowed. */
export function seesEverything(request: Pick<FastifyRequest, 'principal' | 'routeOptions'>): boolean {
  const { access } = request.routeOptions.config;
  return access !== 'public' && access.roles.some((role) => sight[role] === 'all' && has(request.principal, role));
}

/**
 * The one place where access is decided: every route names its roles and its record scope, and a service with one that
 * does not, or that names a scope nobody has registered, does not boot. Roles are checked before the body is read, the
 * record after the request is validated.
 */
export function controlAccess(
  http: Http,
  authenticate: (authorization: string | undefined) => Principal | Promise<Principal>,
): AccessControl {
  const checks = new Map<string, RecordCheck>();
  const routes: Route[] = [];
  http.decorateRequest('principal');

  http.addHook('onRoute', (route) => {
    // The pages of the API documentation come from a plugin and cannot say it themselves.
    if (route.prefix === '/docs') route.config = { ...route.config, access: 'public' };
    const access = route.config?.access;
    if (!access) throw new Error(`${route.method} ${route.url} does not say who may use it (config.access)`);
    for (const method of [route.method].flat()) routes.push({ method, url: route.url, access });
  });
  http.addHook('onReady', async () => {
    for (const { method, url, access } of routes) {
      if (access === 'public' || !access.record || checks.has(access.record)) continue;
      throw new Error(`${method} ${url} names the record scope ${access.record}, which nobody registered`);
    }
  });

  // Not async: a token seen before is answered without leaving the call, and can-send is asked very often.
  http.addHook('onRequest', (request, _reply, done) => {
    const access = request.is404 ? 'public' : request.routeOptions.config.access;
    if (access === 'public') {
      done();
      return;
    }
    const enter = (principal: Principal) => {
      request.principal = principal;
      if (access.roles.some((role) => has(principal, role))) done();
      else done(new Forbidden(`This needs one of the roles ${access.roles.join(', ')}.`));
    };
    try {
      const principal = authenticate(request.headers.authorization);
      if (principal instanceof Promise) void principal.then(enter, done);
      else enter(principal);
    } catch (error) {
      done(error as Error);
    }
  });
  http.addHook('preHandler', (request, _reply, done) => {
    const access = request.is404 ? 'public' : request.routeOptions.config.access;
    if (access === 'public' || !access.record || seesEverything(request)) {
      done();
      return;
    }
    const refusal = new Forbidden(`None of your roles reaches this ${access.record}.`);
    void checks.get(access.record)!(request, request.principal).then((may) => done(may ? undefined : refusal), done);
  });

  return {
    routes,
    recordScope(name, check) {
      checks.set(name, check);
    },
  };
}

function has(principal: Principal, role: AccessRole): boolean {
  return principal.roles.includes(role);
}
