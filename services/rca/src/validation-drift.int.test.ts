import { eventually } from '@heard/testing/eventually';
import { assign, guide } from '@heard/themes/assign';
import { type CodeFrame, countedThemes, parseFrame } from '@heard/themes/frame';
import { plantedComments } from '@heard/themes/planted-comments';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca } from './fixture-rca.ts';
import { countThemes } from './theme-counts.ts';
import { conclude, register } from './validation.ts';

const baseline = { from: new Date('2026-07-01T00:00:00Z'), until: new Date('2026-10-01T00:00:00Z') };
const after = { from: new Date('2026-10-15T00:00:00Z'), until: new Date('2027-01-13T00:00:00Z') };
const { texts } = plantedComments();

/** Version 2 files late refunds and refused ones under a new name; "refunds" keeps what is about sending goods back. */
const frameOf = (version: number, refunds: string) =>
  parseFrame(`
name: planted
version: ${version}
themes:
  - { id: delivery, zh: 配送, en: Delivery, words: [快递, 配送, 物流] }
  ${refunds}
  - { id: app, zh: 应用, en: App, words: [login, app] }
  - { id: price, zh: 价格, en: Price, words: [price, expensive, plan] }
`);
const before = frameOf(1, '- { id: refunds, zh: 退款, en: Refunds, words: [退款, 到账, 退货] }');
const renamed = frameOf(
  2,
  '- { id: refunds, zh: 退货, en: Returns, words: [退货] }\n  - { id: payouts, zh: 到账, en: Payouts, words: [退款, 到账, 金额, 流程, 拒绝] }',
);

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'] });
});
afterAll(() => rca.close());

/** Nothing changes: every comment is said equally often in either window. */
async function say(window: typeof after, rounds: number, frames: CodeFrame[]): Promise<void> {
  const step = (window.until.getTime() - window.from.getTime()) / (rounds * texts.length);
  const said = Array.from({ length: rounds * texts.length }, (_, n) => ({
    comment: texts[n % texts.length]!,
    occurredAt: new Date(window.from.getTime() + n * step).toISOString(),
  }));
  const ids = await rca.say(said);
  for (const frame of frames) {
    const { model } = guide(frame, texts);
    const themes = countedThemes(frame).map(({ id }) => id);
    const rows = said.map(({ comment }, n) => {
      const { primary, mentions, uncertain } = assign(model, comment);
      return { id: ids[n], primary: themes[primary], mentions: mentions.map((theme) => themes[theme]), uncertain };
    });
    await sql`
      insert into comment_themes (frame_version, feedback_id, primary_theme, mentions, uncertain)
      select ${frame.version}, r.id, r."primary", array(select jsonb_array_elements_text(r.mentions)), r.uncertain
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, "primary" text, mentions jsonb, uncertain boolean)`.execute(
      rca.database,
    );
  }
}

test('a frame that files a theme under another name in the second window proves nothing', async () => {
  await rca.frame(1, before.themes);
  await say(baseline, 12, [before]);
  const { body } = await rca.send('ann', 'POST', '/v1/validations', {
    themes: [{ themeId: 'refunds', expectedChange: -0.5 }],
    baseline,
    after,
  });
  await rca.frame(2, renamed.themes);
  await say(after, 12, [before, renamed]);

  // What serves now has lost most of the theme: without the frozen version it would be proven.
  const counted = async (version: number, { from, until }: typeof after) => {
    const window = { from: from.toISOString(), until: until.toISOString() };
    const { of, themes } = await countThemes(rca.database, version, window);
    return { hits: themes.get('refunds')!.mentions, of };
  };
  const [was, moved] = [await counted(1, baseline), await counted(2, after)];
  const naive = { frameVersions: { baseline: 1, after: 1 }, before: was, after: moved };
  const [item] = body.items;
  const draft = { ...item, baseline, after, control: undefined };
  const [fooled] = conclude([{ registration: register(draft, baseline.until), evidence: naive }], after.until);
  expect(fooled!.verdict).toBe('confirmed');

  rca.clock.advance(after.until.getTime() - rca.clock.now().getTime());
  const path = `/v1/validations/${item.validationId}?lang=en`;
  const found = await eventually('the verdict', async () => {
    const answer = (await rca.send('ann', 'GET', path)).body;
    return answer.verdict ? answer : undefined;
  });
  expect(found).toMatchObject({ verdict: 'no-evidence', frameVersion: 1 });
  expect(found.numbers.after).toMatchObject(was);
});
