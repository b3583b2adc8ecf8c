import type { ServiceName } from '@heard/events/registry';
import { serviceNames } from '@heard/service/migration';
import { Command } from 'commander';
import { type Identity, identify, tokenHelp } from './identity.ts';
import { findTarget } from './target.ts';

interface Letter {
  id: string;
  topic: string;
  partition: number;
  seq: string;
  code: string;
  reason: string;
  eventType: string | null;
  state: string;
}

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description('events a service could not handle');
  command
    .command('list')
    .description('all open ones, service by service')
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .option('--token <token>', tokenHelp)
    .option('--json', 'print JSON')
    .action(list);
  command
    .command('show')
    .description('one with its content')
    .argument('<service>')
    .argument('<id>')
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .option('--token <token>', tokenHelp)
    .action(async (service: string, id: string, flags: Identity) => {
      const letter = await (await asker(flags))(`${urlOf(flags.data, service)}/v1/dead-letters/${id}`);
      process.stdout.write(`${JSON.stringify(letter, null, 2)}\n`);
    });
  command
    .command('retry')
    .description('hand one, or all open ones of a service, to it again')
    .argument('<service>')
    .argument('[id]', 'default: all')
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .option('--token <token>', tokenHelp)
    .action(async (service: string, id: string | undefined, flags: Identity) => {
      const url = urlOf(flags.data, service);
      const ask = await asker(flags);
      const ids = id ? [id] : (await open(url, ask)).map((letter) => letter.id);
      for (const one of ids) await ask(`${url}/v1/dead-letters/${one}/retry`, 'POST');
      process.stdout.write(`${ids.length} handed to ${service} again; list shows what is still open\n`);
    });
  return command;
}

async function list(flags: Identity & { json?: true }): Promise<void> {
  const { urls } = findTarget(flags.data, process.env);
  const ask = await asker(flags);
  const all = await Promise.all(
    serviceNames.map(async (service) => (await open(urls[service], ask)).map((letter) => ({ service, ...letter }))),
  );
  const letters = all.flat();
  if (flags.json) process.stdout.write(`${JSON.stringify(letters, null, 2)}\n`);
  else if (letters.length === 0) process.stdout.write('no dead letters\n');
  for (const { service, id, topic, partition, seq, code, reason } of flags.json ? [] : letters) {
    process.stdout.write(`${service} ${id}  ${topic}/${partition}/${seq}  ${code}: ${reason}\n`);
  }
}

async function open(url: string, ask: Ask): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (let before = ''; ; ) {
    const page = (await ask(`${url}/v1/dead-letters?limit=200${before && `&before=${before}`}`)) as {
      items: Letter[];
      next: string | null;
    };
    letters.push(...page.items);
    if (!page.next) return letters;
    before = page.next;
  }
}

function urlOf(data: string, service: string): string {
  const url = findTarget(data, process.env).urls[service as ServiceName];
  if (!url) throw new Error(`there is no service ${service}; they are ${serviceNames.join(', ')}`);
  return url;
}

type Ask = (url: string, method?: 'GET' | 'POST') => Promise<unknown>;

async function asker(flags: Identity): Promise<Ask> {
  const headers = await identify(flags, ['system']);
  return async (url, method = 'GET') => {
    const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(10_000) });
    const body = (await response.json()) as { detail?: string };
    if (!response.ok) throw new Error(body.detail ?? `${url} answered ${response.status}`);
    return body;
  };
}
