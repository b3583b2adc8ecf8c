import { Command } from 'commander';
import { auditCommand } from './audit-command.ts';
import { deadLettersCommand } from './dead-letters-command.ts';
import { lagCommand } from './lag-command.ts';
import { migrateCommand } from './migrate-command.ts';
import { policyCommand } from './policy-command.ts';
import { replayCommand } from './replay-command.ts';
import { startCommand } from './start-command.ts';
import { tokenCommand } from './token-command.ts';

const program = new Command('heard')
  .description('closes the loop with unhappy customers')
  .addCommand(startCommand())
  .addCommand(tokenCommand())
  .addCommand(replayCommand())
  .addCommand(auditCommand())
  .addCommand(deadLettersCommand())
  .addCommand(lagCommand())
  .addCommand(policyCommand())
  .addCommand(migrateCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
