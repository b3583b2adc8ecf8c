import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sentiment } from './sentiment.ts';

describe('a sentence has the label a reader would give', () => {
  test.each([
    ['服务很好，客服耐心又专业', 'positive'],
    ['速度快，下次还会来', 'positive'],
    ['東西很好吃，謝謝', 'positive'],
    ['太差了，等了两个小时', 'negative'],
    ['一点也不好吃', 'negative'],
    ['系统老是崩溃，客服也没人理', 'negative'],
    ['服務太差，再也不來了', 'negative'],
    ['我昨天下了一单', 'neutral'],
    ['', 'neutral'],
    ['12345', 'neutral'],
    ['Great product, I love it', 'positive'],
    ['The support was terrible and rude', 'negative'],
    ['Not good at all', 'negative'],
    ['I placed an order on Monday', 'neutral'],
    ['😀👍', 'positive'],
    ['APP 很好用，love it', 'positive'],
    ['客服态度差，terrible', 'negative'],
  ] as const)('%s: %s', (text, label) => {
    expect(sentiment(text).label).toBe(label);
  });
});

test('a negation turns a word round, and a degree strengthens or weakens it', () => {
  const score = (text: string) => sentiment(text).score;
  expect(score('不好吃')).toBeLessThan(0);
  expect(score('不贵')).toBeGreaterThan(0);
  expect(score('非常慢')).toBeLessThan(score('慢'));
  expect(score('有点慢')).toBeGreaterThan(score('慢'));
});

test('what follows "but" weighs more than what precedes it', () => {
  expect(sentiment('好吃，但是慢').score).toBeLessThan(0);
  expect(sentiment('慢，但是好吃').score).toBeGreaterThan(0);
});

test('however long the text, the score stays within -1 and 1', () => {
  expect(sentiment('太差了'.repeat(1000)).score).toBeGreaterThanOrEqual(-1);
  expect(sentiment('太好了'.repeat(1000)).score).toBeLessThanOrEqual(1);
});

const data = new URL('../../../../shared/data/', import.meta.url);
const absent = !existsSync(data);

describe('public labelled comments, found outside the repository (skipped where ../shared/data is absent)', () => {
  test.skipIf(absent)('Chinese delivery reviews: macro-F1 is at least .79', async ({ annotate }) => {
    const measured = measure('zh_waimai_sentiment.csv.gz');
    await annotate(JSON.stringify(measured));
    expect(measured.macroF1).toBeGreaterThanOrEqual(0.79);
  });

  test.skipIf(absent)('English reviews of three sites: macro-F1 is at least .81', async ({ annotate }) => {
    const measured = measure('en_uci_sentiment.csv.gz');
    await annotate(JSON.stringify(measured));
    expect(measured.macroF1).toBeGreaterThanOrEqual(0.81);
  });
});

/** The sets know two labels only, so a score of 0 counts as negative. */
function measure(file: string) {
  const [header, ...rows] = parseCsv(gunzipSync(readFileSync(new URL(file, data))).toString());
  const text = header!.indexOf('text');
  const label = header!.indexOf('sentiment');
  const count = { positive: { positive: 0, negative: 0 }, negative: { positive: 0, negative: 0 } };
  for (const row of rows)
    count[row[label] as 'positive' | 'negative'][sentiment(row[text]!).score > 0 ? 'positive' : 'negative']++;
  const wrong = count.positive.negative + count.negative.positive;
  const f1 = (right: number) => (2 * right) / (2 * right + wrong);
  return {
    rows: rows.length,
    accuracy: 1 - wrong / rows.length,
    macroF1: (f1(count.positive.positive) + f1(count.negative.negative)) / 2,
  };
}

function parseCsv(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const { 0: cell, 1: quoted, 2: plain, 3: end } of csv.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    if (cell === '') break;
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end !== ',') rows.push([]);
  }
  return rows.filter((row) => row.length > 1);
}
