import type { ClockKind } from '@heard/events/vocabulary';
import { clean } from '@heard/notifications/plain-text';

export type Language = 'zh-CN' | 'en';

/** Whoever reads it. */
export interface Reader {
  language: Language;
  timeZone: string;
}

interface About {
  customerId: string;
  caseId?: string | null;
}

/** What can be said, and what each needs to be said. */
export interface Texts {
  'alert-page': About & { priority?: string | null; comment?: string };
  'alert-push': About & { priority?: string | null; comment?: string };
  'alert-digest': { items: About[]; count: number };
  'escalation-step': About & { step: number; kind: ClockKind; dueAt: string };
  'approval-asked': About & { by: string };
  'theme-alarm': {
    kind: 'burst' | 'new';
    name: { 'zh-CN': string; en: string };
    day: string;
    observed: number;
    expected: number;
  };
  'delivery-given-up': { target: string; personId: string | null; caseId?: string | null };
  /** Several messages in one, because the target takes no more. */
  digest: { items: Said[]; count: number };
  'customer-message': { subject: string; text: string };
}
export type Code = keyof Texts;
export type Said = { [C in Code]: { code: C; parameters: Texts[C] } }[Code];

/** Longest list in one message; the rest is counted. */
export const listed = 20;

const maxQuote = 120;

/** A customer's words, as they may stand in a message: one line of at most 120 characters. */
export function excerpt(comment: string | undefined): string | undefined {
  const characters = [...clean(comment ?? '')];
  if (characters.length === 0) return undefined;
  return characters.length > maxQuote ? `${characters.slice(0, maxQuote - 1).join('')}…` : characters.join('');
}

export interface Text {
  subject: string;
  lines: string[];
}

export function render({ code, parameters }: Said, reader: Reader): Text {
  const write = texts[code][reader.language] as (parameters: unknown, reader: Reader) => [string, ...string[]];
  const [subject, ...lines] = write(parameters, reader);
  return { subject, lines: lines.filter((line) => line !== '') };
}

const clocks: Record<Language, Record<ClockKind, string>> = {
  'zh-CN': {
    acknowledgement: '接单',
    'first-attempt': '首次联系尝试',
    'first-contact': '首次有效联系',
    'next-reply': '回复客户',
    resolution: '解决',
    promise: '承诺',
    approval: '审批',
    technical: '技术支持',
    callback: '约定回电',
    wow: '惊喜关怀',
    observation: '观察期',
  },
  en: {
    acknowledgement: 'taking it up',
    'first-attempt': 'the first attempt',
    'first-contact': 'the first contact',
    'next-reply': 'the reply',
    resolution: 'the resolution',
    promise: 'a promise',
    approval: 'an approval',
    technical: 'technical help',
    callback: 'a callback',
    wow: 'the extra care',
    observation: 'the silent days',
  },
};

const file = (caseId: string | null | undefined) => caseId?.slice(0, 8) ?? '—';
const time = (at: string, { language, timeZone }: Reader) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(at));
const zhQuote = (comment: string | undefined) => (comment ? `“${comment}”` : '');
const zhMore = (count: number) => (count > listed ? `……另有 ${count - listed} 条` : '');
const enMore = (count: number) => (count > listed ? `… and ${count - listed} more` : '');
const subjects = (items: Said[], reader: Reader) => items.map((one) => `- ${render(one, reader).subject}`);

type Writers = { [C in Code]: Record<Language, (parameters: Texts[C], reader: Reader) => [string, ...string[]]> };

const texts: Writers = {
  'alert-page': {
    'zh-CN': (p) => [
      `【${p.priority ?? '紧急'}】客户 ${p.customerId} 需要马上联系`,
      `工单 ${file(p.caseId)}`,
      zhQuote(p.comment),
    ],
    en: (p) => [
      `${p.priority ?? 'Urgent'}: customer ${p.customerId} must be called now`,
      `Case ${file(p.caseId)}`,
      zhQuote(p.comment),
    ],
  },
  'alert-push': {
    'zh-CN': (p) => [
      `【${p.priority ?? '提醒'}】客户 ${p.customerId} 有新反馈待处理`,
      `工单 ${file(p.caseId)}`,
      zhQuote(p.comment),
    ],
    en: (p) => [
      `${p.priority ?? 'Notice'}: new feedback of customer ${p.customerId}`,
      `Case ${file(p.caseId)}`,
      zhQuote(p.comment),
    ],
  },
  'alert-digest': {
    'zh-CN': (p) => [
      `${p.count} 个工单待跟进`,
      ...p.items.map((one) => `- 客户 ${one.customerId}，工单 ${file(one.caseId)}`),
      zhMore(p.count),
    ],
    en: (p) => [
      `${p.count} case${p.count === 1 ? '' : 's'} to follow up`,
      ...p.items.map((one) => `- customer ${one.customerId}, case ${file(one.caseId)}`),
      enMore(p.count),
    ],
  },
  'escalation-step': {
    'zh-CN': (p, reader) => [
      `升级第 ${p.step} 级：客户 ${p.customerId} 的「${clocks['zh-CN'][p.kind]}」时限 ${time(p.dueAt, reader)}`,
      `工单 ${file(p.caseId)}`,
    ],
    en: (p, reader) => [
      `Escalation, step ${p.step}: customer ${p.customerId}, ${clocks.en[p.kind]} due ${time(p.dueAt, reader)}`,
      `Case ${file(p.caseId)}`,
    ],
  },
  'approval-asked': {
    'zh-CN': (p) => [`${p.by} 请求批准对客户 ${p.customerId} 的补偿`, `工单 ${file(p.caseId)}`],
    en: (p) => [`${p.by} asks to approve compensation for customer ${p.customerId}`, `Case ${file(p.caseId)}`],
  },
  'theme-alarm': {
    'zh-CN': (p) =>
      p.kind === 'burst'
        ? [`“${p.name['zh-CN']}”突然增多：${p.day} 有 ${p.observed} 条评论提到，平常约 ${Math.round(p.expected)} 条`]
        : [`出现新主题“${p.name['zh-CN']}”：已有 ${p.observed} 条评论`],
    en: (p) =>
      p.kind === 'burst'
        ? [
            `“${p.name.en}” burst out: ${p.observed} comments named it on ${p.day}, about ${Math.round(p.expected)} were to be expected`,
          ]
        : [`A new theme, “${p.name.en}”: ${p.observed} comments so far`],
  },
  'delivery-given-up': {
    'zh-CN': (p) => [`通知未能送达：${p.personId ?? '客户'}（${p.target}）`, `工单 ${file(p.caseId)}`],
    en: (p) => [
      `A message could not be delivered: ${p.personId ?? 'customer'} (${p.target})`,
      `Case ${file(p.caseId)}`,
    ],
  },
  digest: {
    'zh-CN': (p, reader) => [`${p.count} 条通知`, ...subjects(p.items, reader), zhMore(p.count)],
    en: (p, reader) => [`${p.count} messages`, ...subjects(p.items, reader), enMore(p.count)],
  },
  'customer-message': {
    'zh-CN': (p) => [p.subject, ...p.text.split('\n')],
    en: (p) => [p.subject, ...p.text.split('\n')],
  },
};

/** What a customer is written: once when nobody could reach them, and once when it is asked whether all is well again. */
export function customerMessage(
  purpose: 'unreached' | 'recovery-check',
  language: 'zh' | 'en',
  { name, honorific }: { name: string | null; honorific: string | null },
): { subject: string; text: string } {
  const known = name ? `${name}${honorific ?? ''}` : honorific;
  if (language === 'zh') {
    const hello = known ? `${known}您好，` : '您好，';
    return purpose === 'unreached'
      ? {
          subject: '您的反馈我们收到了',
          text: `${hello}您的反馈我们已收到，并已在内部整改。多次致电未能联系上您，不再打扰；我们为您备了一份致歉心意，方便时随时回复，期待您回来。`,
        }
      : { subject: '问题解决得怎么样', text: `${hello}上次的问题解决得您满意吗？请回复 0–10 分，您的话我们都会看。` };
  }
  const hello = known ? `Dear ${[honorific, name].filter(Boolean).join(' ')}, ` : '';
  return purpose === 'unreached'
    ? {
        subject: 'We have your feedback',
        text: `${hello}we have your feedback and are putting it right on our side. We could not reach you by phone and will not trouble you further. An apology is set aside for you: answer whenever you like, you are welcome back any time.`,
      }
    : {
        subject: 'Is it solved?',
        text: `${hello}is your problem solved the way you wished? Answer with 0 to 10; we read every word.`,
      };
}
