import { readdir, readFile } from 'node:fs/promises';
import { busMigration } from '@heard/bus/bus';
import { createPartitions } from '@heard/bus/log';
import type { ServiceName } from '@heard/events/registry';
import { consumers } from '@heard/events/registry';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';
import { schemaOf } from './database.ts';

export const serviceNames = Object.keys(consumers) as ServiceName[];

/** Where a service's plain SQL migrations are. */
export function migrationFolder(service: string): URL {
  return new URL(`../../../services/${service}/migrations/`, import.meta.url);
}

/**
 * Makes or updates everything in one database: the bus, a schema per service, and one login role per service that may
 * use its own tables and the bus, nothing else. Forward only; safe to run again and by several at once.
 */
export async function migrate(options: {
  adminUrl: string;
  /** The password given to every service role. */
  appPassword: string;
  partitions: number;
}): Promise<{ applied: string[] }> {
  const pool = new pg.Pool({ connectionString: options.adminUrl, max: 2, connectionTimeoutMillis: 10_000 });
  const database = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const applied: string[] = [];
  try {
    await database.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(hashtext('heard.migrate'))`.execute(connection);
      await sql`create schema if not exists bus`.execute(connection);
      applied.push(...(await run(connection, 'bus', { '001_bus': await busMigration() })));
      await createPartitions(connection, options.partitions);
      const shared = await readMigrations(new URL('../migrations/', import.meta.url));
      for (const service of serviceNames) {
        const schema = schemaOf(service);
        await sql`create schema if not exists ${sql.id(schema)}`.execute(connection);
        applied.push(...(await run(connection, schema, shared, 'shared_migrations')));
        applied.push(...(await run(connection, schema, await readMigrations(migrationFolder(service)))));
        await grant(connection, schema, options.appPassword);
      }
      await sql`select pg_advisory_unlock(hashtext('heard.migrate'))`.execute(connection);
    });
    return { applied };
  } finally {
    await database.destroy();
  }
}

async function readMigrations(folder: URL): Promise<Record<string, string>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  const entries = files.map(
    async (file) => [file.slice(0, -4), await readFile(new URL(file, folder), 'utf8')] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** What every service has comes under a name of its own, or a service's next file would be out of order. */
async function run(
  database: Kysely<unknown>,
  schema: string,
  files: Record<string, string>,
  table: 'migrations' | 'shared_migrations' = 'migrations',
): Promise<string[]> {
  const migrations: Record<string, Migration> = {};
  for (const [name, text] of Object.entries(files)) {
    migrations[name] = {
      up: async (db) => {
        await sql.raw(`set local search_path = ${schema}`).execute(db);
        await sql.raw(text).execute(db);
      },
    };
  }
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
    migrationTableSchema: schema,
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw new Error(`migrating ${schema} failed: ${(error as Error).message}`, { cause: error });
  return (results ?? []).map((result) => `${schema}/${result.migrationName}`);
}

async function grant(database: Kysely<unknown>, schema: string, password: string): Promise<void> {
  const role = sql.id(`heard_${schema}`);
  await makeRole(database, schema, password);
  const schemaId = sql.id(schema);
  await sql`grant usage on schema ${schemaId}, bus to ${role}`.execute(database);
  // One transaction: the audit log is never anything but append-only.
  await database.transaction().execute(async (tx) => {
    await sql`grant select, insert, update, delete on all tables in schema ${schemaId} to ${role}`.execute(tx);
    await sql`revoke update, delete on ${sql.id(schema, 'audit_log')} from ${role}`.execute(tx);
  });
  await sql`grant usage on all sequences in schema ${schemaId} to ${role}`.execute(database);
  await sql`grant select, insert, update, delete on bus.lots, bus.positions, bus.dead_letters to ${role}`.execute(
    database,
  );
  await sql`grant select, update on bus.partitions to ${role}`.execute(database);
  await sql`grant usage on all sequences in schema bus to ${role}`.execute(database);
}

/** Roles belong to the whole cluster, so a migration of another database may be at the same one: then again. */
async function makeRole(database: Kysely<unknown>, schema: string, password: string): Promise<void> {
  const name = `heard_${schema}`;
  for (let attempt = 1; ; attempt++) {
    try {
      const exists = await sql`select 1 from pg_roles where rolname = ${name}`.execute(database);
      if (exists.rows.length === 0) await sql`create role ${sql.id(name)} login`.execute(database);
      await sql`alter role ${sql.id(name)} with password ${sql.lit(password)}`.execute(database);
      return;
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const overtaken = code === '42710' || code === '23505' || message === 'tuple concurrently updated';
      if (!overtaken || attempt === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}
