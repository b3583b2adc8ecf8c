import type { AnyDatabase } from '@heard/bus/log';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { PostgresClient } from './postgres-client.ts';

/**
 * A pool for one service. Sessions that hang, in a statement or inside a transaction, are ended by the server: a frozen
 * process must not hold its locks for ever.
 */
export function openDatabase(options: {
  url: string;
  schema: string;
  connections: number;
  onError(error: Error): void;
}): Kysely<AnyDatabase> {
  const pool = new pg.Pool({
    Client: PostgresClient,
    connectionString: options.url,
    max: options.connections,
    application_name: `heard.${options.schema}`,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `-c search_path=${options.schema} -c statement_timeout=30s -c lock_timeout=20s -c idle_in_transaction_session_timeout=15s -c timezone=UTC`,
  });
  pool.on('error', options.onError);
  // One in use that loses its session between two queries has nobody else to tell: unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', options.onError));
  return new Kysely<AnyDatabase>({ dialect: new PostgresDialect({ pool }) });
}

/** A service's Postgres schema: its name with underscores. */
export function schemaOf(service: string): string {
  return service.replaceAll('-', '_');
}
