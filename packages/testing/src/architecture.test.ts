import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Source {
  /** From the root, with forward slashes. */
  file: string;
  imports: string[];
}

/** Each `src` by itself: the links between workspaces make a walk over their folders endless. */
function sources(folder: string): Source[] {
  return readdirSync(join(root, folder)).flatMap((name) =>
    readdirSync(join(root, folder, name, 'src'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const text = readFileSync(path, 'utf8');
        const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
        return { file: relative(root, path), imports };
      }),
  );
}

const all = [...sources('packages'), ...sources('services')];
const isTest = (file: string) => /\.test\.ts$|\/fixture[^/]*\.ts$/.test(file);
const placeOf = (file: string) => file.split('/').slice(0, 2).join('/');

test('there is something to look at', () => expect(all.length).toBeGreaterThan(60));

test('services import packages, never each other', () => {
  const wrong = all
    .filter(({ file }) => file.startsWith('services/'))
    .flatMap(({ file, imports }) =>
      imports
        .filter(
          (name) => name.startsWith('.') && placeOf(relative(root, join(root, dirname(file), name))) !== placeOf(file),
        )
        .map((name) => `${file} -> ${name}`),
    );
  expect(wrong).toEqual([]);
});

test('packages import no service; only the village of the tests puts them together', () => {
  const wrong = all
    .filter(
      ({ file }) =>
        file.startsWith('packages/') &&
        file !== 'packages/testing/src/village.ts' &&
        !file.startsWith('packages/bench/'),
    )
    .flatMap(({ file, imports }) =>
      imports.filter((name) => name.includes('services/')).map((name) => `${file} -> ${name}`),
    );
  expect(wrong).toEqual([]);
});

test('rules import nothing that does I/O, tells the time or knows a database', () => {
  const rules = [
    'services/triage/src/triage.ts',
    'services/assignment/src/case.ts',
    'services/assignment/src/case-state.ts',
    'services/assignment/src/routing.ts',
    'services/assignment/src/compensation.ts',
    'services/assignment/src/abuse.ts',
    'services/assignment/src/dispatch.ts',
    'services/assignment/src/unreachable.ts',
    'services/assignment/src/people.ts',
    'services/assignment/src/opening.ts',
    'services/assignment/src/draft-linter.ts',
    'services/assignment/src/quotation.ts',
    'services/assignment/src/phrases.ts',
    'services/assignment/src/resemblance.ts',
    'services/sla-timer/src/clock.ts',
    'services/sla-timer/src/ladder.ts',
    'services/sla-timer/src/moves.ts',
    'services/sla-timer/src/terms.ts',
    'services/suppression-list/src/stop-list.ts',
    'services/ingest/src/intake.ts',
    'services/rca/src/proof/validation.ts',
    'services/rca/src/understanding/hypothesis.ts',
    'services/rca/src/understanding/association.ts',
    'services/rca/src/proof/effect-review.ts',
    'services/rca/src/proof/recovery-paradox.ts',
    'services/rca/src/proof/roi.ts',
    'services/rca/src/understanding/why-tree.ts',
    'services/rca/src/themes/labels.ts',
    'services/rca/src/understanding/health.ts',
    'services/rca/src/understanding/impact.ts',
    'services/rca/src/understanding/alarms.ts',
    'services/rca/src/initiatives/initiative.ts',
    'services/rca/src/initiatives/fly-wire.ts',
    'services/rca/src/initiatives/sop.ts',
    'services/rca/src/campaigns/invitation.ts',
  ];
  const pure = /^(@heard\/(events|policy|text|calendar|statistics)\/|@heard\/bus\/rejection$|node:crypto$)/;
  for (const rule of rules) {
    const source = all.find(({ file }) => file === rule);
    expect(source, `${rule} is there`).toBeDefined();
    expect(
      source!.imports.filter((name) => !pure.test(name) && !rules.includes(join(dirname(rule), name))),
      rule,
    ).toEqual([]);
    const text = readFileSync(join(root, rule), 'utf8');
    expect(text, `${rule} is told the time`).not.toMatch(
      /Date\.now\(|new Date\(\)|performance\.now|Math\.random|await /,
    );
  }
});

test('business time does no I/O and is told the time', () => {
  const files = all.filter(({ file }) => file.startsWith('packages/calendar/') && !isTest(file));
  expect(files.length).toBeGreaterThan(3);
  for (const { file, imports } of files) {
    expect(
      imports.filter((name) => !/^(\.\/[a-z-]+\.ts|zod|ical\.js|temporal-polyfill)$/.test(name)),
      file,
    ).toEqual([]);
    expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(/Date\.now\(|new Date\(\)|Temporal\.Now|await /);
  }
});

test('statistics are arithmetic: no I/O, no time of day, no chance', () => {
  const files = all.filter(({ file }) => file.startsWith('packages/statistics/') && !isTest(file));
  expect(files.length).toBeGreaterThan(5);
  for (const { file, imports } of files) {
    expect(
      imports.filter((name) => !/^(\.\/[a-z-]+\.ts|@stdlib\/[a-z-]+)$/.test(name)),
      file,
    ).toEqual([]);
    expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(/Date\.now\(|new Date\(\)|Math\.random|await /);
  }
});

test('reports are written from what they are given: no I/O, no time of day, no chance', () => {
  const files = all.filter(({ file }) => file.startsWith('packages/reports/') && !isTest(file));
  expect(files.length).toBeGreaterThan(5);
  for (const { file, imports } of files) {
    expect(
      imports.filter(
        (name) => !/^(\.\/[a-z-]+\.ts|zod|echarts(\/dist\/echarts\.min\.js)?|@heard\/statistics\/[a-z-]+)$/.test(name),
      ),
      file,
    ).toEqual([]);
    expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(/Date\.now\(|new Date\(\)|Math\.random|await /);
  }
});

test('one file knows the Kafka client, besides what sends to public topics as an outsider would', () => {
  const users = all.filter(({ file, imports }) => !isTest(file) && imports.includes('kafkajs')).map(({ file }) => file);
  const outsiders = users.filter((file) => !/^packages\/bus\/src\/kafka(-\w+)?\.ts$/.test(file));
  expect(
    outsiders.every((file) => /packages\/(cli\/src\/replay|bench|local|testing)/.test(file)),
    String(outsiders),
  ).toBe(true);
});

test('only main files read the environment of the process', () => {
  const wrong = all
    .filter(({ file }) => !isTest(file) && !/^packages\/(cli|local|testing|bench)\//.test(file))
    .filter(
      ({ file }) => readFileSync(join(root, file), 'utf8').includes('process.env') && basename(file) !== 'main.ts',
    )
    .map(({ file }) => file);
  expect(wrong).toEqual(['packages/service/src/process.ts']);
});
