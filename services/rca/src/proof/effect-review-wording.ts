import type { Shown } from './effect-review-lines.ts';

const comparators = {
  zh: { prev_period: '前一同长时段', baseline: '修复前基线', same_period_last_year: '去年同期' },
  en: {
    prev_period: 'the period before',
    baseline: 'the baseline before the fix',
    same_period_last_year: 'the same period last year',
  },
} as const;

/** One figure of a review in words that say no more than it does. */
export function wordLine(lang: 'zh' | 'en', line: Omit<Shown, 'text'>, confidence: number): string {
  const { metric, months, comparator, change, finding, missingDays } = line;
  const beside = comparators[lang][comparator];
  if (finding === 'not-over') {
    return lang === 'zh'
      ? `${metric}：${months} 个月窗口尚未结束。`
      : `${metric}: the window of ${months} months is not over.`;
  }
  if (finding === 'not-measured') {
    return lang === 'zh'
      ? `${metric}：没有足够的数据（缺 ${missingDays} 天）。`
      : `${metric}: not measured (${missingDays} days are missing).`;
  }
  if (!change) {
    return lang === 'zh'
      ? `${metric}：一侧计数为零，无法给出比率。`
      : `${metric}: one side counted nothing, so there is no ratio.`;
  }
  const percent = (share: number) => `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %`;
  const ends = `${percent(change.lower)} … ${percent(change.upper)}`;
  const shown = {
    zh: { better: '好转', worse: '变差', 'no-evidence': '未见变化的证据' },
    en: { better: 'better', worse: 'worse', 'no-evidence': 'no evidence of a change' },
  };
  const level = Math.round(100 * confidence);
  return lang === 'zh'
    ? `${metric}：${months} 个月，相对${beside} ${percent(change.estimate)}（${level} % 区间 ${ends}），${shown.zh[finding]}。`
    : `${metric}: over ${months} months ${percent(change.estimate)} against ${beside} (${level} % CI ${ends}): ${shown.en[finding]}.`;
}
