import { resolve } from 'node:path';
import { Rejection } from '@heard/bus/rejection';
import { type ContactChannel, ContactChannel as channels } from '@heard/events/vocabulary';
import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { labelledComments } from '@heard/testing/labelled-comments';
import { compileLexicon, findHits } from '@heard/text/lexicon';
import { redact } from '@heard/text/redact';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lintDraft } from './draft-linter.ts';
import { composeOpening, type OpeningRequest, requireParts, smsSegments } from './opening.ts';
import { quotes } from './quotation.ts';
import { isNearCopy } from './resemblance.ts';

const policy = parsePolicy(presetPolicy());
const { conversation } = policy;
const lexicon = compileLexicon(policy.lexicons);
const hitsIn = (comment: string) => findHits(lexicon, comment) as OpeningRequest['hits'];

const crash = '新功能一打开就闪退，三天了没人理我，你们这是欺诈！我的电话13812345678。';
const request: OpeningRequest = {
  caseId: '0190f3c1-0000-7000-8000-000000000001',
  language: 'zh',
  channel: 'wecom',
  customer: { honorific: '王总' },
  comment: crash,
  hits: hitsIn(crash),
  conversation,
  redLineCategories: [],
};
const open = (change: Partial<OpeningRequest>) => composeOpening({ ...request, ...change });
const kinds = ({ parts }: { parts: { kind: string }[] }) => parts.map(({ kind }) => kind).sort();
const rejection = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    if (error instanceof Rejection) return error.code;
    throw error;
  }
  return undefined;
};

/** What a finding of the linter on an opening that Heard composed itself would be. */
function findingsOn(asked: OpeningRequest) {
  const { text } = composeOpening(asked);
  const { comment, redLineCategories, customer } = asked;
  const names = [customer.name, customer.honorific].filter((name) => name !== undefined);
  return lintDraft({
    ...asked,
    draft: text,
    comment,
    names,
    openingRequired: true,
    health: 'red',
    redLineCategories,
    recent: [],
  });
}

test('the quote is the clause that crosses a red line, exactly as written', () => {
  const { quote, text, parts } = open({});
  expect(quote!.text).toContain('欺诈');
  expect(crash.slice(quote!.start, quote!.end)).toBe(quote!.text);
  expect(text).toContain(`“${quote!.text}”`);
  expect(text.startsWith('王总您好！')).toBe(true);
  expect(kinds({ parts })).toEqual(['apology', 'empathy', 'greeting', 'next-step', 'thanks', 'verbatim']);
});

test('without a red line the most negative clause is quoted', () => {
  const comment = 'Delivery came on a Tuesday. The support was terrible and rude. I live in a small town.';
  expect(open({ comment, hits: [], language: 'en' }).quote!.text).toContain('terrible and rude');
});

test('the agent may choose another piece, if it is one', () => {
  expect(open({ quote: { start: 0, end: 9 } }).quote!.text).toBe('新功能一打开就闪退');
  expect(rejection(() => open({ quote: { start: 0, end: 900 } }))).toBe('not-a-quote');
  expect(rejection(() => open({ quote: { start: 9, end: 9 } }))).toBe('not-a-quote');
  expect(rejection(() => open({ quote: { start: 0, end: 1 } }))).toBe('not-a-quote');
  expect(rejection(() => open({ comment: '气死我了😡😡😡谁管', hits: [], quote: { start: 0, end: 5 } }))).toBe(
    'not-a-quote',
  );
  const phone = crash.indexOf('我的电话');
  expect(rejection(() => open({ quote: { start: phone, end: phone + 10 } }))).toBe('personal-data');
});

test('a customer who left no words is told so, and the score is quoted', () => {
  for (const comment of ['', '😡😡', '13812345678']) {
    const { quote, text } = open({ comment, hits: [], score: { scale: 'nps', value: 2 } });
    expect(quote).toBeNull();
    expect(text).toMatch(/2分（满分10/);
    expect(text).toMatch(/评分|分数|打分/);
    expect(requireParts(conversation, { text, comment, redLineCategories: [] })).toEqual([]);
  }
  const { text } = open({ comment: '', hits: [], language: 'en', score: { scale: 'csat', value: 1 } });
  expect(text).toMatch(/1 (?:out )?of 5/);
});

test('a legal red line takes the words of counsel in place of an apology and keeps the rest', () => {
  const comment = '再不解决我就去12315投诉，律师已经在看合同了。';
  const opening = open({ comment, hits: hitsIn(comment), redLineCategories: ['legal'] });
  const apology = opening.parts.find(({ kind }) => kind === 'apology')!.text;
  expect(conversation.approvedLegal.zh).toContain(apology);
  expect(opening.text).not.toMatch(/抱歉|对不起|道歉|致歉/);
  expect(opening.parts.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['empathy', 'verbatim', 'thanks']));
  expect(opening.approvalNeeded).toBe(false);
});

test('wordings that admit something need approval where a legal red line is crossed, and only there', () => {
  const admitting = structuredClone(conversation);
  admitting.approvedLegal.zh = ['这是我们的过错，我们愿意赔偿。'];
  expect(open({ conversation: admitting, redLineCategories: ['legal'] }).approvalNeeded).toBe(true);
  expect(open({ conversation: admitting, redLineCategories: ['safety'] }).approvalNeeded).toBe(false);
});

test.each([
  ['zh', { name: '王芳', honorific: '女士' }, '王芳女士您好！'],
  ['zh', { honorific: '王总' }, '王总您好！'],
  ['zh', { name: '王芳' }, '王芳您好！'],
  ['zh', { honorific: '女士' }, '您好！'],
  ['zh', {}, '您好！'],
  ['en', { name: 'Wang', honorific: 'Ms' }, 'Dear Ms Wang,'],
  ['en', { honorific: 'Ms Wang' }, 'Dear Ms Wang,'],
  ['en', { honorific: 'Ms' }, 'Hello,'],
] as const)('in %s %j is greeted as %s', (language, customer, greeting) => {
  expect(open({ language, customer }).parts[0]!.text).toBe(greeting);
});

test('each channel has its form', () => {
  const email = open({ channel: 'email', brand: 'UrbanFlex' });
  expect(email.subject).toMatch(/ \| UrbanFlex$/);
  expect(open({ channel: 'phone' }).text.split('\n')).toHaveLength(6);
  const sms = open({ channel: 'sms', brand: 'UrbanFlex' });
  expect(sms.text.startsWith('【UrbanFlex】')).toBe(true);
  expect(sms.subject).toBeNull();
});

test('an SMS is counted as networks count it', () => {
  expect([70, 71, 134, 135].map((length) => smsSegments('好'.repeat(length)))).toEqual([1, 2, 2, 3]);
  expect([160, 161, 306, 307].map((length) => smsSegments('a'.repeat(length)))).toEqual([1, 2, 2, 3]);
  expect([80, 81].map((length) => smsSegments('€'.repeat(length)))).toEqual([1, 2]);
});

test('a quote too long for an SMS ends with one of its clauses', () => {
  const comment = `${'客服说第二天就会有人联系我，'.repeat(12)}结果一直没有人来处理`;
  const { quote, text } = open({ channel: 'sms', comment, hits: [], quote: { start: 0, end: comment.length } });
  expect(smsSegments(text)).toBeLessThanOrEqual(2);
  expect(quote!.text).toMatch(/^客服说第二天就会有人联系我(，客服说第二天就会有人联系我)*$/);
});

test('two customers rarely read the same: of 200 cases fewer than one pair in 100 is a near copy, and none is where recent ones are known', () => {
  const ids = Array.from({ length: 200 }, (_, index) => `case-${index}`);
  for (const language of ['zh', 'en'] as const) {
    const texts = ids.map((caseId) => open({ caseId, language, channel: 'email' }).text);
    expect(new Set(texts).size).toBeGreaterThan(190);
    const pairs = texts.flatMap((text, at) => texts.slice(at + 1).map((other) => [text, other] as const));
    const copies = pairs.filter(([a, b]) => isNearCopy(a, b, conversation.linter.similarity)).length;
    expect(copies / pairs.length).toBeLessThan(0.01);
    const recent = texts.slice(0, 20);
    const fresh = open({ caseId: 'case-7', language, channel: 'email', recent });
    expect(recent.some((sent) => isNearCopy(sent, fresh.text, conversation.linter.similarity))).toBe(false);
  }
});

test('no wording of the preset is refused by the linter, legal red line or not', () => {
  for (const language of ['zh', 'en'] as const) {
    const { full, short } = conversation.opening.wordings[language];
    for (const [part, wordings] of [full, short].flatMap((length) => Object.entries(length))) {
      for (const template of wordings) {
        const comment = '三天没人理我';
        const wording = template.replace('{quote}', comment);
        const lint = (redLineCategories: string[]) =>
          lintDraft({
            draft: wording,
            comment,
            openingRequired: false,
            health: 'red',
            redLineCategories,
            recent: [],
            conversation,
          });
        expect(lint([]), wording).toEqual([]);
        if (part !== 'apology') expect(lint(['legal']), wording).toEqual([]);
        const required = part === 'thanksForScore' ? 'thanks' : part;
        if (required === 'thanks' || required === 'empathy' || required === 'apology') {
          const missing = requireParts(conversation, { text: wording, comment: '', redLineCategories: [] });
          expect(missing, wording).not.toContain(required);
        }
      }
    }
  }
});

const pieces = fc.constantFrom(
  ...[
    '太差了',
    '客服只会说这是规定',
    '三天没人理',
    '，',
    '。',
    '！',
    '“',
    '”',
    '"',
    '「',
    ' ',
    '\n',
    '😡',
    '👨‍👩‍👧',
    'e\u0301',
    '️⃣',
    '\ud83d',
  ],
  ...[
    '13812345678',
    '微信',
    ' abc_1234',
    'me@example.com',
    '6222021234567890123',
    '１３８１２３４５６７８',
    '欺诈',
    '没问题',
  ],
  ...[
    'I will sue',
    'that is our policy',
    "don't",
    '3.5',
    '1,000',
    '. ',
    ', ',
    'refund',
    'terrible service',
    '对不起',
    'sorry',
  ],
);
const comments = fc.oneof(
  fc.array(pieces, { maxLength: 30 }).map((chosen) => chosen.join('')),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
);
const requests: fc.Arbitrary<OpeningRequest> = fc
  .record({
    caseId: fc.uuid(),
    language: fc.constantFrom('zh' as const, 'en' as const),
    channel: fc.constantFrom<ContactChannel>(...channels.options),
    customer: fc.constantFrom({}, { name: '高峰', honorific: '先生' }, { name: 'Ann Lee' }, { honorific: '王总' }),
    comment: comments,
    redLineCategories: fc.constantFrom([], ['legal'], ['safety']),
    score: fc.constantFrom(undefined, { scale: 'nps' as const, value: 0 }),
    brand: fc.constantFrom(undefined, 'UrbanFlex'),
  })
  .map((drawn) => ({ ...drawn, hits: hitsIn(drawn.comment), conversation }));

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const halfWidth = (text: string) =>
  text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));

function expectHonest(comment: string, { start, end, text }: { start: number; end: number; text: string }) {
  expect(comment.slice(start, end)).toBe(text);
  expect(text.length).toBeLessThanOrEqual(60);
  expect(redact(text)).toBe(halfWidth(text));
  const borders = new Set([...graphemes.segment(comment)].map(({ index }) => index)).add(comment.length);
  expect(borders.has(start) && borders.has(end)).toBe(true);
}

describe('whatever the customer wrote', () => {
  test('every quote is a piece of it, of whole characters, without personal data', () => {
    fc.assert(
      fc.property(comments, (comment) => {
        for (const quote of quotes(comment, hitsIn(comment))) expectHonest(comment, quote);
      }),
    );
  });

  test('every opening has its parts, passes the linter, is the same each time and fits its channel', () => {
    fc.assert(
      fc.property(requests, (asked) => {
        const opening = composeOpening(asked);
        expect(composeOpening(asked)).toEqual(opening);
        if (opening.quote) {
          expectHonest(asked.comment, opening.quote);
          expect(opening.text).toContain(opening.quote.text);
        }
        expect(requireParts(conversation, { ...asked, text: opening.text })).toEqual([]);
        expect(findingsOn(asked)).toEqual([]);
        expect(opening.approvalNeeded).toBe(false);
        if (asked.channel === 'sms') expect(smsSegments(opening.text)).toBeLessThanOrEqual(2);
      }),
      { numRuns: 500 },
    );
  });
});

const folder = process.env.HEARD_DATA ?? resolve(import.meta.dirname, '../../../../shared/data');
const labelled = await labelledComments(folder);

test.skipIf(!labelled)(
  labelled ? 'real comments all give an honest, clean opening' : `real comments: ${folder} does not hold them`,
  () => {
    const said = labelled!.responses.filter(({ comment, score }) => comment && score!.value <= 6);
    const every = said.filter((_, index) => index % 5 === 0);
    expect(every.length).toBeGreaterThan(1000);
    for (const [index, { comment = '', source, externalId, score }] of every.entries()) {
      const asked: OpeningRequest = {
        ...request,
        caseId: `${source}-${externalId}`,
        language: source === 'uci' ? 'en' : 'zh',
        channel: channels.options[index % channels.options.length]!,
        comment,
        hits: hitsIn(comment),
        score,
      };
      const opening = composeOpening(asked);
      if (opening.quote) expectHonest(comment, opening.quote);
      expect(findingsOn(asked), comment).toEqual([]);
      if (asked.channel === 'sms') expect(smsSegments(opening.text)).toBeLessThanOrEqual(2);
    }
  },
);
