import type { Conversation } from '@heard/policy/conversation';
import { fold } from '@heard/text/fold';
import { findApproved, isLegal, ownWords, requireParts } from './opening.ts';
import { findPhrases, type Phrases, type Span } from './phrases.ts';
import { quotationsIn } from './quotation.ts';
import { isNearCopy } from './resemblance.ts';

/**
 * What must not be said to an unhappy customer.
 *
 * Nobody hides behind a rule ("我很抱歉，但这是规定"), nobody explains before apologizing, nobody talks of renewal to a
 * customer in the red, nobody sends the last customer's message again or puts words into this one's mouth. Where a legal
 * red line is crossed, what admits fault goes to the crisis team first. What the customer wrote may be quoted whatever
 * it says.
 */
export type DraftRule =
  | 'forbidden-excuse'
  | 'defence-before-apology'
  | 'missing-part'
  | 'renewal-to-red'
  | 'near-copy'
  | 'misquote'
  | 'admission'
  | 'vague-promise';

export interface Finding extends Span {
  rule: DraftRule;
  /** What is refused cannot be sent as it is; a warning is for the writer to weigh. */
  severity: 'refuse' | 'warn';
  found: string;
  /** A code the screens have words for. */
  why: string;
}

export interface Draft {
  draft: string;
  comment: string;
  /** Never taken for a phrase: there are people called 高峰. */
  names?: readonly string[] | undefined;
  openingRequired: boolean;
  health: 'green' | 'yellow' | 'red' | null;
  redLineCategories: readonly string[];
  recent: readonly string[];
  conversation: Conversation;
}

/** By start; what concerns the whole draft starts at 0. */
export function lintDraft(message: Draft): Finding[] {
  const { draft, comment, conversation, openingRequired, health, redLineCategories, recent } = message;
  const { linter } = conversation;
  const own = (message.names ?? []).reduce(blank, ownWords(draft, comment));
  const legal = isLegal(redLineCategories);
  const finding = (rule: DraftRule, why: string, { start, end }: Span): Finding => ({
    rule,
    severity: rule === 'vague-promise' || why === 'apology-not-approved' ? 'warn' : 'refuse',
    start,
    end,
    found: draft.slice(start, end),
    why,
  });
  const phrases = (list: Phrases, rule: DraftRule, why: string, deniable = false) =>
    findPhrases(list, own, deniable).map((span) => finding(rule, why, span));

  const findings = [
    ...phrases(linter.excuses, 'forbidden-excuse', 'excuse'),
    ...phrases(linter.vague, 'vague-promise', 'no-time').filter((span) => !tellsTime(own, span)),
    ...misquotes(message).map((span) => finding('misquote', 'not-a-substring', span)),
  ];
  if (openingRequired) {
    const apology = firstApology(conversation, own, legal);
    findings.push(
      ...phrases(linter.defence, 'defence-before-apology', 'defence-first').filter(({ start }) => start < apology),
      ...requireParts(conversation, { text: draft, comment, redLineCategories }).map((part) =>
        finding('missing-part', `no-${part}`, { start: 0, end: 0 }),
      ),
    );
  }
  if (health === 'red') findings.push(...phrases(linter.renewal, 'renewal-to-red', 'renewal-on-red'));
  if (legal) {
    findings.push(...phrases(linter.admission, 'admission', 'needs-approval', true));
    findings.push(...phrases(conversation.opening.marks.apology, 'admission', 'apology-not-approved'));
  }
  if (recent.some((sent) => isNearCopy(draft, sent, linter.similarity))) {
    findings.push(finding('near-copy', 'too-similar', { start: 0, end: draft.length }));
  }
  return findings.sort((a, b) => a.start - b.start || a.end - b.end);
}

function firstApology({ opening, approvedLegal }: Conversation, own: string, legal: boolean): number {
  const apologies = [findPhrases(opening.marks.apology, own)[0], legal ? findApproved(approvedLegal, own) : null];
  return Math.min(...apologies.map((span) => span?.start ?? Number.POSITIVE_INFINITY));
}

/** Quotations said to be the customer's that are not in the comment, letter by letter. */
function misquotes({ draft, comment, conversation }: Draft): Span[] {
  return quotationsIn(draft, comment).filter(({ start, isReal }) => {
    if (isReal) return false;
    const before = draft.slice(Math.max(0, start - 1 - ATTRIBUTED_WITHIN), start - 1);
    const sentence = before.slice(before.search(/[^。！？!?\n.]*$/));
    return findPhrases(conversation.linter.attribution, sentence).length > 0;
  });
}

const ATTRIBUTED_WITHIN = 40;

const TIME = new RegExp(
  [
    "\\d ?(?::\\d\\d|am\\b|pm\\b|a\\.m|p\\.m|o'clock|hours?|minutes?|days?|(?:working|business) days?|点|时|小时|分钟|天|日|号|个工作日)",
    '[一二三四五六七八九十两半](?:点|小时|个小时|分钟|天内|个工作日|日内)',
    '今天|今晚|今日|明天|明早|明日|后天|(?:周|星期|礼拜)[一二三四五六日天]|上午|下午|中午|傍晚',
    '\\b(?:today|tonight|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday|noon|midnight|this (?:morning|afternoon|evening))\\b',
  ].join('|'),
);

function tellsTime(text: string, { start, end }: Span): boolean {
  const before = /[^。！？!?\n]*$/.exec(text.slice(0, start))![0];
  const after = /^[^。！？!?\n]*/.exec(text.slice(end))![0];
  return TIME.test(fold(before.split(/\. /).at(-1)! + text.slice(start, end) + after.split(/\. /)[0]!));
}

function blank(text: string, name: string): string {
  return name === '' ? text : text.replaceAll(name, '\n'.repeat(name.length));
}
