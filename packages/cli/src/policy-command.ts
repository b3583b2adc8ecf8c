import { readFileSync } from 'node:fs';
import { readPolicy } from '@heard/policy/policy';
import { publishPolicy } from '@heard/service/policy-publication';
import { Command } from 'commander';
import { findTarget } from './target.ts';

export function policyCommand(): Command {
  const command = new Command('policy').description('the SOP as code');
  command
    .command('check')
    .description('say whether a policy file is valid')
    .argument('<file>')
    .action((file: string) => {
      const { name } = readPolicy(readFileSync(file, 'utf8'));
      process.stdout.write(`${file} is a valid policy named ${name}\n`);
    });
  command
    .command('publish')
    .description('put a policy into force as the next version')
    .argument('<file>')
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .action(async (file: string, flags: { data: string }) => {
      const { adminUrl, bus, brokers } = findTarget(flags.data, process.env);
      const document = readPolicy(readFileSync(file, 'utf8'));
      const log = (_level: string, message: string) => void process.stderr.write(`${message}\n`);
      const version = await publishPolicy(document, { adminUrl, driver: bus, brokers, now: new Date(), log });
      process.stdout.write(`${file} is in force as version ${version}\n`);
    });
  return command;
}
