import { compileLexicon, findHits } from '@heard/text/lexicon';
import { personalSpans } from '@heard/text/redact';
import type { ServedFrame } from './served-frame.ts';

export interface ThemeSpan {
  themeId: string;
  /** As the frame lists it. */
  word: string;
  start: number;
  end: number;
}

/** Finds where a comment holds words of the frame's themes, in UTF-16 units; what is denied is named all the same. */
export function spanFinder({ themes }: Pick<ServedFrame, 'themes'>): (comment: string) => ThemeSpan[] {
  const words = [...themes.values()].map(({ id, words }) => [id, { terms: words, negatable: false }] as const);
  const lexicon = compileLexicon({ frame: Object.fromEntries(words) });
  return (comment) =>
    findHits(lexicon, comment).map(({ category, term, start, end }) => ({ themeId: category, word: term, start, end }));
}

/** A comment without what identifies a person and exactly as long, so that spans stay where they are. */
export function masked(comment: string): string {
  let text = comment;
  for (const { start, end } of personalSpans(comment)) {
    text = text.slice(0, start) + '•'.repeat(end - start) + text.slice(end);
  }
  return text;
}
