import { Command, InvalidArgumentError, Option } from 'commander';
import { type Identity, identify, tokenHelp } from './identity.ts';
import { progressBar } from './progress-bar.ts';
import { type ReplayOptions, type ReplaySummary, replay } from './replay.ts';
import { findBrokers } from './target.ts';

interface Flags extends Pick<ReplayOptions, 'kind' | 'via' | 'url' | 'batch' | 'rate' | 'wait'>, Identity {
  brokers?: string;
  map: Record<string, string>;
  set: Record<string, string>;
  json?: true;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('send files of responses and customer values to a running Heard and say what came of them')
    .argument('<file...>', 'CSV, or JSON lines (.jsonl, .ndjson, .json)')
    .addOption(
      new Option('--kind <kind>', 'what the files hold; auto goes by the columns, or the type of a JSON line')
        .choices(['responses', 'customer-values', 'auto'])
        .default('auto'),
    )
    .addOption(new Option('--via <way>', 'how to send').choices(['http', 'kafka']).default('http'))
    .option('--url <url>', 'the ingest service; the others are looked for beside it', url, 'http://127.0.0.1:7401')
    .option('--brokers <list>', 'Kafka brokers, host:port separated by commas; without it those of the running system')
    .option('--data <folder>', 'the folder npm start keeps its data in', '.heard')
    .option('--token <token>', tokenHelp)
    .option('--map <column=field>', 'read a column as a field; column= drops it (repeatable)', pair, {})
    .option('--set <field=value>', 'use a value where the file has none (repeatable)', pair, {})
    .option('--batch <items>', 'items sent together, 1 to 1000', number(1, 1000), 500)
    .option('--rate <items>', 'items per second; 0 = as fast as they are taken', number(0, 1_000_000), 0)
    .option('--json', 'print the summary as JSON, and nothing else')
    .option('--no-wait', 'do not wait until the services have settled')
    .action(run);
}

async function run(files: string[], flags: Flags): Promise<void> {
  const { kind, via, url, batch, rate, wait, map } = flags;
  const bar = process.stderr.isTTY && !flags.json ? progressBar(process.stderr) : undefined;
  const summary = await replay({
    files,
    kind,
    via,
    url,
    batch,
    rate,
    wait,
    map,
    defaults: flags.set,
    brokers: flags.brokers?.split(',').filter(Boolean) ?? findBrokers(flags.data, process.env),
    environment: process.env,
    headers: via === 'http' || wait ? await identify(flags, ['system']) : {},
    progress: bar?.draw,
  }).finally(() => bar?.clear());
  process.stdout.write(flags.json ? `${JSON.stringify(summary, null, 2)}\n` : describe(summary));
}

/** The summary for people. */
export function describe(summary: ReplaySummary): string {
  const { rejects, seconds, perSecond, outcome, ...counts } = summary;
  const lines = Object.entries(counts).map(([name, count]) => `${name.padEnd(12)}${String(count).padStart(9)}`);
  lines.push(`in ${seconds} s, ${perSecond} lines/s`);
  if (rejects.length > 0) {
    lines.push('', rejects.length < counts.rejected ? `the first ${rejects.length} rejected:` : 'rejected:');
    for (const { file, line, field, message } of rejects) lines.push(`  ${file}:${line}  ${field}: ${message}`);
  }
  if (outcome) lines.push('', ...outcomeLines(outcome));
  return `${lines.join('\n')}\n`;
}

function outcomeLines({ settled, before, after, difference, silent }: NonNullable<ReplaySummary['outcome']>): string[] {
  const lines = [
    `${'what came of it'.padEnd(32)}${['before', 'after', 'change'].map((head) => head.padStart(10)).join('')}`,
  ];
  for (const [service, counters] of Object.entries(difference)) {
    for (const [name, change] of Object.entries(counters)) {
      const numbers = [before[service]?.[name] ?? 0, after[service]?.[name] ?? 0];
      const cells = [...numbers.map(String), change > 0 ? `+${change}` : String(change)];
      lines.push(`${`${service} ${name}`.padEnd(32)}${cells.map((cell) => cell.padStart(10)).join('')}`);
    }
  }
  if (!settled) lines.push('the services were still at work when the wait was over');
  if (silent.length > 0) lines.push(`no answer from ${silent.join(', ')}`);
  return lines;
}

function pair(text: string, earlier: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write it as name=value.');
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function url(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new InvalidArgumentError('It must be an http or https URL.');
}
