import { readFileSync } from 'node:fs';
import type { JSONWebKeySet } from 'jose';
import * as z from 'zod';

/** What every service reads from its environment. `docs/configuration.md` is generated from this schema. */
export const BaseConfig = z.object({
  BUS: z.enum(['postgres', 'kafka']).default('postgres').describe('Which bus carries the events.'),
  KAFKA_BROKERS: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter(Boolean))
    .describe('host:port, separated by commas; needed when BUS=kafka.'),
  DATABASE_URL: z
    .string('must be set')
    .startsWith('postgres', 'must be a postgres:// URL')
    .describe("This service's own role on PostgreSQL."),
  DATABASE_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(2)
    .max(100)
    .default(6)
    .describe('Connections this process may open.'),
  HTTP_HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  HTTP_PORT: z
    .string('must be set')
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .describe('Port to listen on; 0 takes a free one.'),
  AUTH_JWKS: z
    .string()
    .default('')
    .transform(keySet)
    .describe('Public keys of whoever issues tokens, a JWK set as JSON; this or AUTH_JWKS_URL must be set.'),
  AUTH_JWKS_URL: z
    .string()
    .regex(/^(https?:.+)?$/, 'must be an http or https URL')
    .default('')
    .describe('Where to fetch that key set instead.'),
  AUTH_ISSUER: z.string('must be set').describe('Who issues tokens: their `iss`.'),
  AUTH_AUDIENCE: z.string().default('heard').describe('For whom they are: their `aud`.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
  BUS_LINGER_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(3)
    .describe(
      'How long a woken consumer waits for company. What nobody waits for (clocks, themes) has times of its own.',
    ),
  BUS_RETENTION_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .default(168)
    .describe('How long consumed events stay in the log.'),
  STALL_SECONDS: z.coerce
    .number()
    .int()
    .min(10)
    .default(120)
    .describe('A partition stuck this long restarts the process.'),
});

export type BaseConfig = z.infer<typeof BaseConfig>;

export class InvalidConfig extends Error {
  override name = 'InvalidConfig';
}

/**
 * Reads and checks the environment at once, before anything is touched; `own` are the variables of one service. Every
 * variable may be given as NAME_FILE, a file holding the value. Throws InvalidConfig with every problem in one line.
 */
export function readConfig<Own extends z.ZodRawShape = Record<never, never>>(
  environment: Record<string, string | undefined>,
  own?: z.ZodObject<Own>,
): BaseConfig & z.infer<z.ZodObject<Own>> {
  const schema = own ? BaseConfig.extend(own.shape) : BaseConfig;
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const file = environment[`${name}_FILE`];
    const value = file ? readSecret(name, file) : environment[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  const result = schema.safeParse(values);
  const problems = result.success
    ? []
    : result.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
  if (result.success && result.data.BUS === 'kafka' && result.data.KAFKA_BROKERS.length === 0) {
    problems.push('KAFKA_BROKERS: is needed when BUS=kafka');
  }
  if (result.success && (result.data.AUTH_JWKS !== undefined) === (result.data.AUTH_JWKS_URL !== '')) {
    problems.push('AUTH_JWKS: either it or AUTH_JWKS_URL must be set, not both');
  }
  if (!result.success || problems.length > 0) throw new InvalidConfig(`bad configuration: ${problems.join('; ')}`);
  return result.data as BaseConfig & z.infer<z.ZodObject<Own>>;
}

/** Public keys only: what can sign has no place in a service, and a shared secret is such a thing. */
function keySet(text: string, context: z.RefinementCtx): JSONWebKeySet | undefined {
  if (text === '') return undefined;
  const publicKey = z.looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']), d: z.never().optional() });
  try {
    return z.object({ keys: z.array(publicKey).min(1) }).parse(JSON.parse(text));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a JWK set with public keys only' });
    return z.NEVER;
  }
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new InvalidConfig(`${name}_FILE: ${(error as Error).message}`);
  }
}
