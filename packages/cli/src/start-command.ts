import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readPolicy } from '@heard/policy/policy';
import { Command, Option } from 'commander';
import { parse } from 'yaml';
import type { Target } from './target.ts';
import { targetFile } from './target.ts';

interface Flags {
  bus: 'postgres' | 'kafka';
  data: string;
  port: string;
  policy?: string;
}

export function startCommand(): Command {
  return new Command('start')
    .description('run all of Heard on this machine, each service a process of its own')
    .addOption(
      new Option('--bus <driver>', 'what carries the events').choices(['postgres', 'kafka']).default('postgres'),
    )
    .option('--data <folder>', 'where everything is kept', '.heard')
    .option('--port <number>', 'the services listen on this port + 1, + 2 …', '7400')
    .option('--policy <file>', 'publish this policy instead of going on with the one in force')
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const begun = performance.now();
  const basePort = Number(flags.port);
  if (!Number.isInteger(basePort) || basePort < 1 || basePort > 65_000)
    throw new Error(`--port ${flags.port} is not a port`);
  const dir = resolve(flags.data);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
  // Loaded only here: the container image has no embedded database.
  const { startHouse } = await import('@heard/local/house');
  const house = await startHouse({
    dir,
    basePort,
    bus: flags.bus,
    policy: flags.policy ? readPolicy(readFileSync(flags.policy, 'utf8')) : undefined,
    log: (line) => process.stdout.write(`${line}\n`),
  });
  try {
    await welcomeStaff(house.urls.assignment, await house.authorize('admin'));
    const target: Target = { bus: flags.bus, adminUrl: house.adminUrl, brokers: house.brokers, urls: house.urls };
    writeFileSync(targetFile(dir), JSON.stringify(target, null, 2), { mode: 0o600 });
    process.stdout.write(
      `${table(target)}\na token to talk to them: npm run --silent heard -- token --role supervisor --person me${dataFlag(flags.data)}\nready in ${((performance.now() - begun) / 1000).toFixed(1)} s; Ctrl-C stops it\n`,
    );
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
    process.stdout.write('stopping\n');
  } finally {
    rmSync(targetFile(dir), { force: true });
    await house.close();
  }
}

/** Somebody must be there to own cases: on the first start the sample's staff moves in. */
async function welcomeStaff(url: string, authorization: { authorization: string }): Promise<void> {
  const { items } = (await (await fetch(`${url}/v1/people`, { headers: authorization })).json()) as {
    items: unknown[];
  };
  if (items.length > 0) return;
  const file = new URL('../../../sample/people.yaml', import.meta.url);
  const { people } = parse(readFileSync(file, 'utf8')) as { people: { id: string; name: string; roles: string[] }[] };
  for (const { id, ...person } of people) {
    await fetch(`${url}/v1/people/${id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...authorization },
      body: JSON.stringify(person),
    });
  }
}

const dataFlag = (folder: string) => (folder === '.heard' ? '' : ` --data ${folder}`);

function table({ bus, urls, brokers }: Target): string {
  const rows = Object.entries(urls).map(([name, url]) => [name, url, `${url}/docs`]);
  if (bus === 'kafka') rows.push(['kafka', brokers.join(','), '']);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(([name, url, docs]) => `  ${name!.padEnd(widths[0]!)}  ${url!.padEnd(widths[1]!)}  ${docs}`.trimEnd())
    .join('\n');
}
