import { fold } from '@heard/text/fold';
import { Jieba } from '@node-rs/jieba';
import { dict } from '@node-rs/jieba/dict.js';
import { stemmer } from 'stemmer';

/** What one comment is made of. `terms` holds no term twice. */
export type Terms = string[];

/**
 * The distinct terms of a comment, in order of appearance: Chinese words that carry meaning (by jieba's part of speech)
 * and, marked "#", every pair of neighbouring Han characters; English words as Porter stems and pairs of neighbouring stems, joined by
 * a space, unless both are stop words. Case, width and traditional forms do not matter; mentions and links are dropped. Words that deny ("not",
 * "没有") stay: complaints are made of them.
 */
export function termsOf(text: string): Terms {
  const terms = new Set<string>();
  const clean = fold(text).replace(NOISE, ' ');
  for (const [run] of clean.matchAll(RUNS)) {
    if (run.charCodeAt(0) >= 0x3400) addHan(run, terms);
    else addLatin(run, terms);
  }
  return [...terms];
}

const isCharacterPair = (term: string): boolean => term.startsWith('#');

/**
 * Fit to name a theme: no pair of characters, no bare number, nothing that is a stop word in part, and not only words that
 * people say whatever they speak of ("make", "觉得").
 */
export function isNaming(term: string): boolean {
  if (isCharacterPair(term)) return false;
  const parts = term.split(' ');
  const isWhole = parts.every((part) => part.length > 1 && !/^[0-9]+$/.test(part) && !STOP_STEMS.has(part));
  return isWhole && !parts.every((part) => LIGHT.has(part));
}

/** The stem under which a lower-case English word is counted. */
export function stemOf(word: string): string {
  let stem = stems.get(word);
  if (stem === undefined) {
    stem = stemmer(word);
    if (stems.size < maxCached) stems.set(word, stem);
  }
  return stem;
}

/** A name after "@" ends at a space or mark; without one nobody can tell it from what is said. */
const NOISE = /https?:\/\/\S+|www\.\S+|@[\w\u3400-\u9fff]{1,30}(?=[\s:,])/g;
/** A run of Han characters, or of Latin words with nothing but spaces between them. */
const RUNS = /[\u3400-\u9fff]+|[a-z0-9][a-z0-9' ]*/g;

const maxCached = 200_000;
const stems = new Map<string, string>();
const kept = new Map<string, boolean>();
let jieba: Jieba | undefined;

function addHan(run: string, terms: Set<string>): void {
  jieba ??= Jieba.withDict(dict);
  for (const word of jieba.cut(run)) if (isKept(word)) terms.add(word);
  for (let at = 0; at + 2 <= run.length; at++) terms.add(`#${run.slice(at, at + 2)}`);
}

/** Nouns, verbs, adjectives, idioms and set phrases of two characters or more; denials always. */
function isKept(word: string): boolean {
  let keep = kept.get(word);
  if (keep === undefined) {
    const tags = jieba!.tag(word);
    keep = CHINESE_DENIALS.has(word) || (word.length > 1 && tags.length === 1 && /^[nvail]/.test(tags[0]!.tag));
    if (kept.size < maxCached) kept.set(word, keep);
  }
  return keep;
}

function addLatin(run: string, terms: Set<string>): void {
  let previous = '';
  let wasStop = true;
  for (const raw of run.split(' ')) {
    const word = raw.replace(/^'+|'+$|'s$/g, '');
    if (word === '') continue;
    const stem = stemOf(word);
    const isStop = ENGLISH_STOP.has(word);
    if (!isStop) terms.add(stem);
    if (previous !== '' && !(isStop && wasStop)) terms.add(`${previous} ${stem}`);
    previous = stem;
    wasStop = isStop;
  }
}

const CHINESE_DENIALS = new Set(['不', '没', '没有', '无', '别', '不能', '不会', '不好']);
const ENGLISH_STOP = new Set(
  "a an the and or but if then so of to in on at by for from with as is are was were be been being am i i'm i've me my mine we our us you your he she it its they them their this that these those there here do does did doing have has had having will would can could should shall may might must what which who whom when where how about into over than too very just also please".split(
    ' ',
  ),
);
/** They are terms like others: in a pair, and for telling themes apart, they say something. */
const LIGHT = new Set([
  ...'可以 觉得 知道 认为 感觉 希望 需要 进行 开始 出现 使用 表示 时候 东西 事情 情况 问题 有点 真的'.split(' '),
  ...(
    'after again all already also always another any anything back because before both came come each even ever every everything ' +
    'gave get give given go goes gone got keep kept know last let like look lot made make many more most much need new next now off ' +
    'once one only other out people put really said same say see seem seen since some someone something still such take taken tell ' +
    'thing think thought through time told took tried try two until up use used want way well went while whole without yet'
  )
    .split(' ')
    .map((word) => stemmer(word)),
]);
const STOP_STEMS = new Set([...ENGLISH_STOP].map((word) => stemmer(word)));
