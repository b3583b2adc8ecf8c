import { expect, test } from 'vitest';
import type { Language } from './figures.ts';
import { quarterReport, searchInitiative, searchPack } from './fixture-reports.ts';
import { html, Markup } from './html.ts';
import { initiativeReport } from './initiative-report.ts';
import { packReport } from './pack-report.ts';
import { periodReport } from './period-report.ts';
import type { PeriodReportData } from './report-data.ts';
import { type Wording, wordings } from './wording.ts';

const languages: Language[] = ['zh', 'en'];
const reports = languages.flatMap((language) => [
  { name: `period, ${language}`, data: quarterReport, page: periodReport(quarterReport, language) },
  { name: `initiative, ${language}`, data: searchInitiative, page: initiativeReport(searchInitiative, language) },
  { name: `pack, ${language}`, data: searchPack, page: packReport(searchPack, language) },
]);

/** What a reader sees: no marks, no style, no shapes of charts. */
function seen(page: string): string {
  return page
    .slice(page.indexOf('<body>'))
    .replace(/<(h\d|p|td|th|li|text|tspan|dt|dd|b|small|span|br|figure|time|footer)\b[^>]*>/g, '\n')
    .replace(/<[^>]+>/g, '')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
    .replace(/&lt;/g, '<')
    .replace(/&amp;/g, '&');
}

test('whatever is put into a page is escaped, in an element and in an attribute', () => {
  const text = `"><script>alert('x')</script>&amp;`;
  expect(html`<p title="${text}">${text}</p>`.html).toBe(
    `<p title="${'&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#38;amp;'}">${'&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#38;amp;'}</p>`,
  );
  expect(html`${new Markup('<b>')}${[html`<i>`, '<i>']}${undefined}${0}`.html).toBe('<b><i>&#60;i&#62;0');
});

test('no text of anybody becomes markup: not a quote, a name, a channel or a belief, and not in a chart', () => {
  const hostile = `</style></svg></text>"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
  const spoil = (value: unknown): unknown => {
    if (typeof value === 'string') return hostile;
    if (value instanceof Date || typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(spoil);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        coded.has(key) && typeof inner === 'string' ? inner : spoil(inner),
      ]),
    );
  };
  const coded = new Set([
    'timeZone',
    'trendBy',
    'wording',
    'verdict',
    'finding',
    'state',
    'metric',
    'method',
    'level',
    'comparator',
    'figure',
    'unit',
    'source',
  ]);
  for (const language of languages) {
    for (const page of [
      periodReport(spoil(quarterReport) as never, language),
      initiativeReport(spoil(searchInitiative) as never, language),
      packReport(spoil(searchPack) as never, language),
    ]) {
      expect(page).not.toMatch(/<script|<img|<\/text>"/);
      expect(page.match(/<\/style\s*>/g)).toHaveLength(1);
      expect(seen(page)).toContain('<script>alert(1)</script>');
    }
  }
});

test.each(reports)('a report is one file without scripts and addresses ($name)', ({ page }) => {
  expect(page).not.toMatch(/<script|<link|<iframe|<object|\bon\w+=|@import|url\((?!#)/i);
  expect(page).not.toMatch(/\b(https?|ftp|file|javascript):|\bdata:\w+\//i);
  expect(page).not.toMatch(/\b(src|href|xlink:href)=/);
  expect(page).toContain("default-src 'none'");
});

test.each(reports)('no word is missing and no value is undefined ($name)', ({ page }) => {
  expect(seen(page)).not.toMatch(/undefined|NaN|Infinity|\[object|null/);
});

test('both languages have every wording, and what is Chinese is Chinese', () => {
  const paths = (words: object, before = ''): string[] =>
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === 'object' ? paths(value, `${before}${key}.`) : [`${before}${key}`],
    );
  expect(paths(wordings.zh).sort()).toEqual(paths(wordings.en).sort());
  const texts = (words: object): string[] =>
    Object.values(words).flatMap((value) =>
      typeof value === 'object' ? texts(value) : typeof value === 'string' && value.length > 3 ? [value] : [],
    );
  const { locale: _, ...zh } = wordings.zh satisfies Wording;
  expect(texts(zh).filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
  const { locale: __, ...en } = wordings.en;
  expect(texts(en).filter((text) => /\p{Script=Han}/u.test(text))).toEqual([]);
});

/** Every way one decimal more or less may write a number of the data, written here without the code under test. */
function written(data: unknown): Set<string> {
  const found = new Set<string>();
  const add = (value: number) => {
    const size = Math.abs(value);
    for (const digits of [0, 1, 2, 3]) found.add(size.toFixed(digits));
    for (const digits of [0, 1]) found.add((size * 100).toFixed(digits));
    found.add(String(size));
  };
  const walk = (value: unknown): void => {
    if (typeof value === 'number') add(value);
    else if (typeof value === 'string') for (const part of value.match(/\d+(\.\d+)?/g) ?? []) found.add(part);
    else if (value instanceof Date) walkDate(value);
    else if (typeof value === 'object' && value !== null) {
      if ('hits' in value && 'of' in value) add((value.hits as number) / (value.of as number));
      Object.values(value).forEach(walk);
    }
  };
  const walkDate = (at: Date) => {
    for (const moment of [at, new Date(at.getTime() - 1)]) {
      for (const ahead of [0, 8]) {
        const local = new Date(moment.getTime() + ahead * 3_600_000).toISOString();
        for (const part of local.match(/\d+/g) ?? []) found.add(part).add(String(Number(part)));
      }
    }
  };
  walk(data);
  return found;
}

/** Ticks of the axes of these reports. */
const axis = /^[−+]?\d+%?$|^0\.5$/;

test.each(reports)('every number a reader sees is one of the data ($name)', ({ data, page }) => {
  const known = written(data);
  const prose = seen(page.replace(/<svg.*?<\/svg>/gs, ''));
  for (const [number] of prose.replace(/(?<=\d),(?=\d{3})/g, '').matchAll(/\d+(\.\d+)?/g)) {
    expect(counts(data).has(number) || known.has(number), `${number} is in the report and not in the data`).toBe(true);
  }
  for (const [svg] of page.matchAll(/<svg.*?<\/svg>/gs)) {
    for (const line of seen(`<body>${svg}`)
      .split('\n')
      .map((text) => text.trim())
      .filter((text) => text !== '' && !axis.test(text))) {
      for (const [number] of line.replace(/(?<=\d),(?=\d{3})/g, '').matchAll(/\d+(\.\d+)?/g)) {
        expect(known.has(number), `${number} of “${line}” is in a chart and not in the data`).toBe(true);
      }
    }
  }
});

/** How many rows a list has, of those that say so; the notes name 1, 7 (very easy), 100 % and p < 0.001. */
function counts(data: object): Set<string> {
  const lengths = Object.values(data).flatMap((value) => (Array.isArray(value) ? [value.length] : []));
  return new Set([...lengths, 0, 1, 2, 7, 100, 0.001].map(String));
}

test('the figures of the most named theme are those given', () => {
  const page = seen(periodReport(quarterReport, 'en'));
  for (const text of [
    '“Slow delivery” is named most often: in 30.1% of 1,368 comments',
    '412 / 1,368',
    '27.7–32.6%',
    '26.4%',
    '+5.9',
    '+1.7 to +10.0',
  ]) {
    expect(page).toContain(text);
  }
});

test('what is an estimate is called one, and what is an association is not called a cause', () => {
  for (const [language, estimate, association] of [
    ['en', 'Estimates, not measurements', 'An association, not a cause'],
    ['zh', '以下为估算，不是实测', '这是关联，不是因果'],
  ] as const) {
    const page = seen(periodReport(quarterReport, language));
    expect(page).toContain(estimate);
    expect(page).toContain(association);
  }
});

test('overlapping intervals of the first two themes are said to leave their order open', () => {
  const [first, second] = quarterReport.themes;
  const close = { ...quarterReport, themes: [first!, { ...second!, mention: { ...first!.mention, hits: 405 } }] };
  expect(seen(periodReport(quarterReport, 'en'))).not.toContain('may be chance');
  expect(seen(periodReport(close, 'en'))).toContain('which of them leads may be chance');
});

test('an empty period says of every section in one line that it has nothing', () => {
  const nothing: PeriodReportData = {
    ...quarterReport,
    comments: 0,
    commentsBefore: 0,
    withTheme: undefined,
    themes: [],
    details: [],
    associations: { rows: [], customers: 0, left: 0 },
    hypotheses: [],
    initiatives: [],
    proofs: [],
    effects: { rows: [], missing: ['voc', 'operations', 'business'] },
    estimates: [],
    quotes: [],
  };
  const page = periodReport(nothing, 'zh');
  expect(page.match(/<p class="none">/g)).toHaveLength(10);
  expect(page).not.toContain('<svg');
  expect(seen(page)).toContain('本期没有计入任何评论。');
});
