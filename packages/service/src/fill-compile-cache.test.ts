import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

test('nothing is stripped of its types again once the cache is filled, not even what is loaded on demand', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'heard-cache-'));
  try {
    const env = { ...process.env, NODE_COMPILE_CACHE: dir, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    await run(process.execPath, [fileURLToPath(new URL('./fill-compile-cache.ts', import.meta.url))], {
      env: { ...env, NODE_DEBUG_NATIVE: '' },
    });
    const url = (file: string) => JSON.stringify(new URL(`../../../${file}`, import.meta.url).href);
    const code = `import 'data:text/javascript,process.exit()';
      import ${url('services/rca/src/main.ts')};
      import ${url('services/rca/src/themes/analyst-process.ts')};
      import ${url('packages/bus/src/kafka-relay.ts')};`;
    const { stderr } = await run(process.execPath, ['--input-type=module', '--eval', code], {
      env,
      maxBuffer: 64 * 1_048_576,
    });
    const stripped = stderr
      .split('\n')
      .filter((line) => line.includes('reading cache') && line.includes('StrippedType'));
    expect(stripped.length).toBeGreaterThan(50);
    expect(stripped.filter((line) => !line.includes('success'))).toEqual([]);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
