import { eventually } from '@heard/testing/eventually';
import { plantedComments } from '@heard/themes/planted-comments';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Corpus, openCorpus } from '../themes/fixture-corpus.ts';
import { countThemes } from '../themes/theme-counts.ts';
import { conclude, register } from './validation.ts';

const baseline = { from: new Date('2026-07-01T00:00:00Z'), until: new Date('2026-10-01T00:00:00Z') };
const after = { from: new Date('2026-10-15T00:00:00Z'), until: new Date('2027-01-13T00:00:00Z') };
const { texts } = plantedComments();
const rounds = 12;

const theme = (id: string, words: string[]) => ({ id, zh: `${id} 主题`, en: `The ${id}`, words });
const others = [
  theme('delivery', ['快递', '配送', '物流']),
  theme('app', ['login', 'app']),
  theme('price', ['price', 'expensive', 'plan']),
];
const refunds = theme('refunds', ['退款', '到账', '退货']);
/** Late refunds and refused ones go under a new name; "refunds" keeps what is about sending goods back. */
const moved = [theme('refunds', ['退货']), theme('payouts', ['退款', '到账', '金额', '流程', '拒绝'])];

let corpus: Corpus;
beforeAll(async () => {
  corpus = await openCorpus('2026-10-10T01:00:00Z', { STARTER_FRAME: 'none' });
});
afterAll(() => corpus?.close());

/** Nothing changes: every comment is said equally often in either window. */
async function say(window: typeof after): Promise<void> {
  const step = (window.until.getTime() - window.from.getTime()) / (rounds * texts.length);
  await corpus.say(
    Array.from({ length: rounds * texts.length }, (_, n) => ({
      id: `${window.from.toISOString()} ${n}`,
      comment: texts[n % texts.length]!,
      occurredAt: new Date(window.from.getTime() + n * step).toISOString(),
    })),
  );
}
const publish = async (body: object) => {
  expect((await corpus.send('POST', '/v1/frames', body)).status).toBeLessThan(300);
  await corpus.settle();
};
async function counted(version: number, { from, until }: typeof after) {
  const window = { from: from.toISOString(), until: until.toISOString() };
  const { of, themes } = await countThemes(corpus.database, version, window);
  return { hits: themes.get('refunds')!.mentions, of };
}

test('a frame that files a theme under another name in the second window proves nothing', async () => {
  await say(baseline);
  await publish({ name: 'ours', themes: [refunds, ...others] });
  const { status, body } = await corpus.send('POST', '/v1/validations', {
    themes: [{ themeId: 'refunds', expectedChange: -0.5 }],
    ...{ baseline, after },
  });
  expect(status).toBe(201);
  const [item] = body.items;
  await publish({ name: 'ours', version: 1, themes: [...moved, ...others] });
  await say(after);
  await corpus.settle();

  // What serves now has lost most of the theme: without the frozen version it would be proven.
  const [was, is] = [await counted(1, baseline), await counted(2, after)];
  expect(await counted(1, after)).toEqual(was);
  const naive = { frameVersions: { baseline: 1, after: 1 }, before: was, after: is };
  const draft = { ...item, baseline, after, control: undefined };
  const [fooled] = conclude([{ registration: register(draft, baseline.until), evidence: naive }], after.until);
  expect(fooled!.verdict).toBe('confirmed');

  corpus.clock.advance(after.until.getTime() - corpus.clock.now().getTime());
  const found = await eventually('the verdict', async () => {
    const answer = (await corpus.send('GET', `/v1/validations/${item.validationId}?lang=en`)).body;
    return answer.verdict ? answer : undefined;
  });
  expect(found).toMatchObject({ verdict: 'no-evidence', frameVersion: 1 });
  expect(found.numbers.after).toMatchObject(was);
});
