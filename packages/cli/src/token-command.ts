import { openIssuer } from '@heard/local/issuer';
import { AccessRole } from '@heard/service/access';
import { Command, InvalidArgumentError } from 'commander';

interface Flags {
  role: AccessRole[];
  person: string;
  team: string[];
  hours: number;
  data: string;
}

/** For houses on this machine; where an identity provider issues tokens, it does and this does not. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('print a bearer token for what npm start runs; makes the key pair of the data folder if there is none')
    .requiredOption('--role <role>', `one of ${AccessRole.options.join(', ')} (repeatable)`, role)
    .requiredOption('--person <id>', 'whose token it is')
    .option('--team <team>', 'a team of that person (repeatable)', append, [])
    .option('--hours <number>', 'how long it holds', hours, 8)
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const issuer = await openIssuer(flags.data);
  const principal = { personId: flags.person, roles: flags.role, teams: flags.team };
  process.stdout.write(`${await issuer.token(principal, { hours: flags.hours })}\n`);
}

function role(text: string, earlier: AccessRole[] = []): AccessRole[] {
  const { data, success } = AccessRole.safeParse(text);
  if (success) return [...earlier, data];
  throw new InvalidArgumentError(`It must be one of ${AccessRole.options.join(', ')}.`);
}

function append(text: string, earlier: string[]): string[] {
  return [...earlier, text];
}

function hours(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 8760) return value;
  throw new InvalidArgumentError('It must be a number of hours, a year at most.');
}
