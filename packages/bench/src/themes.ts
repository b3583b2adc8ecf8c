import { createReadStream, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { csvRows } from '@heard/imports/csv';
import { accuracy, agreement, matched } from '@heard/themes/agreement';
import { assign, guide } from '@heard/themes/assign';
import { discover } from '@heard/themes/discover';
import { type CodeFrame, countedThemes, parseFrame } from '@heard/themes/frame';
import { nameThemes } from '@heard/themes/names';
import { themeShares } from '@heard/themes/shares';
import { percentile, type Report } from './measuring.ts';
import { grow } from './theme-batches.ts';

export interface ThemeBenchOptions {
  file: string;
  text: string;
  label: string;
  k?: number;
  frame?: string;
  batches?: number;
  seeds: number;
}

/**
 * Themes found in a labelled CSV file against its labels. With a frame, its themes stand for the labels of the same
 * name or id; without, found themes are matched to labels for accuracy and shares. Rows without a label are left out.
 * Seconds: from texts in memory to named themes or counted shares; the first seed's are cold (dictionary, compiler).
 */
export async function themes(report: Report, options: ThemeBenchOptions): Promise<void> {
  const { texts, labels } = await labelled(options);
  const names = [...new Set(labels)].sort();
  if (options.frame) return guided(report, texts, labels, names, parseFrame(readFileSync(options.frame, 'utf8')));
  const label = labels.map((name) => names.indexOf(name));
  report.remark(`${texts.length} comments, ${names.length} labels`);
  if (options.batches) return grow(report, texts, label, options.batches);
  for (let seed = 1; seed <= options.seeds; seed++) {
    const started = performance.now();
    const cpu = process.cpuUsage();
    const found = discover(texts, { themes: options.k, seed });
    const named = nameThemes(texts, found.themeOf, found.themes, { terms: found.terms });
    const seconds = (performance.now() - started) / 1000;
    const used = cpuSeconds(cpu);
    const themeOf = found.themeOf.map((theme) => (theme < 0 ? found.themes : theme));
    const { nmi, ari, purity } = agreement(themeOf, label);
    const { accuracy: share, macroF1, totalVariation } = accuracy(matched(themeOf, label), label);
    const rows: [string, number, string][] = [
      ['themes', found.themes, ''],
      ['NMI', nmi, ''],
      ['ARI', ari, ''],
      ['purity', purity, ''],
      ['accuracy', share, ''],
      ['macro-F1', macroF1, ''],
      ['share error', totalVariation * 100, 'points'],
      ['time', seconds, 's'],
      ['CPU', used, 's'],
    ];
    if (seed === 1) for (const { words } of named.slice(0, 12)) report.remark(words.join(', '));
    for (const [what, value, unit] of rows) report.row(`seed ${seed}: ${what}`, value, unit);
  }
  report.row('peak memory', process.resourceUsage().maxRSS / 1024, 'MB');
}

function guided(report: Report, texts: string[], labels: string[], names: string[], frame: CodeFrame): void {
  const counted = countedThemes(frame);
  const themeNames = counted.map((theme) => names.find((name) => [theme.id, theme.zh, theme.en].includes(name)));
  const absent = names.filter((name) => !themeNames.includes(name));
  if (absent.length > 0) report.remark(`labels without a theme, all counted as wrong: ${absent.join(', ')}`);
  const started = performance.now();
  const cpu = process.cpuUsage();
  const found = guide(frame, texts);
  themeShares(found.assignments, counted.length);
  const seconds = (performance.now() - started) / 1000;
  const used = cpuSeconds(cpu);
  const numbers = [...names, ...themeNames.map((name, theme) => name ?? `theme ${theme}`), 'none'];
  const themeOf = found.assignments.map(({ primary: theme }) =>
    numbers.indexOf(theme < 0 ? 'none' : (themeNames[theme] ?? `theme ${theme}`)),
  );
  const label = labels.map((name) => names.indexOf(name));
  const { nmi, ari, purity } = agreement(themeOf, label);
  const { accuracy: share, macroF1, totalVariation } = accuracy(themeOf, label);
  report.remark(`${texts.length} comments, ${names.length} labels, ${counted.length} themes in the frame`);
  report.row('accuracy', share, '');
  report.row('macro-F1', macroF1, '');
  report.row('share error', totalVariation * 100, 'points');
  report.row('NMI', nmi, '');
  report.row('ARI', ari, '');
  report.row('purity', purity, '');
  report.row(
    'left uncertain',
    (100 * found.assignments.filter(({ uncertain }) => uncertain).length) / texts.length,
    '%',
  );
  report.row('time', seconds, 's');
  report.row('CPU', used, 's');
  const each = texts.map((text) => {
    const before = performance.now();
    assign(found.model, text);
    return performance.now() - before;
  });
  report.row('one new comment, p99', percentile(each, 99), 'ms');
  report.row('10,000 new comments', (each.reduce((sum, one) => sum + one, 0) * 10) / texts.length, 's');
  report.row('peak memory', process.resourceUsage().maxRSS / 1024, 'MB');
  for (let first = 0; first + 3 < frame.themes.length; first += 3) leftOut(report, texts, labels, frame, first);
}

/** Whether comments that belong to no theme of a frame are kept apart: three themes are taken out of it. */
function leftOut(report: Report, texts: string[], labels: string[], frame: CodeFrame, first: number): void {
  const gone = frame.themes.slice(first, first + 3);
  const ids = new Set(gone.map(({ id }) => id));
  const merges = frame.merges.filter(({ from, into }) => !ids.has(from) && !ids.has(into));
  const { assignments } = guide({ ...frame, merges, themes: frame.themes.filter(({ id }) => !ids.has(id)) }, texts);
  const isOut = labels.map((label) => gone.some(({ id, zh, en }) => [id, zh, en].includes(label)));
  const apart = assignments.map(({ uncertain }) => uncertain);
  const both = apart.filter((uncertain, row) => uncertain && isOut[row]).length;
  const out = isOut.filter(Boolean).length;
  const uncertain = apart.filter(Boolean).length;
  const without = `without ${gone.map(({ en }) => en).join(', ')}`;
  report.row(`${without}: their comments kept apart (recall)`, (100 * both) / out, '%');
  report.row(`${without}: of those kept apart, theirs (precision)`, (100 * both) / uncertain, '%');
  report.row(`${without}: other comments kept apart`, (100 * (uncertain - both)) / (texts.length - out), '%');
}

/** What the work itself took, whatever else the machine was busy with. */
function cpuSeconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

async function labelled({ file, text, label }: ThemeBenchOptions): Promise<{ texts: string[]; labels: string[] }> {
  const stream = createReadStream(file);
  const cells: string[][] = [];
  for await (const rows of csvRows(file.endsWith('.gz') ? stream.pipe(createGunzip()) : Readable.from(stream))) {
    for (const row of rows) if (!row.problem) cells.push(row.cells);
  }
  const [header = [], ...rest] = cells;
  const [textAt, labelAt] = [text, label].map((column) => {
    if (!header.includes(column)) throw new Error(`${file} has no column "${column}", only ${header.join(', ')}`);
    return header.indexOf(column);
  }) as [number, number];
  const rows = rest.filter((row) => row[labelAt] !== '');
  return { texts: rows.map((row) => row[textAt]!), labels: rows.map((row) => row[labelAt]!) };
}
