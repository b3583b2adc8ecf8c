import { presetPolicy } from '@heard/policy/policy';
import { longestTurn } from '@heard/testing/longest-turn';
import { bearer } from '@heard/testing/tokens';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRca, type Rca, type Said } from '../fixture-rca.ts';
import { Browser } from './browser.ts';

let rca: Rca;
const themes = [
  { id: 'delivery', zh: '配送慢', en: 'Slow delivery', words: ['配送'] },
  { id: 'refund', zh: '退款慢', en: 'Slow refunds', words: ['退款'] },
  { id: 'price', zh: '太贵', en: 'Too expensive', words: ['贵'] },
];

beforeAll(async () => {
  // The browser is looked for where the machine that runs the tests has it.
  rca = await openRca(
    '2026-10-02T01:00:00Z',
    { ann: ['analyst'], kim: ['support'] },
    { environment: { PATH: process.env.PATH! } },
  );
  await rca.frame(3, themes);
  const july = { occurredAt: '2026-07-15T04:00:00Z' };
  const said = (times: number, one: Said) => Array.from({ length: times }, () => one);
  await rca.say(
    [
      ...said(60, { ...july, channel: 'app', themes: ['delivery'] }),
      ...said(30, { ...july, channel: 'phone', themes: ['refund', 'delivery'], occurredAt: '2026-08-20T04:00:00Z' }),
      {
        ...july,
        themes: ['refund'],
        comment: '退款<script>alert(1)</script>太慢，请打 13812345678',
        occurredAt: '2026-09-01T04:00:00Z',
      },
      ...said(109, { ...july, channel: 'phone', themes: [] }),
      ...said(50, { ...july, segment: 'promoter', themes: ['price'] }),
      ...said(100, { occurredAt: '2026-05-10T04:00:00Z', themes: ['delivery'] }),
      ...said(100, { occurredAt: '2026-05-10T04:00:00Z', themes: [] }),
    ],
    3,
  );
});
afterAll(() => rca.close());

const quarter = 'from=2026-07-01T00:00:00%2B08:00&until=2026-10-01T00:00:00%2B08:00';
const report = async (query = '', as = 'html') => {
  const response = await fetch(`${rca.url}/v1/reports/period.${as}?${quarter}${query}`, {
    headers: await bearer(['analyst']),
  });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
};
const textOf = (page: Buffer) =>
  page
    .toString()
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

test('a period is one HTML file with the shares of its themes, of detractors unless asked otherwise', async () => {
  const { response, bytes } = await report('&lang=en');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const text = textOf(bytes);
  expect(text).toContain('“Slow delivery” is named most often: in 45.0% of 200 comments');
  expect(text).toContain('91 / 200'); // 60 + 31 have a theme
  expect(text).toContain('31 / 200'); // refunds, 15.5 %
  expect(text).toMatch(/15\.5% \(11\.1–21\.2%\)/);
  expect(text).not.toContain('Too expensive “');
  expect(text).toContain('segment: detractors');
  expect(text).toContain('100 in the period before'.replace('100', '200'));
});

test('channels, the language and the filter are as asked for', async () => {
  const text = textOf((await report('&channels=app&segments=detractor,promoter')).bytes);
  expect(text).toContain('“配送慢”被提及最多：占 60 条评论的 100.0%');
  expect(text).toContain('渠道：App');
  expect(text).toContain('客群：贬损者、推荐者');
});

test('a quote is masked and is text, never markup', async () => {
  const { bytes } = await report();
  const page = bytes.toString();
  expect(page).toContain('退款&#60;script&#62;alert(1)&#60;/script&#62;太慢，请打 [phone]');
  expect(page).not.toMatch(/<script|13812345678/);
});

test('a period without comments is a report too', async () => {
  const response = await fetch(
    `${rca.url}/v1/reports/period.html?from=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z`,
    { headers: await bearer(['director']) },
  );
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('本期没有计入任何评论。');
});

test('a period that ends before it begins is refused, and so is who may not read insight', async () => {
  expect(
    (await rca.send('ann', 'GET', '/v1/reports/period.html?from=2026-07-01T00:00:00Z&until=2026-07-01T00:00:00Z'))
      .status,
  ).toBe(400);
  expect((await rca.send('kim', 'GET', `/v1/reports/period.html?${quarter}`)).status).toBe(403);
  expect((await rca.send('kim', 'GET', `/v1/reports/period.pdf?${quarter}`)).status).toBe(403);
});

const installed = new Browser('', process.env.PATH ?? '').program !== undefined;

test.skipIf(!installed)('the same as PDF, printed by the browser, and twice at once (needs a browser)', async () => {
  const [one, two] = await Promise.all([report('&lang=en', 'pdf'), report('&lang=zh', 'pdf')]);
  for (const { response, bytes } of [one, two]) {
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(bytes.length).toBeGreaterThan(20_000);
  }
});

test('drawing does not hold up the service', async () => {
  await report();
  const longest = await longestTurn(() => Promise.all(Array.from({ length: 6 }, () => report())));
  expect(longest).toBeLessThan(50);
});

test('where there is no browser, a PDF is refused with a sentence, and HTML is not', async () => {
  const poor = await openRca(
    '2026-10-02T01:00:00Z',
    { ann: ['analyst'] },
    { policy: presetPolicy(), environment: { PATH: '', CHROMIUM: '' } },
  );
  try {
    const { status, body } = await poor.send('ann', 'GET', `/v1/reports/period.pdf?${quarter}`);
    expect(status).toBe(501);
    expect(body).toMatchObject({ code: 'no-browser', detail: expect.stringContaining('CHROMIUM') });
    expect((await poor.send('ann', 'GET', `/v1/reports/period.html?${quarter}`)).status).toBe(200);
  } finally {
    await poor.close();
  }
});
