import { fold } from '@heard/text/fold';
import { Jieba } from '@node-rs/jieba';
import { dict } from '@node-rs/jieba/dict.js';
import { stemmer } from 'stemmer';

/** What one comment is made of. `terms` holds no term twice; a word may also occur among the pairs of characters. */
export type Terms = string[];

/**
 * The distinct terms of a comment, in order of appearance: Chinese words that carry meaning (by jieba's part of speech)
 * and every pair of neighbouring Han characters; English words as Porter stems and pairs of neighbouring stems, joined by
 * a space. Case, width and traditional forms do not matter; mentions and links are dropped. Words that deny ("not",
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

/** A pair of characters says the same as the words it is cut from, so names are made of the others. */
export const isWord = (term: string): boolean => {
  if (term.charCodeAt(0) < 0x3400) return true;
  return isKept(term);
};

/** The stem under which a lower-case English word is counted. */
export function stemOf(word: string): string {
  let stem = stems.get(word);
  if (stem === undefined) {
    stem = stemmer(word);
    if (stems.size < maxCached) stems.set(word, stem);
  }
  return stem;
}

const NOISE = /https?:\/\/\S+|www\.\S+|@[\w\u3400-\u9fff-]{1,30}/g;
/** A run of Han characters, or of Latin words with nothing but spaces between them. */
const RUNS = /[\u3400-\u9fff]+|[a-z0-9][a-z0-9' ]*/g;

const maxCached = 200_000;
const stems = new Map<string, string>();
const kept = new Map<string, boolean>();
let jieba: Jieba | undefined;

function addHan(run: string, terms: Set<string>): void {
  jieba ??= Jieba.withDict(dict);
  for (const word of jieba.cut(run)) if (isKept(word)) terms.add(word);
  for (let at = 0; at + 2 <= run.length; at++) terms.add(run.slice(at, at + 2));
}

/** Nouns, verbs, adjectives, idioms, foreign words and what the dictionary does not know; denials always. */
function isKept(word: string): boolean {
  let keep = kept.get(word);
  if (keep === undefined) {
    jieba ??= Jieba.withDict(dict);
    const tags = jieba.tag(word);
    keep =
      CHINESE_DENIALS.has(word) ||
      (!CHINESE_STOP.has(word) && word.length > 1 && tags.length === 1 && /^(?:n|v|a|i|l|j|x|eng|g|b|z)/.test(tags[0]!.tag));
    if (kept.size < maxCached) kept.set(word, keep);
  }
  return keep;
}

function addLatin(run: string, terms: Set<string>): void {
  let previous = '';
  for (const raw of run.split(' ')) {
    const word = raw.replace(/^'+|'+$|'s$/g, '');
    if (word === '') continue;
    const stem = stemOf(word);
    const isStop = ENGLISH_STOP.has(word);
    if (!isStop) terms.add(stem);
    if (previous !== '') terms.add(`${previous} ${stem}`);
    previous = stem;
  }
}

const CHINESE_DENIALS = new Set(['不', '没', '没有', '无', '别', '不能', '不会', '不好']);
const CHINESE_STOP = new Set(
  '可以 就是 还是 不是 应该 可能 知道 觉得 感觉 没有 这个 那个 时候 大家 自己 东西 有点 问题 现在 看看 说 想 要 会 有 是 能 到 去 来 做 用 让 看'.split(
    ' ',
  ),
);
const ENGLISH_STOP = new Set(
  "a an the and or but if then so of to in on at by for from with as is are was were be been being am i i'm i've me my mine we our us you your he she it its they them their this that these those there here do does did doing have has had having will would can could should shall may might must what which who whom when where how about into over than too very just also please".split(
    ' ',
  ),
);
