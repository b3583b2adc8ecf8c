import type { Finding, Outcome } from './recovery-paradox.ts';

interface Found {
  against: 'never-failed' | 'unreached';
  outcome: 'retained' | 'revenue';
  finding: Finding;
  difference: Outcome['difference'];
  pairs: number;
  currency: string;
}

const groups = {
  zh: { 'never-failed': '相似但从未失望的客户', unreached: '相似但未被联系上的不满客户' },
  en: {
    'never-failed': 'customers like them who were never failed',
    unreached: 'unhappy customers like them whom nobody reached',
  },
};

/** A finding in words that say no more than its interval. */
export function wordFinding(lang: 'zh' | 'en', found: Found): string {
  const { against, outcome, finding, difference, pairs } = found;
  const zh = lang === 'zh';
  const group = groups[lang][against];
  if (finding === 'too-few-pairs') {
    return zh ? `仅 ${pairs} 对可比客户，不下结论。` : `Only ${pairs} pairs of comparable customers: nothing is said.`;
  }
  if (finding === 'not-measured') {
    return zh
      ? '两组所有客户的数值相同，可能从未提供，不下结论。'
      : 'The same of every customer on either side, as if nobody brought it: nothing is said.';
  }
  if (finding === 'not-alike' || !difference) {
    return zh ? '匹配后两组仍不相似，不下结论。' : 'The two sides are not alike even after matching: nothing is said.';
  }
  const ends = `${amount(found, difference.lower)} … ${amount(found, difference.upper)}`;
  const what = zh
    ? { retained: '留存', revenue: '人均收入' }[outcome]
    : { retained: 'retention', revenue: 'revenue per customer' }[outcome];
  if (finding === 'no-difference-shown') {
    return zh
      ? `与${group}相比，挽回客户的${what}未见差异（${pairs} 对，区间 ${ends}）。`
      : `No difference in ${what} is shown between the recovered and ${group} (${pairs} pairs, interval ${ends}).`;
  }
  const size = amount(found, difference.estimate);
  return zh
    ? `与${group}相比，挽回客户的${what}${finding === 'more' ? '更高' : '更低'}：${size}（${pairs} 对，区间 ${ends}）。`
    : `The recovered have ${finding === 'more' ? 'more' : 'less'} ${what} than ${group}: ${size} (${pairs} pairs, interval ${ends}).`;
}

function amount({ outcome, currency }: Found, value: number): string {
  const sign = value > 0 ? '+' : '';
  return outcome === 'retained'
    ? `${sign}${(100 * value).toFixed(1)} pp`
    : `${sign}${(value / 100).toFixed(2)} ${currency}`;
}
