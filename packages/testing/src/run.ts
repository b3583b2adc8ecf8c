import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm test`: types, lint, generated files, then all rings of tests on the real parts. The last line says how many
 * passed, failed and were skipped; what was skipped, and why, stands just above it.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url));
const bin = (name: string) => join(root, 'node_modules/.bin', name);
const say = (line: string) => void process.stdout.write(`${line}\n`);

const checks: [string, string, string[]][] = [
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['format and lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['contracts are fresh', process.execPath, ['packages/events/src/generate.ts', '--check']],
  ['configuration page is fresh', process.execPath, ['packages/service/src/generate.ts', '--check']],
];
let passed = 0;
let failed = 0;
for (const [name, command, args] of checks) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  say(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  if (status === 0) passed++;
  else failed++;
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  testResults: {
    name: string;
    message: string;
    status: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

const dir = mkdtempSync(join(tmpdir(), 'heard-run-'));
const output = join(dir, 'report.json');
const only = process.argv.slice(2);
const run = spawnSync(
  bin('vitest'),
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${output}`, ...only],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
let skipped: string[] = [];
try {
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report;
  passed += report.numPassedTests;
  // A file that could not even be loaded has no tests to count, but it failed.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((one) => one.status !== 'failed'),
  );
  failed += report.numFailedTests + broken.length;
  skipped = report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((one) => one.status === 'skipped' || one.status === 'pending')
      .map((one) => one.fullName),
  );
} catch {
  failed++;
}
if (run.status !== 0 && failed === 0) failed++;
rmSync(dir, { recursive: true, force: true });
for (const name of skipped) say(`skipped: ${name}`);
say(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
