import { createHash } from 'node:crypto';
import { Rejection } from '@heard/bus/rejection';
import type { ContactChannel, Score, TermHit } from '@heard/events/vocabulary';
import { scoreRanges } from '@heard/events/vocabulary';
import type { Conversation, OpeningPart } from '@heard/policy/conversation';
import { fold } from '@heard/text/fold';
import { findPhrases, type Span } from './phrases.ts';
import {
  charactersOf,
  chosenQuote,
  clausesOf,
  holdsPersonalData,
  isTelling,
  type Quote,
  quotationsIn,
  quotes,
  wordsOf,
} from './quotation.ts';
import { isNearCopy } from './resemblance.ts';

/**
 * What is said first to an unhappy customer.
 *
 * It thanks, apologizes, shows empathy and quotes the customer's own words, exactly, in any order and never twice alike:
 * the case decides which wordings stand in which order. Where a legal red line is crossed, words approved by counsel take
 * the place of the apology, and what admits something needs the crisis team. A customer who left no words is told
 * so, and the score is quoted instead.
 */
export type Language = 'zh' | 'en';
type PartKind = 'greeting' | 'thanks' | 'apology' | 'empathy' | 'verbatim' | 'next-step';

export interface Customer {
  name?: string | undefined;
  honorific?: string | undefined;
}

export interface OpeningRequest {
  caseId: string;
  language: Language;
  channel: ContactChannel;
  customer: Customer;
  comment: string;
  score?: Score | undefined;
  hits: readonly Pick<TermHit, 'list' | 'start' | 'end'>[];
  /** The agent's own choice; without it the most telling piece. */
  quote?: Span | undefined;
  conversation: Conversation;
  redLineCategories: readonly string[];
  brand?: string | undefined;
  /** What was sent lately; other wordings are taken where the opening would resemble one of them. */
  recent?: readonly string[] | undefined;
}

export interface Opening {
  subject: string | null;
  parts: { kind: PartKind; text: string }[];
  text: string;
  /** null where the customer left nothing that can be quoted. */
  quote: Quote | null;
  /** The crisis team must approve it before it is sent. */
  approvalNeeded: boolean;
}

/**
 * Throws Rejection `not-a-quote`, `quote-too-long` or `personal-data` over a quote that was asked for, and
 * `too-long-for-sms` where not even the shortest wordings and four characters of a quote fit into two messages.
 */
export function composeOpening(request: OpeningRequest): Opening {
  const quote = quoteFor(request);
  const { recent = [], conversation } = request;
  for (let turn = 0; turn < TURNS; turn++) {
    const opening = composed(request, quote, turn);
    if (!recent.some((message) => isNearCopy(opening.text, message, conversation.linter.similarity))) return opening;
  }
  return composed(request, quote, 0);
}

/** Which required parts a text lacks. Words it quotes from the customer do not count as its own. */
export function requireParts(
  { opening, approvedLegal }: Conversation,
  message: { text: string; comment: string; redLineCategories: readonly string[] },
): OpeningPart[] {
  const own = ownWords(message.text, message.comment);
  const has = (part: OpeningPart): boolean => {
    if (part === 'verbatim') return quotesCustomer(message.text, message.comment);
    if (part === 'apology' && isLegal(message.redLineCategories)) return findApproved(approvedLegal, own) !== null;
    return findPhrases(opening.marks[part], own).length > 0;
  };
  return opening.require.filter((part) => !has(part));
}

export function isLegal(redLineCategories: readonly string[]): boolean {
  return redLineCategories.includes('legal');
}

/** A draft with the customer's quoted words blanked out, offsets unchanged. */
export function ownWords(draft: string, comment: string): string {
  return quotationsIn(draft, comment)
    .filter(({ isReal }) => isReal)
    .reduce((own, { start, end }) => own.slice(0, start) + '\n'.repeat(end - start) + own.slice(end), draft);
}

export function findApproved(approved: Conversation['approvedLegal'], text: string): Span | null {
  const folded = fold(text);
  for (const wording of [...approved.zh, ...approved.en]) {
    const sought = fold(wording).replace(/[。.]$/, '');
    const start = folded.indexOf(sought);
    if (start >= 0) return { start, end: start + sought.length };
  }
  return null;
}

/** How many messages an SMS is sent as (3GPP TS 23.038 and 23.040): 160 or 153 GSM characters, else 70 or 67 of UCS-2. */
export function smsSegments(text: string): number {
  if (GSM.test(text)) {
    const length = text.length + (text.match(/[\^{}\\[~\]|€]/g)?.length ?? 0);
    return length <= 160 ? 1 : Math.ceil(length / 153);
  }
  return text.length <= 70 ? 1 : Math.ceil(text.length / 67);
}

const GSM = /^[\n\r A-Za-z0-9@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\[~\]|€]*$/;
const TURNS = 12;
const LONGEST_QUOTE = 200;
const MOST_SMS_SEGMENTS = 2;

const ORDERS: PartKind[][] = [
  ['thanks', 'verbatim', 'apology', 'empathy'],
  ['apology', 'thanks', 'verbatim', 'empathy'],
  ['verbatim', 'empathy', 'apology', 'thanks'],
  ['empathy', 'apology', 'verbatim', 'thanks'],
];

function quoteFor({ comment, hits, quote }: OpeningRequest): Quote | null {
  const candidates = quotes(comment, hits);
  if (!quote) return candidates[0] ?? null;
  const chosen = chosenQuote(comment, quote);
  if (!chosen || !(isTelling(chosen.text) || candidates.some(({ text }) => text === chosen.text))) {
    throw new Rejection('not-a-quote', 'start and end must mark whole words of the comment');
  }
  if (chosen.text.length > LONGEST_QUOTE) {
    throw new Rejection('quote-too-long', `a quote has at most ${LONGEST_QUOTE} characters`);
  }
  if (holdsPersonalData(comment, chosen)) {
    throw new Rejection('personal-data', 'the quote holds a number or an address that identifies a person');
  }
  return chosen;
}

function composed(request: OpeningRequest, quote: Quote | null, turn: number): Opening {
  const { channel, conversation, redLineCategories } = request;
  const draw = draws(`${request.caseId}:${turn}`);
  const make = (plan: Plan, piece: Quote | null): Opening => {
    const parts = write(request, piece, draw, plan);
    const own = parts.filter(({ kind }) => kind !== 'verbatim' && kind !== 'greeting').map(({ text }) => text);
    const admits = own.some((text) => findPhrases(conversation.linter.admission, text, true).length > 0);
    return {
      subject: channel === 'email' ? subjectOf(request, draw) : null,
      parts,
      text: layOut(plan.bare ? { ...request, brand: undefined } : request, parts),
      quote: piece,
      approvalNeeded: isLegal(redLineCategories) && admits,
    };
  };
  if (channel !== 'sms') return make({}, quote);
  const plans: Plan[] = [
    {},
    { brief: true },
    { brief: true, shortest: true },
    { brief: true, shortest: true, bare: true },
  ];
  const lengths = quote ? [[quote], clausesOf(quote), wordsOf(quote), charactersOf(quote)] : [[null]];
  for (const pieces of lengths) {
    for (const plan of plans) {
      for (const piece of pieces) {
        const opening = make(plan, piece);
        if (smsSegments(opening.text) <= MOST_SMS_SEGMENTS) return opening;
      }
    }
  }
  throw new Rejection('too-long-for-sms', 'the short wordings of the policy leave no room for a quote in two messages');
}

/** What is left out where there is little room. */
interface Plan {
  brief?: true;
  shortest?: true;
  bare?: true;
}

function write(request: OpeningRequest, quote: Quote | null, draw: (at: number) => number, plan: Plan) {
  const { language, conversation, channel, redLineCategories, score } = request;
  const manner = conversation.opening.wordings[language];
  const wordings = channel === 'email' ? manner.full : manner.short;
  const pick = (list: readonly string[], at: number) =>
    plan.shortest ? list.toSorted((a, b) => a.length - b.length)[0]! : list[draw(at) % list.length]!;
  const put = (wording: string, values: Record<string, string>) =>
    wording.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
  const customer = plan.bare ? null : addressOf(request.customer, language);
  const write: Record<PartKind, () => string | null> = {
    greeting: () => (customer ? put(manner.named, { customer }) : manner.unnamed),
    thanks: () => pick(quote || !score ? wordings.thanks : wordings.thanksForScore, 1),
    apology: () => pick(isLegal(redLineCategories) ? conversation.approvedLegal[language] : wordings.apology, 2),
    empathy: () => pick(wordings.empathy, 3),
    verbatim: () => {
      if (quote) return put(pick(wordings.verbatim, 4), { quote: quote.text });
      if (!score) return null;
      const max = String(scoreRanges[score.scale][1]);
      return put(pick(wordings.scored, 4), { score: String(score.value), max });
    },
    'next-step': () => (plan.brief ? null : pick(wordings.nextStep, 5)),
  };
  return (['greeting', ...ORDERS[draw(0) % ORDERS.length]!, 'next-step'] as PartKind[])
    .map((kind) => ({ kind, text: write[kind]() }))
    .filter((part): part is { kind: PartKind; text: string } => part.text !== null);
}

function layOut({ language, channel, brand }: OpeningRequest, parts: { text: string }[]): string {
  const [greeting, ...rest] = parts.map(({ text }) => text);
  if (channel === 'phone') return [greeting, ...rest].join('\n');
  const space = language === 'zh' ? '' : ' ';
  if (channel === 'email') return `${greeting}\n\n${rest.join(space)}`;
  const line = [greeting, ...rest].join(space);
  if (channel !== 'sms' || !brand) return line;
  return language === 'zh' ? `【${brand}】${line}` : `${brand}: ${line}`;
}

function subjectOf({ language, conversation, brand }: OpeningRequest, draw: (at: number) => number): string {
  const { subjects } = conversation.opening.wordings[language];
  const subject = subjects[draw(6) % subjects.length]!;
  return brand ? `${subject} | ${brand}` : subject;
}

/** "王女士" as given; "女士" behind the name, "Ms" before it, neither without one. */
function addressOf({ name, honorific }: Customer, language: Language): string | null {
  const [called, title] = [name, honorific].map((given) => given?.replace(/\s+/g, ' ').trim() || null);
  if (!title) return called ?? null;
  if (/^(?:先生|女士|小姐|太太|老师|经理|总|教授|医生|博士)$/.test(title)) {
    if (!called) return null;
    return language === 'zh' ? called + title : called;
  }
  if (/^(?:mr|mrs|ms|miss|mx|dr|prof)\.?$/i.test(title)) return called ? `${title} ${called}` : null;
  return title;
}

function quotesCustomer(text: string, comment: string): boolean {
  const candidates = quotes(comment, []);
  if (candidates.length === 0) return true;
  return quotationsIn(text, comment).some(
    (quotation) =>
      quotation.isReal &&
      (isTelling(quotation.text.trim()) || candidates.some((candidate) => candidate.text === quotation.text)),
  );
}

/** Numbers that depend on nothing but the name. */
function draws(name: string): (at: number) => number {
  const digest = createHash('sha256').update(name).digest();
  return (at) => digest.readUInt32BE(at * 4);
}
