import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Whether a process that imports this module has the native word cutter in its memory. */
function loadsWords(module: string): boolean {
  const code = `await import(${JSON.stringify(new URL(module, import.meta.url).href)});
    console.log(process.report.getReport().sharedObjects.some((file) => file.includes('jieba')))`;
  return (
    execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' }).trim() === 'true'
  );
}

test('what serves and consumes loads no dictionary; only what the process apart imports does', () => {
  expect(loadsWords('./assigning.ts')).toBe(true);
  expect(loadsWords('../start.ts')).toBe(false);
});
