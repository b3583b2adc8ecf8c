import { Command } from 'commander';
import { audit } from './audit.ts';
import { findTarget } from './target.ts';

export function auditCommand(): Command {
  return new Command('audit')
    .description('check what must always be true on a running system; exit 1 with the first counter-example')
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(flags: { data: string; json?: true }): Promise<void> {
  const findings = await audit(findTarget(flags.data, process.env));
  const broken = findings.filter((finding) => finding.broken > 0);
  if (flags.json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else {
    for (const { invariant, title, checked, broken: count, note } of findings) {
      const verdict = count > 0 ? `BROKEN ${count}` : checked > 0 || !note ? 'holds' : 'not checked';
      process.stdout.write(
        `${invariant}  ${verdict.padEnd(12)}${String(checked).padStart(9)} checked  ${title}${note ? ` (${note})` : ''}\n`,
      );
    }
    if (broken[0])
      process.stdout.write(`first counter-example, invariant ${broken[0].invariant}: ${broken[0].example}\n`);
  }
  if (broken.length > 0) process.exitCode = 1;
}
