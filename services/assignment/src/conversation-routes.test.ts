import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { openHttp } from '@heard/service/http';
import { Metrics } from '@heard/service/metrics';
import { afterAll, expect, test } from 'vitest';
import { type CaseWords, registerConversationRoutes } from './conversation-routes.ts';

const policy = parsePolicy(presetPolicy());
const known = '0190f3c1-0000-7000-8000-000000000001';
const unknown = '0190f3c1-0000-7000-8000-000000000002';
const words: CaseWords = {
  comment: '新功能一打开就闪退，三天了没人理我，客服只会说这是规定！',
  score: { scale: 'nps', value: 1 },
  hits: [],
  redLineCategories: [],
  priority: 'P1',
  health: 'red',
  customer: { honorific: '王总' },
  recent: [],
};

const { http, recordScope } = await openHttp({
  service: 'assignment',
  log: { error: () => {} } as any,
  metrics: new Metrics(),
  ready: async () => true,
  authenticate: (authorization) => ({ personId: 'zhou', roles: [authorization as 'support'], teams: [] }),
});
recordScope('case', async () => true);
registerConversationRoutes(
  http,
  async (caseId) => (caseId === known ? words : null),
  async () => policy,
);
afterAll(() => http.close());

const headers = { authorization: 'support' };
const opening = (query: Record<string, string | number>, caseId = known) =>
  http.inject({
    headers,
    url: `/v1/cases/${caseId}/opening`,
    query: { language: 'zh', channel: 'phone', ...query } as Record<string, string>,
  });
const check = (payload: object, caseId = known) =>
  http.inject({ headers, method: 'POST', url: `/v1/cases/${caseId}/drafts/check`, payload });

test('an opening quotes the customer and offers other real quotes, each of which can be chosen', async () => {
  const first = (await opening({})).json();
  expect(words.comment).toContain(first.quote.text);
  expect(first.quotes.length).toBeGreaterThan(1);
  for (const { start, end, text } of first.quotes) {
    const chosen = await opening({ start, end });
    expect(chosen.json().quote).toEqual({ start, end, text });
    expect(chosen.json().text).toContain(text);
  }
});

test('what is no piece of the comment is refused', async () => {
  const answer = await opening({ start: '3', end: '400' });
  expect(answer.statusCode).toBe(409);
  expect(answer.json().code).toBe('not-a-quote');
});

test('half a choice, an unknown language and an unknown case are told apart', async () => {
  expect((await opening({ start: '3' })).statusCode).toBe(400);
  expect((await opening({ language: 'fr' })).statusCode).toBe(400);
  expect((await opening({}, unknown)).statusCode).toBe(404);
  expect((await check({ draft: '您好', channel: 'sms', purpose: 'reply' }, unknown)).statusCode).toBe(404);
});

test('an opening composed here can be sent as it is', async () => {
  const { text } = (await opening({ channel: 'sms' })).json();
  const answer = (await check({ draft: text, channel: 'sms', purpose: 'opening' })).json();
  expect(answer).toEqual({ findings: [], sendable: true, approvalNeeded: false, smsSegments: expect.any(Number) });
});

test('a bad draft is not sendable, and each finding marks its words', async () => {
  const draft = '王总，我很抱歉，但这是规定。这周续费有优惠，我会尽快联系您。';
  const answer = (await check({ draft, channel: 'wecom', purpose: 'reply' })).json();
  expect(answer).toMatchObject({ sendable: false, approvalNeeded: false, smsSegments: null });
  expect(answer.findings.map(({ rule }: { rule: string }) => rule)).toEqual([
    'forbidden-excuse',
    'renewal-to-red',
    'vague-promise',
  ]);
  for (const { start, end, found } of answer.findings) expect(draft.slice(start, end)).toBe(found);
});

test('marketing reads neither', async () => {
  const url = `/v1/cases/${known}/opening?language=zh&channel=phone`;
  expect((await http.inject({ url, headers: { authorization: 'marketing' } })).statusCode).toBe(403);
});
