import type { Database } from '@heard/bus/log';
import { fold } from '@heard/text/fold';
import { findHits } from '@heard/text/lexicon';
import type { GuidedModel } from '@heard/themes/guided';
import { nameThemes } from '@heard/themes/names';
import { stemOf, termsOf } from '@heard/themes/tokens';
import { sql } from 'kysely';
import { type CorpusFilter, matching } from '../corpus/corpus-filter.ts';

export interface KeywordQuestion {
  filter: CorpusFilter;
  most: number;
}

export interface Keywords {
  /** How many comments of the filter were read, and how many of others it was compared with. */
  of: number;
  comparedWith: number;
  keywords: { word: string; n: number }[];
}

/** Newest first; more would not move the first dozen words. */
const read = 5_000;

/**
 * The words that tell the comments of a filter from all others of the same time and place, by log-odds (see `nameThemes`): those of the code frame as
 * they are listed there (退款慢), and all others that carry meaning. `n` comments hold the word, each counted once. The
 * newest 5,000 comments of either side are read.
 */
export async function keywordsOf(
  database: Database,
  { filter, most }: KeywordQuestion,
  model: GuidedModel | undefined,
): Promise<Keywords> {
  const { segments, ...rest } = filter;
  const inside = await newest(database, matching(filter));
  const outside = segments
    ? await newest(
        database,
        sql<boolean>`${matching(rest)} and c.segment is not null and c.segment <> all (${segments}::text[])`,
      )
    : [];
  const comments = [...inside, ...outside];
  const terms = new Map<string, string[]>();
  for (const comment of comments) {
    const text = fold(comment).trim();
    if (terms.has(text)) continue;
    const listed = model ? findHits(model.lexicon, text).map(({ term }) => fold(term)) : [];
    terms.set(text, [...new Set([...listed, ...termsOf(text)])]);
  }
  const themeOf = comments.map((_, at) => (at < inside.length ? 0 : 1));
  const [named] = nameThemes(comments, themeOf, 2, { words: most, verbatims: 0, terms });
  const keywords = named!.words.map((word) => {
    const forms = new Set([word, word.split(' ').map(stemOf).join(' ')]);
    const n = inside.filter((comment) => terms.get(fold(comment).trim())!.some((term) => forms.has(term))).length;
    return { word, n };
  });
  return { of: inside.length, comparedWith: outside.length, keywords };
}

async function newest(database: Database, condition: ReturnType<typeof matching>): Promise<string[]> {
  const { rows } = await sql<{ comment: string }>`
    select c.comment from comments c where ${condition} order by c.occurred_at desc, c.feedback_id limit ${read}`.execute(
    database,
  );
  return rows.map(({ comment }) => comment);
}
