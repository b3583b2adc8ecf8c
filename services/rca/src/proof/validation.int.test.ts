import { randomUUID } from 'node:crypto';
import { eventually } from '@heard/testing/eventually';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRca, type Rca, type Said } from '../fixture-rca.ts';

const baseline = { from: '2026-07-01T00:00:00Z', until: '2026-10-01T00:00:00Z' };
const after = { from: '2026-10-15T00:00:00Z', until: '2027-01-13T00:00:00Z' };
const theme = (id: string) => ({ id, zh: `中${id}`, en: `The ${id}`, words: [id] });
const fell = (themeId: string) => [{ themeId, expectedChange: -0.5 }];

let rca: Rca;
beforeAll(async () => {
  rca = await openRca('2026-10-10T01:00:00Z', { ann: ['analyst'], sue: ['supervisor'], sam: ['support'] });
  await rca.frame(1, ['refund', 'queue', 'app'].map(theme));
});
afterAll(() => rca.close());

/** `hits[theme]` of `of` comments of a product, spread evenly over a window. */
async function plant(product: string, window: typeof after, of: number, hits: Record<string, number>, over: Said = {}) {
  const from = Date.parse(window.from);
  const step = (Date.parse(window.until) - from) / of;
  return rca.say(
    Array.from({ length: of }, (_, n) => ({
      product,
      occurredAt: new Date(from + n * step).toISOString(),
      themes: Object.keys(hits).filter(
        (id) => Math.floor(((n + 1) * hits[id]!) / of) > Math.floor((n * hits[id]!) / of),
      ),
      ...over,
    })),
  );
}
const openInitiative = async () => {
  const project = { themeId: 'refund', title: 'Faster refunds', ownerId: 'sue', department: 'finance' };
  const due = { fixDueAt: '2026-12-01T00:00:00Z', reviewDueAt: '2027-03-01T00:00:00Z' };
  return (await rca.send('ann', 'POST', '/v1/initiatives', { ...project, ...due })).body.initiativeId as string;
};
const draft = (product: string, over: object = {}) => ({
  ...{ themes: fell('refund'), baseline, after, filter: { products: [product] } },
  ...over,
});
const register = (product: string, over: object = {}) =>
  rca.send('ann', 'POST', '/v1/validations', draft(product, over));
const read = async (id: string, lang = 'en') =>
  (await rca.send('sue', 'GET', `/v1/validations/${id}?lang=${lang}`)).body;
const refused = async (product: string, over: object, code: string) =>
  expect(await register(product, over)).toMatchObject({ status: 409, body: { code } });

describe('registering', () => {
  test('keeps the test of the policy, the frame that serves, and when there will be enough data', async () => {
    await plant('halved', baseline, 1500, { refund: 135 });
    const { status, body } = await register('halved', { initiativeId: await openInitiative() });
    expect(status).toBe(201);
    expect(body.items).toMatchObject([
      {
        ...{
          themeId: 'refund',
          frameVersion: 1,
          metric: 'mention-share',
          baseline: { from: '2026-07-01T00:00:00.000Z' },
        },
        ...{
          alpha: 0.05,
          sided: 'one',
          correction: 'benjamini-hochberg',
          minN: 100,
          power: 0.8,
          comparisons: 1,
          others: 0,
        },
        ...{ registeredBy: 'ann', registeredAt: '2026-10-10T01:00:00.000Z', verdict: null, text: null },
        // 231 by scipy, see the tests of the rule; 1,500 comments in 92 days: 14.168 days.
        forecast: { needed: 231, perWeek: (1500 * 7) / 92, enoughOn: '2026-10-29T04:01:55.200Z' },
      },
    ]);
    expect(body.items[0].forecast.text).toBe('约10月29日数据足够（需要 231 条）。');
    const english = (await read(body.items[0].validationId)).forecast.text;
    expect(english).toBe('Enough data about 29 October (231 needed).');
    const { rows } = await sql`select * from held_frames`.execute(rca.database);
    expect(rows).toEqual([{ frame_version: 1, holder: `validation ${body.items[0].registrationId}` }]);
  });

  test('the same again is the same, and changing what is written down is refused by the tables', async () => {
    const first = await register('halved');
    const again = await register('halved');
    expect(again.body).toEqual(first.body);
    for (const change of [
      sql`update registrations set after_until = now()`,
      sql`update validations set expected_change = -.1`,
      sql`delete from validations`,
    ]) {
      await expect(change.execute(rca.database)).rejects.toThrow('never changed');
    }
  });

  test('is refused when it comes too late or could prove nothing', async () => {
    await refused('x', { after: { ...after, from: '2026-10-10T01:00:00Z' } }, 'too-late-to-register');
    await refused('x', { baseline: { ...baseline, until: '2026-10-16T00:00:00Z' } }, 'windows-overlap');
    await refused('x', { themes: [{ themeId: 'refund', expectedChange: 0 }] }, 'no-effect-expected');
    await refused('x', { themes: fell('unheard-of') }, 'theme-unknown');
    const initiativeId = await openInitiative();
    await refused('x', { themes: fell('queue'), initiativeId }, 'theme-of-another');
    expect((await register('x', { initiativeId: randomUUID() })).status).toBe(404);
    await rca.send('sue', 'POST', `/v1/initiatives/${initiativeId}/sign-off`, {});
    await rca.send('sue', 'POST', `/v1/initiatives/${initiativeId}/fix`, { fixedAt: '2026-10-09T00:00:00Z' });
    for (const [from, until] of [
      ['2026-10-08', '2026-11-08'],
      ['2026-10-02', '2026-10-05'],
    ]) {
      const over = { initiativeId, after: { from: `${from}T00:00:00Z`, until: `${until}T00:00:00Z` } };
      await refused('x', over, 'measured-before-fix');
    }
    await refused('halved', { control: { name: 'all', filter: {} } }, 'control-overlaps');
    expect((await register('x', { themes: [...fell('refund'), ...fell('refund')] })).status).toBe(400);
    expect((await rca.send('sue', 'POST', '/v1/validations', draft('x'))).status).toBe(403);
    expect((await rca.send('sam', 'GET', '/v1/validations')).status).toBe(403);
  });

  test('of a theme nobody has named yet says that no number is enough', async () => {
    await plant('new', baseline, 40, {});
    const { body } = await register('new');
    expect(body.items[0].forecast).toMatchObject({ needed: null, enoughOn: null, power: 0 });
    expect((await register('silent')).body.items[0].forecast).toBeNull();
  });
});

describe('at the end of the window', () => {
  const ids: Record<string, string[]> = {};
  let initiativeId: string;
  const enlist = async (product: string, over: object = {}) => {
    ids[product] = (await register(product, over)).body.items.map(
      (item: { validationId: string }) => item.validationId,
    );
  };
  const only = async (product: string) => (await read(ids[product]![0]!)) as Awaited<ReturnType<typeof read>>;

  beforeAll(async () => {
    initiativeId = await openInitiative();
    for (const product of ['confirmed', 'same', 'worse']) await plant(product, baseline, 1500, { refund: 135 });
    await plant('few', baseline, 150, { refund: 9 });
    await plant('fix', baseline, 3000, { refund: 360 });
    await plant('no-fix', baseline, 3000, { refund: 360 });
    await plant('several', baseline, 1500, { refund: 150, queue: 150, app: 150 });
    await enlist('confirmed', { initiativeId });
    await enlist('same');
    await enlist('worse');
    await enlist('few');
    await enlist('fix', { control: { name: 'north', filter: { products: ['no-fix'] } } });
    ids.blind = (await register('fix')).body.items.map((item: { validationId: string }) => item.validationId);
    await enlist('several', { themes: ['refund', 'queue', 'app'].flatMap(fell), initiativeId });
    await enlist('gone', {});
    await plant('confirmed', after, 1500, { refund: 68 });
    await plant('same', after, 1500, { refund: 130 });
    await plant('worse', after, 1500, { refund: 190 });
    await plant('few', after, 150, { refund: 6 });
    await plant('fix', after, 3000, { refund: 250 });
    await plant('no-fix', after, 3000, { refund: 252 });
    await plant('several', after, 1500, { refund: 122, queue: 150, app: 150 });
  });

  test('nobody looks early', async () => {
    const path = `/v1/validations/${ids.confirmed![0]}/conclude`;
    expect(await rca.send('ann', 'POST', path)).toMatchObject({ status: 409, body: { code: 'window-open' } });
    rca.clock.advance(30 * 86_400_000);
    const running = await only('confirmed');
    expect(running).toMatchObject({
      verdict: null,
      numbers: null,
      now: { baseline: { hits: 135, of: 1500 }, needed: 231 },
    });
    expect(running.now.soFar).toBe(1500);
    expect(running.now.perWeek).toBeCloseTo((1500 * 7) / 25.04, 0);
    expect(JSON.stringify(running.now)).not.toContain('68');
  });

  test('it waits while a comment is still to be assigned, and concludes a minute later', async () => {
    const [feedbackId] = await rca.say([{ product: 'same', occurredAt: '2026-12-01T00:00:00Z' }]);
    rca.clock.advance(Date.parse('2027-01-13T00:00:00Z') - rca.clock.now().getTime());
    await eventually('another try in a minute', async () => {
      const { rows } = await sql<{
        at: Date;
      }>`select distinct due_at as at from timers where kind = 'validation'`.execute(rca.database);
      return rows.length === 1 && rows[0]!.at.toISOString() === '2027-01-13T00:01:00.000Z';
    });
    expect(await only('same')).toMatchObject({ verdict: null, now: { pending: 1 } });
    const path = `/v1/validations/${ids.same![0]}/conclude`;
    expect(await rca.send('ann', 'POST', path)).toMatchObject({ status: 409, body: { code: 'still-counting' } });
    await sql`insert into comment_themes (frame_version, feedback_id, uncertain) values (1, ${feedbackId}, false)`.execute(
      rca.database,
    );
    rca.clock.advance(60_000);
    await eventually('all', async () => (await read(ids.gone![0]!)).verdict && (await only('same')).verdict);
  });

  test('a halved theme is confirmed, with every number and in words', async () => {
    const found = await only('confirmed');
    expect(found).toMatchObject({ verdict: 'confirmed', concludedAt: '2027-01-13T00:01:00.000Z', now: null });
    const { before, after, difference, p, twoSided, method } = found.numbers;
    expect([before.hits, before.of, after.hits, after.of, method]).toEqual([135, 1500, 68, 1500, 'z']);
    // statsmodels 0.15.0, as in the tests of the statistics.
    expect(p / 5.576045107746324e-7).toBeCloseTo(1, 9);
    expect(twoSided / 1.1152090215492648e-6).toBeCloseTo(1, 9);
    expect(difference.lower).toBeCloseTo(-0.06284509335816163, 10);
    expect(difference.upper).toBeCloseTo(-0.02681040674249326, 10);
    expect(found.text).toContain(
      'Confirmed: comments naming “The refund” went from 9.0 % (135/1500) to 4.5 % (68/1500): it fell by 4.5 pp (95 % CI 2.7 … 6.3). p < 0.0001; registered limit 0.05. It shows that the share moved, not why.',
    );
    // What else was registered of the theme for the same time is said, for nothing corrects for it.
    expect(found.others).toBeGreaterThan(5);
    expect(found.text).toContain(`${found.others} other registrations look at the same theme in this time`);
    expect((await read(ids.confirmed![0]!, 'zh')).text).toContain(
      '已证实：提及“中refund”的评论占比由 9.0 % (135/1500) 变为 4.5 % (68/1500)',
    );
  });

  test('what did not move is no evidence, what rose is worse, what is too little says nothing', async () => {
    const [same, worse, few, gone] = [await only('same'), await only('worse'), await only('few'), await only('gone')];
    expect([same.verdict, worse.verdict, few.verdict, gone.verdict]).toEqual([
      ...['no-evidence', 'worse', 'underpowered', 'underpowered'],
    ]);
    expect(same.text).toContain('had a chance of 99.9 % to be seen. It does not show that nothing changed.');
    expect(few.text).toContain('This says nothing about the fix.');
    expect(gone.text).toContain('A window has 0 comments; 100 is the fewest.');
  });

  test('a fall that the control group had too is not the fix', async () => {
    expect((await read(ids.blind![0]!)).verdict).toBe('confirmed');
    const found = await only('fix');
    expect(found.verdict).not.toBe('confirmed');
    expect(found.numbers).toMatchObject({
      method: 'difference-in-differences',
      control: { after: { hits: 252, of: 3000 } },
    });
  });

  test('themes registered together share the error among them', async () => {
    const [first, ...rest] = await Promise.all(ids.several!.map((id) => read(id)));
    expect(first.numbers.p).toBeLessThan(0.05);
    expect(first.numbers.corrected).toBeCloseTo(3 * first.numbers.p, 12);
    expect(first.verdict).not.toBe('confirmed');
    expect(rest.map((one) => one.verdict)).not.toContain('confirmed');
    expect(first.text).toContain('corrected for 3 themes registered together');
  });

  test('the initiative is told and proven, the frame let go, and the verdict stays', async () => {
    const told = await rca.published('initiative.validated');
    const ours = told.filter((data) => data.initiativeId === initiativeId);
    expect(ours.map(({ themeId, verdict }) => `${themeId} ${verdict}`).sort()).toEqual(
      [
        `app ${await verdictOf(2)}`,
        `queue ${await verdictOf(1)}`,
        'refund confirmed',
        `refund ${await verdictOf(0)}`,
      ].sort(),
    );
    // Nobody has said yet that the fix is live; saying so proves it.
    const { body } = await rca.send('sue', 'GET', `/v1/initiatives/${initiativeId}`);
    expect(body).toMatchObject({ state: 'open', confirmedBy: ids.confirmed![0] });
    const again = await rca.send('ann', 'POST', `/v1/validations/${ids.confirmed![0]}/conclude`);
    expect(again).toMatchObject({ status: 200, body: { items: [{ verdict: 'confirmed' }] } });
    expect(await rca.published('initiative.validated')).toHaveLength(told.length);
    await expect(sql`update verdicts set verdict = 'confirmed'`.execute(rca.database)).rejects.toThrow('never changed');
    expect((await sql`select from held_frames`.execute(rca.database)).rows).toEqual([]);
    expect((await sql`select from timers where kind = 'validation'`.execute(rca.database)).rows).toEqual([]);
  });
  const verdictOf = async (at: number) => (await read(ids.several![at]!)).verdict;

  test('the list pages, newest first, and narrows to an initiative', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await rca.send(
        'sue',
        'GET',
        `/v1/validations?limit=3&state=concluded${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...body.items.map((item: { validationId: string }) => item.validationId));
      cursor = body.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(Object.values(ids).flat()));
    expect(seen.indexOf(ids.gone![0]!)).toBeLessThan(seen.indexOf(ids.confirmed![0]!));
    const { body } = await rca.send('sue', 'GET', `/v1/validations?initiativeId=${initiativeId}`);
    expect(body.items).toHaveLength(4);
    expect((await rca.send('sue', 'GET', '/v1/validations?state=open')).body.items).toEqual([]);
  });
});
