import { readdirSync, readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median of the rounds' ratios: what a drifting machine leaves standing, which the ratio of two medians does not. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / theirs[round]!));
}

/** Runs each of `ways` once a round, in turn (A B A B …), and returns what each gave per round. */
export async function interleave<T extends Record<string, (round: number) => Promise<number>>>(
  rounds: number,
  ways: T,
): Promise<Record<keyof T, number[]>> {
  const results = Object.fromEntries(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) results[name]!.push(await way(round));
  }
  return results as Record<keyof T, number[]>;
}

/** Calls `work` and returns its rate per second. */
export async function rateOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (count * 1000) / (performance.now() - started);
}

interface Process {
  parent: number;
  command: string;
  seconds: number;
}

interface Sample {
  at: number;
  busy: number;
  processes: Map<number, Process>;
}

/** CPU since the last look, in cores: who under this process used it, and what the rest of the machine used. */
export interface Cpu {
  ours: number;
  /** CPU seconds of ours. */
  seconds: number;
  strangers: number;
  by: Record<string, number>;
}

/** Starts counting; the returned function says what was used since. undefined where there is no /proc. */
export function countCpu(): () => Cpu | undefined {
  const before = sample();
  return () => {
    const after = sample();
    if (!before || !after) return undefined;
    const wall = (after.at - before.at) / 1000;
    const own = ownProcesses(after);
    const spent = (s: Sample, pids: Iterable<number>) =>
      [...pids].reduce((sum, pid) => sum + (s.processes.get(pid)?.seconds ?? 0), 0);
    const ours = (spent(after, own) - spent(before, ownProcesses(before))) / wall;
    const by: Record<string, number> = {};
    for (const pid of own) {
      const { command, seconds } = after.processes.get(pid)!;
      const cores = (seconds - (before.processes.get(pid)?.seconds ?? 0)) / wall;
      if (cores >= 0.005) by[roleOf(command)] = (by[roleOf(command)] ?? 0) + cores;
    }
    return { ours, seconds: ours * wall, strangers: Math.max(0, (after.busy - before.busy) / wall - ours), by };
  };
}

const ticksPerSecond = 100;

function sample(): Sample | undefined {
  if (process.platform !== 'linux') return undefined;
  const processes = new Map<number, Process>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      processes.set(Number(pid), {
        parent: fields[1]!,
        command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
        // Own time and that of children that have ended.
        seconds: (fields[11]! + fields[12]! + fields[13]! + fields[14]!) / ticksPerSecond,
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { at: performance.now(), busy: (user! + nice! + system! + irq! + softirq!) / ticksPerSecond, processes };
}

function ownProcesses({ processes }: Sample): Set<number> {
  const own = new Set([process.pid]);
  for (let before = 0; before !== own.size; ) {
    before = own.size;
    for (const [pid, { parent }] of processes) if (own.has(parent)) own.add(pid);
  }
  return own;
}

function roleOf(command: string): string {
  const service = /services\/([\w-]+)\/src\/main/.exec(command)?.[1];
  const role = /^postgres: heard_(\w+)/.exec(command)?.[1];
  if (service) return service;
  if (role) return `${role.replaceAll('_', '-')} in database`;
  if (/^postgres: postgres/.test(command)) return 'bench in database';
  if (/postgres/.test(command.slice(0, 200)) && !/main\.ts/.test(command)) return 'database writers';
  if (/kafka\.Kafka/.test(command)) return 'kafka';
  return /bench\/src\/([\w-]+)\.ts/.exec(command)?.[1]?.replace('main', 'bench') ?? 'other';
}

/** Resident memory of a process in MB; undefined where there is no /proc. */
export function residentMb(pid: number | undefined): number | undefined {
  try {
    const kb = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return (Number(kb) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}

export interface Goal {
  atLeast?: number;
  atMost?: number;
}

interface Row extends Goal {
  what: string;
  value: number;
  unit: string;
  met?: boolean;
}

/** What one bench found: rows with or without a goal, and remarks; as a table or as JSON. */
export class Report {
  readonly rows: Row[] = [];
  readonly remarks: string[] = [];
  readonly bench: string;

  constructor(bench: string) {
    this.bench = bench;
  }

  row(what: string, value: number | undefined, unit: string, goal: Goal = {}): void {
    if (value === undefined) return;
    const { atLeast, atMost } = goal;
    const row: Row = { what, value, unit, ...goal };
    if (atLeast !== undefined || atMost !== undefined) {
      row.met = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
    }
    this.rows.push(row);
    progress(`  ${what}: ${shown(value)} ${unit}`);
  }

  remark(text: string): void {
    this.remarks.push(text);
  }

  /** CPU of everything that is ours per piece of work: says more than a rate where others use the machine too. */
  cost(what: string, cpu: Cpu | undefined, count: number): void {
    if (cpu) this.row(`${what}, CPU of all processes`, (cpu.seconds * 1e6) / count, 'µs');
  }

  /** Says who used the CPU meanwhile; strangers above 0.15 cores make a figure worth repeating. */
  cpu(what: string, cpu: Cpu | undefined): void {
    if (!cpu) return;
    const parts = Object.entries(cpu.by)
      .sort(([, a], [, b]) => b - a)
      .map(([name, cores]) => `${name} ${cores.toFixed(2)}`);
    const busy = cpu.strangers > 0.15 ? ' (busy: repeat it)' : '';
    this.remark(
      `${what}: ${cpu.ours.toFixed(2)} cores (${parts.join(', ')}); strangers ${cpu.strangers.toFixed(2)}${busy}`,
    );
  }

  /** Throws when something was lost or done twice: a rate of wrong results is no rate. */
  account(what: string, counted: Record<string, number>, expected: number): void {
    for (const [name, count] of Object.entries(counted)) {
      if (count !== expected) throw new Error(`${what}: ${name} are ${count}, not ${expected}`);
    }
    this.remark(`${what}: all accounted for (${expected} × ${Object.keys(counted).join(', ')})`);
  }

  toString(): string {
    const cells = this.rows.map((row) => [
      row.what,
      `${shown(row.value)} ${row.unit}`,
      goalOf(row),
      row.met === undefined ? '' : row.met ? 'met' : 'NOT MET',
    ]);
    const all = [[this.bench, 'measured', 'goal', ''], ...cells];
    const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]!.length)));
    const lines = all.map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('   ')
        .trimEnd(),
    );
    lines.splice(1, 0, '─'.repeat(Math.max(...lines.map((line) => line.length))));
    return [...lines, '', ...this.remarks.map((remark) => `- ${remark}`), `- ${machine()}`].join('\n');
  }

  toJSON(): object {
    return { bench: this.bench, machine: machine(), rows: this.rows, remarks: this.remarks };
  }
}

function goalOf({ atLeast, atMost }: Goal): string {
  if (atLeast !== undefined && atMost !== undefined) return `${shown(atLeast)} to ${shown(atMost)}`;
  if (atLeast !== undefined) return `>= ${shown(atLeast)}`;
  return atMost !== undefined ? `<= ${shown(atMost)}` : '';
}

function machine(): string {
  const all = cpus();
  return `${all.length} cores (${all[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}; load generator, services and database share them`;
}

function shown(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}

export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
