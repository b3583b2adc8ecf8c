import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { refusals } from '@heard/events/compatibility';
import { type Generated, jsonText, keepFresh, report } from '@heard/events/generated';
import { type JsonSchema, jsonSchemaOf } from '@heard/events/json-schema';
import { Policy } from '@heard/policy/policy';
import { configurationPage } from './configuration-page.ts';

/**
 * Writes docs/configuration.md and the JSON Schema of the policy. `--check` writes nothing, and exits 1 when one is
 * stale or a policy that was valid at the last release (and may be in force in a database) is not any more. `--release`
 * makes the schema the released one.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url));
const contracts = `${root}packages/events/contracts/`;
const check = process.argv.includes('--check');
const policy: JsonSchema = { title: 'Heard policy', ...jsonSchemaOf(Policy, 'input') };
const generated: Generated[] = [
  { folder: `${root}docs`, files: new Map([['configuration.md', configurationPage()]]) },
  { folder: contracts, files: new Map([['policy.schema.json', jsonText(policy)]]) },
];
report(keepFresh(root, generated, check), check);

const released = `${contracts}released/policy.schema.json`;
if (process.argv.includes('--release')) copyFileSync(`${contracts}policy.schema.json`, released);
const broken = existsSync(released) ? refusals(JSON.parse(readFileSync(released, 'utf8')) as JsonSchema, policy) : [];
if (broken.length > 0) {
  process.stderr.write(`policies that were valid are refused now:\n${broken.map((one) => `  ${one}\n`).join('')}`);
  process.exitCode = 1;
}
