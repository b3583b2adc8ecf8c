import { ContactChannel, type Priority, type Score, type TermHit, text } from '@heard/events/vocabulary';
import type { Conversation } from '@heard/policy/conversation';
import type { Access } from '@heard/service/access';
import { type Http, NotFound, Problem } from '@heard/service/http';
import * as z from 'zod';
import type { Customer } from './opening.ts';

/** What the conversation with one customer is about. */
export interface CaseWords {
  /** '' where the customer left none. */
  comment: string;
  score: Score | null;
  hits: TermHit[];
  redLineCategories: string[];
  priority: Priority;
  health: 'green' | 'yellow' | 'red' | null;
  customer: Customer;
  /** Messages sent to any customer lately. */
  recent: string[];
}

/** null where there is no such case. */
export type ReadConversation = (caseId: string) => Promise<CaseWords | null>;

const MOST_QUOTES_OFFERED = 8;

/** Whoever speaks with customers; technical help and approvers do not. */
const access = {
  roles: ['support', 'senior-support', 'csm', 'supervisor', 'director', 'crisis-team'],
  record: 'case',
} satisfies Access;

const params = z.object({ caseId: z.uuid() });
const Quote = z.object({ start: z.int(), end: z.int(), text: z.string() });
const OpeningBody = z.object({
  subject: z.string().nullable(),
  parts: z.array(z.object({ kind: z.string(), text: z.string() })),
  text: z.string(),
  quote: Quote.nullable(),
  quotes: z.array(Quote).meta({ description: 'What else could be quoted, the most telling first.' }),
  approvalNeeded: z.boolean(),
});
const CheckBody = z.object({
  findings: z.array(
    z.object({
      rule: z.string(),
      severity: z.enum(['refuse', 'warn']),
      start: z.int(),
      end: z.int(),
      found: z.string(),
      why: z.string(),
    }),
  ),
  sendable: z.boolean().meta({ description: 'Nothing in it is refused.' }),
  approvalNeeded: z.boolean().meta({ description: 'The crisis team must approve it first.' }),
  smsSegments: z.int().nullable(),
});

/** The word lists are loaded when somebody first writes to a customer: they are a tenth of the process. */
export function registerConversationRoutes(
  http: Http,
  readConversation: ReadConversation,
  currentPolicy: () => Promise<{ conversation: Conversation }>,
): void {
  const read = async (caseId: string) => {
    const [words, policy] = await Promise.all([readConversation(caseId), currentPolicy()]);
    if (!words) throw new NotFound('There is no such case.');
    return { ...words, conversation: policy.conversation };
  };

  http.get(
    '/v1/cases/:caseId/opening',
    {
      config: { access },
      schema: {
        summary: 'What to say first; start and end choose another piece of the customer’s words to quote',
        params,
        querystring: z
          .object({
            language: z.enum(['zh', 'en']),
            channel: ContactChannel,
            start: z.coerce.number().int().nonnegative().optional(),
            end: z.coerce.number().int().nonnegative().optional(),
          })
          .refine(({ start, end }) => (start === undefined) === (end === undefined), 'start and end go together'),
        response: { 200: OpeningBody, 404: Problem, 409: Problem },
      },
    },
    async ({ params: { caseId }, query: { language, channel, start, end } }) => {
      const words = await read(caseId);
      const quote = start !== undefined && end !== undefined ? { start, end } : undefined;
      const [{ composeOpening }, { quotes }] = await Promise.all([import('./opening.ts'), import('./quotation.ts')]);
      const opening = composeOpening({ ...words, score: words.score ?? undefined, caseId, language, channel, quote });
      return { ...opening, quotes: quotes(words.comment, words.hits).slice(0, MOST_QUOTES_OFFERED) };
    },
  );

  http.post(
    '/v1/cases/:caseId/drafts/check',
    {
      config: { access },
      schema: {
        summary: 'What must not be said, found in a draft; nothing is kept',
        params,
        body: z.strictObject({
          draft: text(5000).min(1),
          channel: ContactChannel,
          purpose: z.enum(['opening', 'reply']),
        }),
        response: { 200: CheckBody, 404: Problem },
      },
    },
    async ({ params: { caseId }, body: { draft, channel, purpose } }) => {
      const words = await read(caseId);
      const names = [words.customer.name, words.customer.honorific].filter((name) => name !== undefined);
      const [{ lintDraft }, { smsSegments }] = await Promise.all([import('./draft-linter.ts'), import('./opening.ts')]);
      const findings = lintDraft({ ...words, draft, names, openingRequired: purpose === 'opening' });
      const refused = findings.filter(({ severity }) => severity === 'refuse');
      return {
        findings,
        sendable: refused.length === 0,
        approvalNeeded: refused.some(({ rule }) => rule === 'admission'),
        smsSegments: channel === 'sms' ? smsSegments(draft) : null,
      };
    },
  );
}
