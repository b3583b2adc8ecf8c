import { Argument, Command } from 'commander';
import type { BenchOptions } from './ground.ts';
import { Report } from './measuring.ts';
import type { ThemeBenchOptions } from './themes.ts';

const benches = {
  'hot-loop': async () => (await import('./hot-loop.ts')).hotLoop,
  timers: async () => (await import('./timers.ts')).timers,
  'can-send': async () => (await import('./can-send.ts')).canSend,
  bus: async () => (await import('./bus.ts')).bus,
  cases: async () => (await import('./cases.ts')).cases,
  'theme-counts': async () => (await import('./theme-counts.ts')).themeCounts,
  proof: async () => (await import('./proof.ts')).proof,
};

// What was started ends with this process; the folder is removed on the way out.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const ofThemes = new Command('themes')
  .description('themes of a labelled CSV file (gzipped too) against its labels')
  .argument('<file>')
  .requiredOption('--text <column>', 'column of the comments')
  .requiredOption('--label <column>', 'column of the labels; rows without one are left out')
  .option('--k <n>', 'how many themes; chosen by the data without', Number)
  .option('--frame <file>', 'a code frame (YAML) whose theme ids or names are the labels')
  .option(
    '--batches <n>',
    'deal the comments into so many batches and let the themes go on from one to the next',
    Number,
  )
  .option('--seeds <n>', 'how many seeds, from 1 on', Number, 3)
  .option('--json', 'print JSON and nothing else on standard output')
  .action(async (file: string, flags: Omit<ThemeBenchOptions, 'file'> & { json?: boolean }) => {
    const report = new Report('themes');
    await (await import('./themes.ts')).themes(report, { ...flags, file });
    process.stdout.write(`${flags.json ? JSON.stringify(report, null, 2) : report}\n`);
  });

await new Command('bench')
  // An option both know belongs to the command it follows.
  .enablePositionalOptions()
  .addCommand(ofThemes)
  .description('measure Heard beside what one would pick instead, on this machine; starts and stops everything itself')
  .addArgument(new Argument('<bench>').choices(Object.keys(benches)))
  .option(
    '--seconds <n>',
    'how long each timed part lasts (hot-loop 60, timers 30, can-send 5, bus 5, cases 20)',
    Number,
  )
  .option('--rounds <n>', 'rounds of each comparison, in turn A B A B', Number)
  .option('--quick', 'small numbers: to see that it runs, not how fast')
  .option('--json', 'print JSON and nothing else on standard output')
  .action(async (name: keyof typeof benches, flags: Partial<BenchOptions> & { json?: boolean }) => {
    const report = new Report(name);
    const seconds = { 'hot-loop': 60, timers: 30, 'can-send': 5, bus: 5, cases: 20, 'theme-counts': 0, proof: 0 }[name];
    const bench = await benches[name]();
    await bench(report, {
      seconds: flags.seconds ?? (flags.quick ? Math.min(seconds, 5) : seconds),
      rounds: flags.rounds ?? (flags.quick ? 2 : 5),
      quick: flags.quick ?? false,
    });
    process.stdout.write(`${flags.json ? JSON.stringify(report, null, 2) : report}\n`);
  })
  .parseAsync();
