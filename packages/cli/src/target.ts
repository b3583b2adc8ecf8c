import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@heard/events/registry';
import { serviceNames } from '@heard/service/migration';

/** The running system a command talks to: what `start` wrote into its data folder, overridden by the environment. */
export interface Target {
  bus: 'postgres' | 'kafka';
  adminUrl: string;
  brokers: string[];
  urls: Record<ServiceName, string>;
}

export const targetFile = (dir: string) => join(dir, 'house.json');

/** Throws one sentence when neither the folder nor the environment says where the system is. */
export function findTarget(dir: string, environment: NodeJS.ProcessEnv): Target {
  const written = readTarget(dir);
  const adminUrl = environment.DATABASE_ADMIN_URL ?? written?.adminUrl;
  if (!adminUrl) {
    throw new Error(
      `nothing was started in ${dir}: run npm start, or set DATABASE_ADMIN_URL to the database of a running system`,
    );
  }
  const brokers = findBrokers(dir, environment);
  const urls = serviceNames.map((name, i) => {
    const fromEnvironment = environment[`HEARD_URL_${name.toUpperCase().replaceAll('-', '_')}`];
    return [name, fromEnvironment ?? written?.urls[name] ?? `http://127.0.0.1:${7401 + i}`];
  });
  return { bus: brokers.length > 0 ? 'kafka' : 'postgres', adminUrl, brokers, urls: Object.fromEntries(urls) };
}

/** The Kafka brokers of the running system; empty where there is none, or none on Kafka. */
export function findBrokers(dir: string, environment: NodeJS.ProcessEnv): string[] {
  return environment.KAFKA_BROKERS?.split(',').filter(Boolean) ?? readTarget(dir)?.brokers ?? [];
}

function readTarget(dir: string): Target | undefined {
  try {
    return JSON.parse(readFileSync(targetFile(dir), 'utf8')) as Target;
  } catch {
    return undefined;
  }
}
