import type { TermHit } from '@heard/events/vocabulary';
import { personalSpans } from '@heard/text/redact';
import { sentiment } from '@heard/text/sentiment';
import type { Span } from './phrases.ts';

/** A piece of what somebody wrote: `text` is exactly source.slice(start, end), in UTF-16 units. */
export interface Quote extends Span {
  text: string;
}

const SHORTEST = 6;
const LONGEST = 60;
const MOST_WORDS = 25;
const MOST_CHARACTERS_READ = 4000;

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const words = new Intl.Segmenter('zh', { granularity: 'word' });

/**
 * What can be quoted from a comment, the most telling first: clauses and runs of clauses of one sentence, of 6 to 60
 * characters and at most 25 words, that cut no character in two and hold no personal data. A piece with a red-line word
 * comes before one with a high-risk word, before the most negative one. A comment that is shorter is quoted whole; one
 * without a letter or digit not at all.
 */
export function quotes(comment: string, hits: readonly Pick<TermHit, 'list' | 'start' | 'end'>[]): Quote[] {
  const source = comment.slice(0, MOST_CHARACTERS_READ);
  const personal = personalSpans(comment);
  const borders = new Set([...graphemes.segment(source)].map(({ index }) => index).concat(source.length));
  const pieces = runs(source)
    .map((span) => trimmed(source, span, borders))
    .filter((piece) => piece.text !== '' && /[\p{L}\p{N}]/u.test(piece.text) && wordsIn(piece.text) <= MOST_WORDS)
    .filter((piece) => piece.text.length <= LONGEST && !isPersonal(piece, personal));
  const long = pieces.filter(({ text }) => text.length >= SHORTEST);
  const usable = long.length > 0 ? long : pieces.slice(0, 1);
  const ranked = [...new Map(usable.map((piece) => [`${piece.start}-${piece.end}`, piece])).values()].map((piece) => ({
    piece,
    rank: weight(piece, hits),
  }));
  return ranked.sort((a, b) => b.rank - a.rank || a.piece.start - b.piece.start).map(({ piece }) => piece);
}

/** The agent's choice, or null where that is not a piece of the comment that may be quoted. */
export function chosenQuote(comment: string, { start, end }: Span): Quote | null {
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end > comment.length || start >= end)
    return null;
  const text = comment.slice(start, end);
  const borders = new Set([...graphemes.segment(comment)].map(({ index }) => index).concat(comment.length));
  const isWhole = borders.has(start) && borders.has(end) && !/[\p{Cc}]/u.test(text) && /[\p{L}\p{N}]/u.test(text);
  return isWhole && text === text.trim() ? { start, end, text } : null;
}

export function holdsPersonalData(comment: string, quote: Quote): boolean {
  return isPersonal(quote, personalSpans(comment));
}

/** The beginnings of a quote that end with one of its clauses, the longest first. */
export function clausesOf(quote: Quote): Quote[] {
  return beginnings(
    quote,
    [...quote.text.matchAll(BORDER)].map(({ index }) => index),
  ).filter(({ text }) => text.length >= SHORTEST);
}

/** The beginnings of a quote that end with a word, the longest first. */
export function wordsOf(quote: Quote): Quote[] {
  const ends = [...words.segment(quote.text)].filter(({ isWordLike }) => isWordLike);
  return beginnings(
    quote,
    ends.map(({ index, segment }) => index + segment.length),
  ).filter(({ text }) => isTelling(text));
}

/** The beginnings of a quote that end with a character, for words that never end: the longest first. */
export function charactersOf(quote: Quote): Quote[] {
  return beginnings(
    quote,
    [...graphemes.segment(quote.text)].map(({ index }) => index),
  ).filter(({ text }) => isTelling(text));
}

/** Whether so few characters can be told from chance. */
export function isTelling(text: string): boolean {
  return text.length >= 4;
}

function beginnings({ start, text }: Quote, ends: number[]): Quote[] {
  const whole = new Set([...graphemes.segment(text)].map(({ index }) => index));
  return ends
    .filter((end) => whole.has(end) && /[\p{L}\p{N}]/u.test(text.slice(0, end)))
    .sort((a, b) => b - a)
    .map((end) => ({ start, end: start + end, text: text.slice(0, end) }));
}

const PAIRS: Record<string, string> = { '“': '”', '"': '"', '「': '」', '『': '』', '＂': '＂' };

/**
 * What a draft puts in quotation marks. Marks within the customer's own words do not end a quotation early: the longest
 * run between marks that the customer did write is taken, else the shortest there is.
 */
export function quotationsIn(draft: string, comment: string): (Quote & { isReal: boolean })[] {
  const found: (Quote & { isReal: boolean })[] = [];
  for (let at = 0; at < draft.length; at++) {
    const closing = PAIRS[draft[at]!];
    if (!closing) continue;
    const start = at + 1;
    let end = -1;
    let isReal = false;
    for (let close = draft.indexOf(closing, start + 1); close > start; close = draft.indexOf(closing, close + 1)) {
      const real = comment.includes(draft.slice(start, close));
      if (end < 0 || real) end = close;
      isReal ||= real;
      if (close - start > comment.length) break;
    }
    if (end < 0) continue;
    found.push({ start, end, text: draft.slice(start, end), isReal });
    at = end;
  }
  return found;
}

/** Ends of clauses; a point or comma within a number or a name is none. */
const BORDER = /[。！？；，、…!?;\n\r\t]+|[.,:：—](?![\p{L}\p{N}])|[\p{Cc}]|~{2,}/gu;
const SENTENCE = /[。！？!?\n\r]|\.(?![\p{L}\p{N}])|[\p{Cc}]/u;
const EDGE = /^[\s\p{P}\p{S}\p{Cf}]+(?=[\p{L}\p{N}"“「])|[\s.,;:。，；：、…—~～-]+$/gu;

function runs(source: string): Span[] {
  const clauses: (Span & { endsSentence: boolean })[] = [];
  let start = 0;
  for (const { 0: mark, index } of source.matchAll(BORDER)) {
    if (index > start) clauses.push(...parts(source, { start, end: index }, SENTENCE.test(mark)));
    start = index + mark.length;
  }
  if (start < source.length) clauses.push(...parts(source, { start, end: source.length }, true));
  return clauses.flatMap((first, at) => {
    const spans: Span[] = [];
    for (let last = at; last < clauses.length && clauses[last]!.end - first.start <= LONGEST + 4; last++) {
      spans.push({ start: first.start, end: clauses[last]!.end });
      if (clauses[last]!.endsSentence) break;
    }
    return spans;
  });
}

/** A clause as it is, or cut between words where it runs on. */
function parts(source: string, { start, end }: Span, endsSentence: boolean): (Span & { endsSentence: boolean })[] {
  const text = source.slice(start, end);
  if (text.trim().length <= LONGEST && wordsIn(text) <= MOST_WORDS) return [{ start, end, endsSentence }];
  const cuts: (Span & { endsSentence: boolean })[] = [];
  let from = 0;
  let count = 0;
  for (const { index, segment, isWordLike } of words.segment(text)) {
    if (index > from && (index + segment.length - from > LONGEST || count >= MOST_WORDS)) {
      cuts.push({ start: start + from, end: start + index, endsSentence: true });
      from = index;
      count = 0;
    }
    if (isWordLike && !/[\u3400-\u9fff]/.test(segment)) count++;
  }
  cuts.push({ start: start + from, end, endsSentence });
  return cuts;
}

function trimmed(source: string, span: Span, borders: Set<number>): Quote {
  let { start, end } = span;
  const raw = source.slice(start, end);
  for (const { 0: edge, index } of raw.matchAll(EDGE)) {
    if (index === 0) start += edge.length;
    else end = span.start + index;
  }
  while (start < end && !borders.has(start)) start++;
  while (end > start && !borders.has(end)) end--;
  return { start, end, text: source.slice(start, end) };
}

/** English words; Chinese is counted in characters only. */
function wordsIn(text: string): number {
  return text.match(/[\p{Script=Latin}\p{N}][\p{Script=Latin}\p{N}'’-]*/gu)?.length ?? 0;
}

function isPersonal({ start, end, text }: Quote, personal: Span[]): boolean {
  return personal.some((span) => span.start < end && start < span.end) || personalSpans(text).length > 0;
}

function weight(piece: Quote, hits: readonly Pick<TermHit, 'list' | 'start' | 'end'>[]): number {
  const holds = (list: string) =>
    hits.some((hit) => hit.list === list && piece.start <= hit.start && hit.end <= piece.end);
  const length = piece.text.length;
  const handy = length < 8 || length > 40 ? 0 : 0.05;
  return (holds('redLine') ? 4 : 0) + (holds('highRisk') ? 2 : 0) - sentiment(piece.text).score + handy;
}
