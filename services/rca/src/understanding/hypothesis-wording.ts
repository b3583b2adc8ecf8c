import type { Lang } from './association-wording.ts';
import type { Judgement } from './hypothesis.ts';

/** What the comments say of a belief, for those who hold it. */
export function wordJudgement({ verdict, channels }: Judgement, threshold: number, lang: Lang): string {
  const counted = channels.filter(({ finding }) => finding !== 'too-few');
  return texts[lang][verdict](percent(threshold), counted.length, channels.length - counted.length);
}

type Sentence = (threshold: string, counted: number, tooFew: number) => string;

const alsoZh = (tooFew: number) => (tooFew === 0 ? '' : `另有 ${tooFew} 个渠道评论太少，未计入。`);
const alsoEn = (tooFew: number) => (tooFew === 0 ? '' : ` Channels with too few comments, not counted: ${tooFew}.`);
const texts: Record<Lang, Record<Judgement['verdict'], Sentence>> = {
  zh: {
    rejected: (threshold, counted, tooFew) => `不成立：${counted} 个渠道的提及率都低于 ${threshold}。${alsoZh(tooFew)}`,
    supported: (threshold, _counted, tooFew) => `得到支持：至少一个渠道的提及率达到 ${threshold}。${alsoZh(tooFew)}`,
    open: (threshold, counted, tooFew) =>
      counted === 0
        ? `尚无结论：没有评论足够多的渠道。${alsoZh(tooFew)}`
        : `尚无结论：还不能断定各渠道的提及率是否低于 ${threshold}。${alsoZh(tooFew)}`,
  },
  en: {
    rejected: (threshold, counted, tooFew) =>
      `Rejected: named by less than ${threshold} in every channel (${counted}).${alsoEn(tooFew)}`,
    supported: (threshold, _counted, tooFew) =>
      `Supported: named by ${threshold} or more in at least one channel.${alsoEn(tooFew)}`,
    open: (threshold, counted, tooFew) =>
      counted === 0
        ? `Open: no channel has enough comments.${alsoEn(tooFew)}`
        : `Open: it is not certain that every channel lies below ${threshold}.${alsoEn(tooFew)}`,
  },
};

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}
