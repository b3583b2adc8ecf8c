import { randomBytes } from 'node:crypto';
import type { Database } from '@heard/bus/log';
import { openDatabase, schemaOf } from '@heard/service/database';
import pg from 'pg';
import { inject } from 'vitest';
import { appPassword, template } from './global-setup.ts';

export interface TestDatabase {
  /** As the administrator. */
  url: string;
  /** As a service's own role. */
  urlOf(service: string): string;
  /** A pool as the administrator, with the schema as search path. */
  open(schema: string, connections?: number): Database;
  /** The same as a service's own role, one connection. */
  as(service: string): Database;
  /** Takes the database away from everybody, as an outage would: sessions end and no new one begins. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  drop(): Promise<void>;
}

/** A fresh, migrated database on the shared PostgreSQL. */
export async function testDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const adminUrl = inject('postgresUrl');
  await asAdmin(adminUrl, `create database ${name} template ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const opened: Database[] = [];
  const urlOf = (service: string) => {
    const own = new URL(url);
    own.username = `heard_${schemaOf(service)}`;
    own.password = appPassword;
    return own.href;
  };
  return {
    url: url.href,
    urlOf,
    open(schema, connections = 4) {
      const database = openDatabase({ url: url.href, schema: schemaOf(schema), connections, onError: () => {} });
      opened.push(database);
      return database;
    },
    as(service) {
      const options = { url: urlOf(service), schema: schemaOf(service), connections: 1, onError: () => {} };
      const database = openDatabase(options);
      opened.push(database);
      return database;
    },
    async cut() {
      await asAdmin(adminUrl, `alter database ${name} with allow_connections false`);
      await asAdmin(adminUrl, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    },
    mend: () => asAdmin(adminUrl, `alter database ${name} with allow_connections true`),
    async drop() {
      for (const database of opened) await database.destroy();
      await asAdmin(adminUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
