import type { Interval } from '@heard/statistics/interval';
import type { PackData, ThemeCount } from './pack.ts';

const words = {
  zh: {
    theme: '主题',
    owner: '负责人',
    fixDue: '修复期限',
    reviewDue: '复核期限',
    corpus: (n: number) => `统计范围内的评论共 ${n} 条`,
    named: (n: number, share: string) => `提及该主题：${n} 条（${share}）`,
    primary: (n: number, share: string) => `以该主题为主：${n} 条（${share}）`,
    reached: (customers: number, cases: number) => `涉及客户 ${customers} 位，工单 ${cases} 张`,
    ces: (n: number, mean: string, share: string) =>
      `客户费力度（CES，7 = 非常容易）：均值 ${mean}，n = ${n}，低分占比 ${share}`,
    noCes: '该主题没有 CES 评分',
    months: '按月',
    channels: '按渠道',
    verbatims: '客户原话（已脱敏）',
    cases: '相关工单',
    head: ['评论', '提及', '提及占比', '为主', '为主占比'],
    month: '月份',
    channel: '渠道',
    caseHead: ['工单', '优先级', '开立', '结果'],
    made: (at: string, version: number, confidence: string) =>
      `生成于 ${at}，主题框架版本 ${version}，置信度 ${confidence}。`,
  },
  en: {
    theme: 'Theme',
    owner: 'Owner',
    fixDue: 'Fix due',
    reviewDue: 'Review due',
    corpus: (n: number) => `Comments in the corpus looked at: ${n}`,
    named: (n: number, share: string) => `Name the theme: ${n} (${share})`,
    primary: (n: number, share: string) => `Have it as their main theme: ${n} (${share})`,
    reached: (customers: number, cases: number) => `Customers: ${customers}; cases: ${cases}`,
    ces: (n: number, mean: string, share: string) =>
      `Customer effort (CES, 7 = very easy): mean ${mean}, n = ${n}, low scores ${share}`,
    noCes: 'No CES scores with this theme',
    months: 'By month',
    channels: 'By channel',
    verbatims: "Customers' words (personal data masked)",
    cases: 'Cases',
    head: ['comments', 'naming it', 'share', 'main theme', 'share'],
    month: 'month',
    channel: 'channel',
    caseHead: ['case', 'priority', 'opened', 'outcome'],
    made: (at: string, version: number, confidence: string) =>
      `Made at ${at} with version ${version} of the code frame; confidence ${confidence}.`,
  },
};

/** A pack to read or to send on. What people wrote is text in it, never mark-up. */
export function packMarkdown(pack: PackData, lang: 'zh' | 'en'): string {
  const text = words[lang];
  const { counts, ces } = pack;
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]) =>
    [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const shares = (one: ThemeCount) => [
    ...[one.comments, one.mentions, percent(one.mentionShare)],
    ...[one.primary, percent(one.primaryShare)],
  ];
  const said = pack.verbatims.map(({ text: words, channel, occurredAt, scale, score }) => {
    const scored = score === null ? '' : `, ${scale} ${score}`;
    return `- ${plain(words)} — ${plain(channel)}, ${occurredAt.slice(0, 10)}${scored}`;
  });
  return `${[
    `# ${plain(pack.title)}`,
    [
      `- ${text.theme}: ${plain(pack.names[lang])}`,
      `- ${text.owner}: ${plain(pack.ownerId)}, ${plain(pack.department)}`,
      `- ${text.fixDue}: ${pack.fixDueAt.slice(0, 10)}`,
      `- ${text.reviewDue}: ${pack.reviewDueAt.slice(0, 10)}`,
    ].join('\n'),
    [
      `- ${text.corpus(counts.comments)}`,
      `- ${text.named(counts.mentions, percent(counts.mentionShare))}`,
      `- ${text.primary(counts.primary, percent(counts.primaryShare))}`,
      `- ${text.reached(counts.customers, counts.cases)}`,
      `- ${ces ? text.ces(ces.n, ces.mean.toFixed(2), percent(ces.lowShare)) : text.noCes}`,
    ].join('\n'),
    `## ${text.months}`,
    table(
      [text.month, ...text.head],
      pack.months.map((one) => [one.month, ...shares(one)]),
    ),
    `## ${text.channels}`,
    table(
      [text.channel, ...text.head],
      pack.channels.map((one) => [plain(one.channel), ...shares(one)]),
    ),
    `## ${text.verbatims}`,
    said.join('\n'),
    `## ${text.cases}`,
    table(
      text.caseHead,
      pack.cases.map((one) => [one.caseId, one.priority ?? '', one.openedAt?.slice(0, 10) ?? '', one.outcome ?? '']),
    ),
    text.made(pack.preparedAt, pack.frameVersion, `${Math.round(pack.confidence * 1000) / 10} %`),
  ].join('\n\n')}\n`;
}

/** One line per number or verbatim, so that a spreadsheet filters by `section`. Shares are from 0 to 1. */
export function packRows(pack: PackData) {
  const count = (section: string, item: string, one: ThemeCount) => ({
    section,
    item,
    comments: one.comments,
    mentions: one.mentions,
    mentionShare: one.mentionShare?.estimate,
    primary: one.primary,
    primaryShare: one.primaryShare?.estimate,
  });
  const { ces, counts } = pack;
  return [
    { ...count('total', pack.themeId, counts), customers: counts.customers, cases: counts.cases },
    ...pack.months.map((one) => count('month', one.month, one)),
    ...pack.channels.map((one) => count('channel', one.channel, one)),
    ...(ces ? [{ section: 'ces', item: 'ces', comments: ces.n, mean: ces.mean, low: ces.low }] : []),
    ...pack.verbatims.map(({ feedbackId, channel, occurredAt, scale, score, text }) => ({
      ...{ section: 'verbatim', item: feedbackId, channel, at: occurredAt, scale, score, text },
    })),
    ...pack.cases.map(({ caseId, priority, openedAt, outcome }) => ({
      ...{ section: 'case', item: caseId, priority, at: openedAt, outcome },
    })),
  ];
}

export const packColumns = [
  ...['section', 'item', 'comments', 'mentions', 'mentionShare', 'primary', 'primaryShare', 'customers', 'cases'],
  ...['mean', 'low', 'channel', 'at', 'scale', 'score', 'text', 'priority', 'outcome'],
];

function percent(share: Interval | null): string {
  if (!share) return '–';
  const [estimate, lower, upper] = [share.estimate, share.lower, share.upper].map((one) => (one * 100).toFixed(1));
  return `${estimate} %, ${lower}–${upper} %`;
}

/** In Markdown as it was written: no links, no HTML, no table cells, in one line. */
function plain(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(/[\\`*_<>|#~![\]&]/g, String.raw`\$&`);
}
