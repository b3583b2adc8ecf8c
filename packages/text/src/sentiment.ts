import winkSentiment from 'wink-sentiment';
import { fold } from './fold.ts';
import { negativeSeeds, neutralWords, positiveSeeds } from './sentiment-seeds.ts';

export interface Sentiment {
  /** From -1 (furious) to 1 (delighted). Ranks hold across domains better than the threshold between labels does. */
  score: number;
  label: 'negative' | 'neutral' | 'positive';
}

/**
 * How a customer's words sound. Chinese is scored by seed words with negation ("不好吃") and degree ("有点慢"), English,
 * emoji and emoticons by wink-sentiment; a mixed text by the sum of both.
 */
export function sentiment(text: string): Sentiment {
  const folded = fold(text);
  const sum = (HAN.test(folded) ? chinese(folded) : 0) + (FOREIGN.test(folded) ? english(text) : 0);
  const score = sum / Math.sqrt(sum * sum + SOFTNESS);
  return { score, label: score > NEUTRAL ? 'positive' : score < -NEUTRAL ? 'negative' : 'neutral' };
}

const SOFTNESS = 4;
const NEUTRAL = 0.1;
/** How far, in characters, a negation or a degree reaches. */
const REACH = 3;

/** A negation that reaches no seed says that something was missing: "没有筷子". */
const MISSING = -0.6;

const BORDER = /[，。！？；,.!?;\n ]/;
const HAN = /[\u3400-\u9fff]/;
const FOREIGN = /[a-z]|[:;]-?[()dp]|\p{Extended_Pictographic}/u;

const NEGATIONS = '不 没 没有 不是 不太 不够 不怎么 并不 并非 无 别 未 毫无 不算 谈不上 从不 不会 不要'.split(' ');
const DEGREES: Record<string, number> = Object.fromEntries([
  ...'很 太 真 好 超 超级 非常 特别 十分 极 极其 巨 最 相当 实在 实在太 简直 贼 无敌'
    .split(' ')
    .map((word) => [word, 1.5]),
  ...'有点 有点儿 有些 稍微 略 稍 还算 比较'.split(' ').map((word) => [word, 0.6]),
]);
const CONTRASTS = '但 但是 就是 不过 可是 可惜 只是 然而'.split(' ');

const SEEDS = new Map<string, number>();
for (const word of neutralWords.split(' ')) SEEDS.set(word, 0);
for (const [weight, words] of Object.entries(positiveSeeds))
  for (const word of words.split(' ')) SEEDS.set(word, Number(weight));
for (const [weight, words] of Object.entries(negativeSeeds))
  for (const word of words.split(' ')) SEEDS.set(word, -Number(weight));

const WORDS = new RegExp(
  [...new Set([...SEEDS.keys(), ...NEGATIONS, ...Object.keys(DEGREES), ...CONTRASTS])]
    .sort((a, b) => b.length - a.length)
    .join('|'),
  'g',
);

function chinese(folded: string): number {
  let sum = 0;
  let emphasis = 1;
  let degree = 1;
  let denied = false;
  let reach = 0;
  const forget = () => {
    if (denied) sum += MISSING * emphasis;
    denied = false;
    degree = 1;
  };
  for (const { 0: word, index } of folded.matchAll(WORDS)) {
    if (index > reach || BORDER.test(folded.slice(reach - REACH, index))) forget();
    reach = index + word.length + REACH;
    const weight = SEEDS.get(word);
    if (CONTRASTS.includes(word)) emphasis = 1.5;
    else if (NEGATIONS.includes(word)) denied = !denied;
    else if (DEGREES[word] !== undefined) degree = DEGREES[word];
    if (!weight) continue;
    sum += weight * degree * emphasis * (denied ? -1 : 1);
    denied = false;
    degree = 1;
  }
  forget();
  return sum;
}

function english(text: string): number {
  return winkSentiment(text.replace(/[\u3400-\u9fff]+/g, ' ')).score / 2;
}
