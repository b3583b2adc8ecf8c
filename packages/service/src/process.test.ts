import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { toStartAgain } from './process.ts';

/** How a process ends that runs this as its service, and what it said. */
function ending(start: string): Promise<[number | string | null | undefined, string]> {
  const module = JSON.stringify(fileURLToPath(new URL('./process.ts', import.meta.url)));
  const code = `import { runProcess } from ${module}; await runProcess(async () => { ${start} });`;
  return new Promise((resolve) => {
    execFile(process.execPath, ['--input-type=module', '-e', code], { timeout: 20_000 }, (error, _out, stderr) =>
      resolve([error?.code, stderr]),
    );
  });
}

test('what cannot start ends with 1 and one line', async () => {
  expect(await ending(`throw new Error('no such policy')`)).toEqual([1, 'no such policy\n']);
});

test('what can do no more closes and asks to be started again', async () => {
  const running = `{ ready: async () => true, close: async () => process.stderr.write('closed\\n') }`;
  const fatal = `setTimeout(() => { throw new Error('stuck', { cause: new Error('why') }) }); return ${running}`;
  expect(await ending(fatal)).toEqual([toStartAgain, 'stuck: why\nclosed\n']);
});
