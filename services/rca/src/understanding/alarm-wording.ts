import type { Lang } from './association-wording.ts';

interface Told {
  kind: 'burst' | 'new';
  name: string;
  channel: string | null;
  observed: number;
  expected: number;
}

/** What stands out, for people. */
export function wordAlarm({ kind, name, channel, observed, expected }: Told, lang: Lang): string {
  const usual = expected >= 10 ? expected.toFixed(0) : expected.toFixed(1);
  if (lang === 'zh') {
    if (kind === 'new') return `出现新主题“${name}”，已有 ${observed} 条评论。`;
    return `“${name}”当天在${channel ?? '全部渠道'}被提到 ${observed} 次，平常约 ${usual} 次。`;
  }
  if (kind === 'new') return `A new theme, “${name}”, is named by ${observed} comments.`;
  return `“${name}” was named ${observed} times in ${channel ?? 'all channels'}; about ${usual} are usual.`;
}
