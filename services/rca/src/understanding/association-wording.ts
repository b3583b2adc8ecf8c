import type { Association } from './association.ts';

export type Lang = 'zh' | 'en';

/** What may be said of an association, and nothing that sounds like a cause. */
export function wordAssociation(found: Association, names: { zh: string; en: string }, lang: Lang): string {
  const { a, b, c, d } = found.table;
  const { estimate, lower, upper } = found.oddsRatio;
  const counts = { left: a, named: a + b, otherLeft: c, others: c + d };
  const range = `${short(lower)}–${short(upper)}`;
  return texts[lang][found.wording](names[lang], short(estimate), range, counts) + caveats[lang];
}

type Counts = { left: number; named: number; otherLeft: number; others: number };
type Sentence = (theme: string, odds: string, range: string, counts: Counts) => string;

const told = {
  zh: (k: Counts) => `提到者 ${k.named} 人中流失 ${k.left} 人，未提到者 ${k.others} 人中流失 ${k.otherLeft} 人。`,
  en: (k: Counts) => `${k.left} of ${k.named} who named it left, ${k.otherLeft} of ${k.others} who did not.`,
};
const sizes: Record<Lang, Sentence> = {
  zh: (theme, odds, range, counts) =>
    `提到“${theme}”的客户，流失几率是其他客户的 ${odds} 倍（区间 ${range}）。${told.zh(counts)}`,
  en: (theme, odds, range, counts) =>
    `Customers who named “${theme}” had ${odds} times the odds of leaving (interval ${range}). ${told.en(counts)}`,
};
const texts: Record<Lang, Record<Association['wording'], Sentence>> = {
  zh: {
    'leavers-name-it-more': sizes.zh,
    'leavers-name-it-less': sizes.zh,
    'no-association-shown': (theme, odds, range, counts) =>
      `未显示“${theme}”与流失有关联：几率比 ${odds}（区间 ${range}）。${told.zh(counts)}`,
  },
  en: {
    'leavers-name-it-more': sizes.en,
    'leavers-name-it-less': sizes.en,
    'no-association-shown': (theme, odds, range, counts) =>
      `No association of “${theme}” with leaving is shown: odds ratio ${odds} (interval ${range}). ${told.en(counts)}`,
  },
};
const caveats: Record<Lang, string> = {
  zh: '这是关联，不代表因果。',
  en: ' This is an association, not proof of a cause.',
};

function short(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(2);
}
