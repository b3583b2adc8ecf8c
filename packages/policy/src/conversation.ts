import * as z from 'zod';

const TermList = z.array(z.string().min(1)).min(1);
const Phrases = TermList.or(z.strictObject({ terms: TermList, except: TermList.optional() })).meta({
  description: '… in a term stands for up to 12 characters within one clause, 20 in English.',
});
const OpeningPart = z.enum(['thanks', 'apology', 'empathy', 'verbatim']);
const Wordings = z.strictObject({
  thanks: TermList,
  apology: TermList,
  empathy: TermList,
  verbatim: TermList,
  scored: TermList.meta({ description: 'In place of verbatim where the customer left a score and no words.' }),
  thanksForScore: TermList.meta({ description: 'In place of thanks there.' }),
  nextStep: TermList,
});
const Manner = z.strictObject({
  named: z.string().includes('{customer}'),
  unnamed: z.string().min(1),
  subjects: TermList,
  full: Wordings.meta({ description: 'For e-mail.' }),
  short: Wordings.meta({ description: 'For phone, WeCom, SMS and chat.' }),
});

/** What is said first to an unhappy customer and what must not be said, in the words of the house. */
export const Conversation = z
  .strictObject({
    opening: z.strictObject({
      require: z.array(OpeningPart),
      marks: z
        .strictObject({ thanks: TermList, apology: TermList, empathy: TermList })
        .meta({ description: 'By which a part is recognised, whoever wrote it.' }),
      wordings: z.strictObject({ zh: Manner, en: Manner }),
    }),
    approvedLegal: z
      .strictObject({ zh: TermList, en: TermList })
      .meta({ description: 'What counsel lets stand in place of an apology where a legal red line is crossed.' }),
    linter: z.strictObject({
      excuses: Phrases,
      defence: Phrases,
      renewal: Phrases,
      admission: Phrases,
      vague: Phrases,
      attribution: TermList.meta({ description: 'What says, before a quotation, that the customer said it.' }),
      similarity: z.strictObject({
        shingle: z.int().min(2).max(10),
        resemblance: z.number().positive().max(1),
        containment: z.number().positive().max(1),
      }),
    }),
  })
  .superRefine(({ opening, approvedLegal }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    for (const language of ['zh', 'en'] as const) {
      for (const length of ['full', 'short'] as const) {
        const wordings = opening.wordings[language][length];
        const path = ['opening', 'wordings', language, length];
        for (const part of opening.require) {
          if (new Set(wordings[part]).size < 3) {
            refuse([...path, part], 'needs three different wordings at least, or it becomes a template');
          }
        }
        for (const [index, wording] of wordings.verbatim.entries()) {
          if (wording.split('{quote}').length !== 2) refuse([...path, 'verbatim', index], 'must hold {quote} once');
        }
        for (const [index, wording] of wordings.scored.entries()) {
          if (!wording.includes('{score}')) refuse([...path, 'scored', index], 'must hold {score}');
        }
      }
      for (const [index, wording] of approvedLegal[language].entries()) {
        // A word or two would be found in any draft and count as what counsel approved.
        if (wording.length < 8) refuse(['approvedLegal', language, index], 'is too short');
      }
    }
  });

export type Conversation = z.infer<typeof Conversation>;
export type OpeningPart = z.infer<typeof OpeningPart>;
