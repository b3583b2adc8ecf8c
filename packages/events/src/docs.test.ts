import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const pages = [
  'README.md',
  'deploy/README.md',
  ...readdirSync(join(root, 'services')).map((service) => `services/${service}/README.md`),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe('the documentation', () => {
  it('names for every guarantee a test that exists', () => {
    const rows = [...read('docs/guarantees.md').matchAll(/^\| .+ \| `(.+)` › (.+) \|$/gm)];
    expect(rows.length).toBeGreaterThan(30);
    for (const [, file, name] of rows) expect(read(file!).includes(name!), `${file} › ${name}`).toBe(true);
  });

  it.each(pages)('%s has no link that leads nowhere', (page) => {
    for (const [, target] of read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (!/^https?:/.test(target!)) expect(existsSync(join(root, dirname(page), target!)), target).toBe(true);
    }
  });

  it('says in the README what package.json can do', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const used = [...read('README.md').matchAll(/npm (?:run )?(?:--silent )?([a-z]+)/g)].map(([, name]) => name!);
    for (const name of used.filter((one) => one !== 'install' && one !== 'package'))
      expect(scripts).toHaveProperty(name);
  });
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
