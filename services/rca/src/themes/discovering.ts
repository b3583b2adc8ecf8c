import { createHash } from 'node:crypto';
import type { Database } from '@heard/bus/log';
import { fold } from '@heard/text/fold';
import { discover } from '@heard/themes/discover';
import { type Lineage, traceThemes } from '@heard/themes/lineage';
import { nameThemes } from '@heard/themes/names';
import type { Terms } from '@heard/themes/tokens';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';
import { sampleTexts, type Text } from '../corpus/corpus-sample.ts';
import { servingFrame } from './theme-counts.ts';

const mostTexts = 100_000;
const batch = 5_000;

interface Waiting {
  number: number;
  scope: 'unexplained' | 'all';
  filter: CorpusFilter;
  least: number;
  most: number;
  min_comments: number;
}

interface Found {
  /** Of each text; −1 for outliers, which are like no theme. */
  themeOf: number[];
  words: string[][];
  /** Texts that say most of it, by number. */
  quotes: number[][];
}

/**
 * Runs the oldest discovery that waits. What it finds is written beside what serves, and is `found` when all of it is
 * there: whoever is stopped before leaves it waiting. Only one is found at a time, so that each is traced to the one
 * before it. False when none waits.
 */
export async function runDiscovery(database: Database): Promise<boolean> {
  const { rows } = await sql<Waiting>`
    select number, scope, filter, least, most, min_comments from discoveries where state = 'waiting'
       and not exists (select from discoveries where state = 'found') order by number limit 1`.execute(database);
  const waiting = rows[0];
  if (!waiting) return false;
  const { number, filter, scope } = waiting;
  const frame = (await servingFrame(database)) ?? null;
  const explained = sql`exists (select from comment_themes t where t.frame_version = ${frame} and t.feedback_id = c.feedback_id and t.primary_theme is not null)`;
  const condition = scope === 'all' ? matching(filter) : sql<boolean>`${matching(filter)} and not ${explained}`;
  const { texts, comments } = await sampleTexts(database, condition, mostTexts, true);
  if (comments < waiting.min_comments) {
    await sql`update discoveries set state = 'too-few', comments = ${comments}, frame_version = ${frame} where number = ${number}`.execute(
      database,
    );
    return true;
  }
  const digest = digestOf(texts, waiting);
  const before = await servingThemes(database, digest);
  const found = find(texts, waiting, before);
  const lineage = trace(number, texts, found, before.themeOf);
  await store(database, number, texts, found, lineage);
  const outliers = sum(texts.filter((_, at) => found.themeOf[at]! < 0));
  await sql`
    update discoveries set state = 'found', comments = ${comments}, outliers = ${outliers}, frame_version = ${frame}, digest = ${digest},
           lineage = ${JSON.stringify(lineage.changes)}::jsonb where number = ${number} and state = 'waiting'`.execute(
    database,
  );
  return true;
}

interface Before {
  /** Of each comment by the discovery that serves. */
  themeOf: ReadonlyMap<string, string>;
  /** It looked at the same texts in the same way. */
  isSame: boolean;
}

async function servingThemes(database: Database, digest: string): Promise<Before> {
  const { rows } = await sql<{ id: string; theme: string }>`
    select feedback_id as id, theme_id as theme from discovered_comments join discoveries using (number)
     where state = 'serving' and theme_id is not null`.execute(database);
  const same = await sql`select 1 from discoveries where state = 'serving' and digest = ${digest}`.execute(database);
  return { themeOf: new Map(rows.map(({ id, theme }) => [id, theme])), isSame: same.rows.length > 0 };
}

function digestOf(texts: readonly Text[], { least, most, scope }: Waiting): string {
  const digest = createHash('sha256').update(`${scope} ${least} ${most}`);
  for (const { comment, ids } of texts) digest.update(`\n${ids.join(' ')} ${comment}`);
  return digest.digest('hex');
}

/** Begins with the themes of before, so that they go on; where nothing has changed they are the answer. */
function find(texts: readonly Text[], { least, most }: Waiting, before: Before): Found {
  const comments = texts.map(({ comment }) => comment);
  const known = [...new Set(before.themeOf.values())].sort();
  const was = texts.map(({ ids }) => {
    const id = ids.find((one) => before.themeOf.has(one));
    return id === undefined ? -1 : known.indexOf(before.themeOf.get(id)!);
  });
  if (before.isSame) return named(comments, was);
  const start = new Map<string, number>();
  for (const [at, theme] of was.entries()) if (theme >= 0) start.set(fold(comments[at]!).trim(), theme);
  const { themeOf, outlier, terms } = discover(comments, { least, most, start });
  const kept = Array.from(themeOf, (theme, at) => (outlier[at] ? -1 : theme));
  return named(comments, kept, terms);
}

function named(comments: readonly string[], kept: readonly number[], terms?: ReadonlyMap<string, Terms>): Found {
  const numbers = new Map<number, number>();
  for (const theme of [...new Set(kept)].sort((a, b) => a - b)) if (theme >= 0) numbers.set(theme, numbers.size);
  const themeOf = kept.map((theme) => numbers.get(theme) ?? -1);
  const names = nameThemes(comments, themeOf, numbers.size, { words: 8, verbatims: 5, terms });
  const place = new Map(comments.map((comment, at) => [comment, at]));
  return {
    themeOf,
    words: names.map(({ words }) => words),
    quotes: names.map(({ verbatims }) => verbatims.map((verbatim) => place.get(verbatim)!)),
  };
}

function trace(number: number, texts: readonly Text[], found: Found, before: ReadonlyMap<string, string>): Lineage {
  const after = texts.flatMap(({ ids }, at) => ids.map((key) => ({ key, theme: found.themeOf[at]! })));
  const newId = (theme: number) => {
    const said = texts.filter((_, at) => found.themeOf[at] === theme).map(({ comment }) => comment);
    return uuidOf(`${number}\n${said.sort().join('\n')}`);
  };
  return traceThemes(before, after, newId);
}

/** A UUID of version 8 from what it stands for, so that the same corpus has the same ids. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

async function store(
  database: Database,
  number: number,
  texts: readonly Text[],
  { themeOf, words, quotes }: Found,
  { idOf }: Lineage,
): Promise<void> {
  await sql`delete from discovered_comments where number = ${number}`.execute(database);
  await sql`delete from discovered_themes where number = ${number}`.execute(database);
  const rows = texts.flatMap(({ ids }, at) => ids.map((id) => ({ id, theme: idOf[themeOf[at]!] ?? null })));
  for (let from = 0; from < rows.length; from += batch) {
    const part = rows.slice(from, from + batch);
    await sql`
      insert into discovered_comments (number, feedback_id, theme_id)
      select ${number}, * from unnest(${part.map(({ id }) => id)}::uuid[], ${part.map(({ theme }) => theme)}::text[])`.execute(
      database,
    );
  }
  for (const [theme, themeId] of idOf.entries()) {
    const size = sum(texts.filter((_, at) => themeOf[at] === theme));
    const best = quotes[theme]!.map((at) => texts[at]!.ids[0]!);
    await sql`
      insert into discovered_themes (number, theme_id, words, quotes, comments)
      values (${number}, ${themeId}, ${words[theme]}::text[], ${best}::uuid[], ${size})`.execute(database);
  }
}

const sum = (texts: readonly Text[]) => texts.reduce((total, { ids }) => total + ids.length, 0);
