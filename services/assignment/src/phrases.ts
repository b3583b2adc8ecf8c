import { fold } from '@heard/text/fold';
import { isDenied } from '@heard/text/negation';

export type Phrases = readonly string[] | { terms: readonly string[]; except?: readonly string[] | undefined };

/** Start and end in UTF-16 units of the text searched. */
export interface Span {
  start: number;
  end: number;
}

const compiled = new WeakMap<object, { terms: RegExp; except: RegExp | null }>();

/**
 * Where a text holds one of the phrases, by start: in any case, width and script, English as whole words, "…" in a
 * phrase as up to 12 characters within the clause, 20 in English. What stands within an exception does not count, nor, if
 * `deniable`, what is denied ("这不是我们的错").
 */
export function findPhrases(phrases: Phrases, text: string, deniable = false): Span[] {
  const { terms, except } = compile(phrases);
  const folded = fold(text);
  const excepted = except ? spansOf(except, folded) : [];
  return spansOf(terms, folded).filter(
    ({ start, end }) =>
      !excepted.some((exception) => exception.start <= start && end <= exception.end) &&
      !(deniable && isDenied(folded.slice(Math.max(0, start - 60), start), folded.slice(end, end + 40))),
  );
}

function compile(phrases: Phrases) {
  const known = compiled.get(phrases);
  if (known) return known;
  const { terms, except = [] } = 'terms' in phrases ? phrases : { terms: phrases };
  const made = { terms: pattern(terms), except: except.length > 0 ? pattern(except) : null };
  compiled.set(phrases, made);
  return made;
}

function pattern(phrases: readonly string[]): RegExp {
  const longestFirst = [...phrases].sort((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(source).join('|'), 'g');
}

function source(phrase: string): string {
  return phrase
    .split('…')
    .map(literal)
    .join(`[^。！？；，,.!?;\\n]{0,${/[a-z]/i.test(phrase) ? 20 : 12}}?`);
}

function literal(part: string): string {
  const folded = fold(part).trim();
  const open = /^[a-z0-9]/.test(folded) ? '(?<![a-z0-9])' : '';
  const close = /[a-z0-9]$/.test(folded) ? '(?![a-z0-9])' : '';
  return (
    open +
    folded
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/ /g, ' +')
      .replace(/'/g, "'?") +
    close
  );
}

function spansOf(phrases: RegExp, folded: string): Span[] {
  return [...folded.matchAll(phrases)].map(({ 0: found, index }) => ({ start: index, end: index + found.length }));
}
