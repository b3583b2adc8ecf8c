import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Generated files of one folder: name -> text. `owned` says which other files in it are ours and no longer wanted. */
export interface Generated {
  folder: string;
  files: ReadonlyMap<string, string>;
  owned?: RegExp;
}

/** Writes what is not as it should be, or with `check` only names it. Returns the names, relative to `root`. */
export function keepFresh(root: string, all: readonly Generated[], check: boolean): string[] {
  const stale: string[] = [];
  for (const { folder, files, owned } of all) {
    for (const [name, text] of files) {
      const path = join(folder, name);
      if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
      stale.push(relative(root, path));
      if (check) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    const left = existsSync(folder) ? readdirSync(folder).filter((name) => owned?.test(name) && !files.has(name)) : [];
    for (const name of left) {
      stale.push(`${relative(root, join(folder, name))} (no longer generated)`);
      if (!check) rmSync(join(folder, name));
    }
  }
  return stale;
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The last act of a generator's main: says what was done, or with --check exits 1 and names what is stale. */
export function report(stale: readonly string[], check: boolean): void {
  if (stale.length === 0) return;
  if (!check) {
    process.stdout.write(`written:\n${stale.map((name) => `  ${name}\n`).join('')}`);
    return;
  }
  const names = stale.map((name) => `  ${name}\n`).join('');
  process.stderr.write(`stale generated files; run \`npm run generate\` and commit:\n${names}`);
  process.exitCode = 1;
}
