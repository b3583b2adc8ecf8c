import type { Reason, Share } from './campaign-report.ts';

type Lang = 'zh' | 'en';

/** A campaign in two sentences: how many answered, and what they say most. */
export function wordCampaign(
  { answered, invited, uninvited }: { answered: Share; invited: number; uninvited: number },
  reasons: readonly Reason[],
  lang: Lang,
): string {
  const texts = sentences[lang];
  const [chosen] = reasons.filter(({ source }) => source === 'chosen');
  const [theme] = reasons.filter(({ source, reason }) => source === 'theme' && reason !== 'none');
  const parts = [
    invited > 0 ? texts.answered(answered.n, invited, percent(answered), range(answered)) : texts.nobodyInvited,
    uninvited > 0 ? texts.uninvited(uninvited) : '',
    chosen ? texts.chosen(chosen.names[lang], percent(chosen), range(chosen), chosen.n, chosen.of) : '',
    theme ? texts.theme(theme.names[lang], percent(theme), range(theme), theme.n, theme.of) : '',
  ];
  return parts.filter((part) => part !== '').join(lang === 'zh' ? '' : ' ');
}

const sentences = {
  zh: {
    answered: (n: number, of: number, share: string, range: string) =>
      `邀请 ${of} 位客户，${n} 位作答，应答率 ${share}（区间 ${range}）。`,
    nobodyInvited: '没有邀请名单，应答率未知。',
    uninvited: (n: number) => `另有 ${n} 位不在名单上的客户作答。`,
    chosen: (reason: string, share: string, range: string, n: number, of: number) =>
      `选择最多的原因是“${reason}”：${of} 份回答中 ${n} 份，占 ${share}（区间 ${range}）。`,
    theme: (theme: string, share: string, range: string, n: number, of: number) =>
      `原话中最多的主题是“${theme}”：${of} 条中 ${n} 条，占 ${share}（区间 ${range}）。`,
  },
  en: {
    answered: (n: number, of: number, share: string, range: string) =>
      `${n} of ${of} invited customers answered: ${share} (interval ${range}).`,
    nobodyInvited: 'Nobody was told to be invited, so the share that answered is not known.',
    uninvited: (n: number) => `Customers who answered without being on the list: ${n}.`,
    chosen: (reason: string, share: string, range: string, n: number, of: number) =>
      `The reason chosen most is “${reason}”: ${n} of ${of} answers, ${share} (interval ${range}).`,
    theme: (theme: string, share: string, range: string, n: number, of: number) =>
      `In their own words most is “${theme}”: ${n} of ${of} comments, ${share} (interval ${range}).`,
  },
};

function percent({ share }: Share): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}

function range({ low, high }: Share): string {
  return low === null || high === null ? '–' : `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)} %`;
}
