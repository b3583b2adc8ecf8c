import { fileURLToPath } from 'node:url';
import { breaks, generated, release } from './contracts.ts';
import { keepFresh, report } from './generated.ts';

/**
 * Writes the contracts, the AsyncAPI document and docs/events.md. `--check` writes nothing, and exits 1 when something
 * is stale or an incompatible change was made. `--release` makes the contracts as they are the released ones: from then
 * on they must be kept.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url));
const check = process.argv.includes('--check');

report(keepFresh(root, generated(), check), check);
if (process.argv.includes('--release')) report(keepFresh(root, [release()], false), false);

const broken = breaks();
if (broken.length > 0) {
  process.stderr.write(`incompatible with the released contracts:\n${broken.map((one) => `  ${one}\n`).join('')}`);
  process.exitCode = 1;
}
