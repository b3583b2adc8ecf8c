import { globSync } from 'node:fs';

/**
 * Puts all that a service may ever load into NODE_COMPILE_CACHE, and runs nothing: modules run in the order of their
 * imports, and the first one ends the process. Files of the two packages named here are loaded on demand; one of them
 * alone, if it is not in the cache, makes a process load the compiler that strips its types: 10 MB.
 */
const root = new URL('../../../', import.meta.url);
const files = globSync('{services/*,packages/{bus,themes}}/src/**/*.ts', {
  cwd: root,
  exclude: ['**/*.test.ts', '**/fixture*.ts'],
});
const imports = ['data:text/javascript,process.exit()', ...files.map((file) => new URL(file, root).href)];
const code = imports.map((url) => `import ${JSON.stringify(url)};`).join('\n');
await import(`data:text/javascript,${encodeURIComponent(code)}`);
