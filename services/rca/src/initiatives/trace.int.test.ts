import { randomUUID } from 'node:crypto';
import { eventually } from '@heard/testing/eventually';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from '../fixture-rca.ts';
import type { Node, Trace } from './trace.ts';

let rca: Rca;
let verbatim: string;
let caseId: string;
let initiativeId: string;
let validationId: string;
let sopId: string;
let flyWireId: string;
let whys: string[];

const windows = {
  baseline: { from: '2026-07-01T00:00:00Z', until: '2026-10-01T00:00:00Z' },
  after: { from: '2026-10-15T00:00:00Z', until: '2027-01-13T00:00:00Z' },
};

/** The whole way, by the routes people use: heard, asked why, fixed, proven, made an SOP. */
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'], dan: ['director'], tom: ['support'] });
  await rca.frame(1, [
    { id: 'refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] },
    { id: 'queue', zh: '排队', en: 'Queues', words: ['排队'] },
  ]);
  const spread = (window: { from: string; until: string }, hits: number) => {
    const step = (Date.parse(window.until) - Date.parse(window.from)) / 400;
    return Array.from({ length: 400 }, (_, n) => ({
      occurredAt: new Date(Date.parse(window.from) + n * step).toISOString(),
      themes: [n % 400 < hits ? 'refund' : 'queue'],
    }));
  };
  const said = {
    comment: '退款三周没到，打13812345678',
    themes: ['refund', 'queue'],
    occurredAt: '2026-07-01T00:00:00Z',
  };
  [verbatim] = (await rca.say([said, ...spread(windows.baseline, 160)])) as [string];
  [caseId] = (await rca.openCases([{ customerId: 'c', feedbackIds: [verbatim], rootCause: 'WMS' }])) as [string];
  const post = async (who: string, path: string, body: object = {}) => {
    const answer = await rca.send(who, 'POST', path, body);
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  const { treeId } = await post('ann', '/v1/why-trees', { themeId: 'refund' });
  const ask = (statement: string, evidence: object[], parentId?: string) =>
    post('ann', `/v1/why-trees/${treeId}/whys`, { statement, evidence, department: 'warehouse', parentId });
  let tree = await ask('refunds wait for the returned goods', [{ kind: 'comment', feedbackId: verbatim }]);
  const top = tree.whys[0].whyId;
  tree = await ask('WMS and ERP do not talk', [{ kind: 'case', caseId }], top);
  whys = tree.whys.map((why: { whyId: string }) => why.whyId);

  const dates = { fixDueAt: '2026-10-14T00:00:00Z', reviewDueAt: '2027-01-31T00:00:00Z' };
  const draft = { themeId: 'refund', title: 'WMS talks to the ERP', ownerId: 'vp', department: 'warehouse', ...dates };
  ({ initiativeId } = await post('ann', '/v1/initiatives', { ...draft, whyTreeId: treeId }));
  const access = { kind: 'read-only-access', system: 'wms', roles: ['senior-support'], reason: 'until then' };
  const expiresAt = '2026-12-01T00:00:00Z';
  ({ flyWireId } = await post('dan', '/v1/fly-wires', { ...access, initiativeId, expiresAt }));
  const themes = ['refund', 'queue'].map((themeId) => ({ themeId, expectedChange: themeId === 'refund' ? -0.5 : 0.5 }));
  const { items } = await post('ann', '/v1/validations', { themes, ...windows, filter: {}, initiativeId });
  validationId = items[0].validationId;
  for (const move of ['sign-off', 'fix']) await post('dan', `/v1/initiatives/${initiativeId}/${move}`);
  await rca.say(spread(windows.after, 40));
  rca.clock.advance(Date.parse('2027-01-14T00:00:00Z') - rca.clock.now().getTime());
  await eventually('the verdict', async () => {
    const { rows } = await sql`select 1 from verdicts`.execute(rca.database);
    return rows.length === 2;
  });
  const words = {
    title: { zh: '先修后证', en: 'Fix, then prove' },
    text: '…',
    ownerId: 'cio',
    validFrom: '2027-02-01',
  };
  ({ sopId } = await post('dan', '/v1/sops', { ...words, initiativeId }));
});
afterAll(() => rca.close());

const step = async (href: string) => {
  const { status, body } = await rca.send('ann', 'GET', href);
  expect([href, status]).toEqual([href, 200]);
  return body as Trace;
};
const keyOf = ({ kind, id }: Pick<Node, 'kind' | 'id'>) => `${kind} ${id}`;

async function walk(from: string, goes: (node: Node) => boolean = () => true): Promise<Map<string, Trace>> {
  const seen = new Map<string, Trace>();
  const ahead = [from];
  for (let href = ahead.shift(); href; href = ahead.shift()) {
    const here = await step(href);
    if (seen.has(keyOf(here))) continue;
    seen.set(keyOf(here), here);
    ahead.push(...here.links.flatMap(({ items }) => items.filter(goes).map((item) => item.href)));
  }
  return seen;
}

test('the fix is proven, by the validation that was registered for it', async () => {
  const { body } = await rca.send('ann', 'GET', `/v1/initiatives/${initiativeId}`);
  expect(body).toMatchObject({ state: 'proven', confirmedBy: validationId });
  expect((await rca.published('initiative.moved')).map(({ to }) => to)).toEqual(['signed-off', 'fixed', 'proven']);
});

test('from one verbatim every node up to the proof is reached, and from the SOP the verbatim', async () => {
  const found = await walk(`/v1/trace/comment/${verbatim}`);
  const wanted = [
    ...[`case ${caseId}`, 'theme refund', 'theme queue', ...whys.map((id) => `why ${id}`)],
    ...[`initiative ${initiativeId}`, `validation ${validationId}`, `sop ${sopId}`],
  ];
  expect([...found.keys()]).toEqual(expect.arrayContaining(wanted));
  const back = await walk(`/v1/trace/sop/${sopId}`, ({ kind, id }) => kind !== 'comment' || id === verbatim);
  expect([...back.keys()]).toEqual(expect.arrayContaining([...wanted, `comment ${verbatim}`]));
});

test('there is no dead end: whatever is linked to links back, and every document is there', async () => {
  const found = await walk(`/v1/trace/comment/${verbatim}`);
  const oneWay: string[] = [];
  for (const here of found.values()) {
    for (const item of here.links.flatMap(({ items }) => items)) {
      const back = found
        .get(keyOf(item))!
        .links.flatMap(({ items, count }) =>
          items[0]!.kind === here.kind && (count > items.length || items.some((one) => one.id === here.id)) ? [1] : [],
        );
      if (back.length === 0) oneWay.push(`${keyOf(here)} -> ${keyOf(item)}`);
    }
    for (const { href, service } of here.documents) {
      if (!service) expect([href, (await rca.send('ann', 'GET', href)).status]).toEqual([href, 200]);
    }
  }
  expect(oneWay).toEqual([]);
  const { documents } = found.get(`initiative ${initiativeId}`)!;
  expect(documents).toContainEqual({ kind: 'fly-wire', href: `/v1/fly-wires/${flyWireId}` });
});

test('counts say how many there are beyond those shown, and words are masked', async () => {
  const { links } = await step('/v1/trace/theme/refund');
  const comments = links.find(({ relation }) => relation === 'comments')!;
  expect([comments.count, comments.items.length]).toEqual([201, 20]);
  expect((await step(`/v1/trace/comment/${verbatim}`)).title).toBe('退款三周没到，打[phone]');
  expect((await step('/v1/trace/theme/refund?lang=en')).title).toBe('Slow refunds');
});

test('a theme that was merged leads to the one it went into, and back', async () => {
  await sql`update code_frames set document = jsonb_set(document, '{merges}', '[{"from":"refund","into":"queue"}]')`.execute(
    rca.database,
  );
  const into = (await step('/v1/trace/theme/refund')).links.find(({ relation }) => relation === 'merged-into');
  expect(into?.items).toMatchObject([{ id: 'queue', title: '排队' }]);
  const from = (await step('/v1/trace/theme/queue')).links.find(({ relation }) => relation === 'merged-from');
  expect(from?.items).toMatchObject([{ id: 'refund' }]);
});

test('what is not there is not found, whatever kind', async () => {
  for (const kind of ['comment', 'case', 'theme', 'why', 'initiative', 'validation', 'sop']) {
    for (const id of [randomUUID(), 'no-such']) {
      expect([kind, id, (await rca.send('ann', 'GET', `/v1/trace/${kind}/${id}`)).status]).toEqual([kind, id, 404]);
    }
  }
  expect((await rca.send('ann', 'GET', '/v1/trace/person/x')).status).toBe(400);
  expect((await rca.send('tom', 'GET', `/v1/trace/comment/${verbatim}`)).status).toBe(403);
});
