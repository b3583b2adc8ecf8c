import { expect, test } from 'vitest';
import { readRecords } from './records.ts';

const lines = {
  csv: (i: number) => `shop,r-${i},c-${i},nps,${i % 11},"the box was broken, again",2026-10-01T10:00:00Z\n`,
  jsonl: (i: number) =>
    `{"source":"shop","externalId":"r-${i}","customerId":"c-${i}","score":{"scale":"nps","value":${i % 11}}}\n`,
};

/** One block of 500 lines over and over, so that what is measured is the reader and not the making of its input. */
async function* file(format: 'csv' | 'jsonl', count: number): AsyncGenerator<Uint8Array> {
  const block = Buffer.from(Array.from({ length: 500 }, (_, i) => lines[format](i)).join(''));
  if (format === 'csv') yield Buffer.from('source,externalId,customerId,scale,score,comment,occurredAt\n');
  for (let sent = 0; sent < count; sent += 500) yield block;
}

async function count(format: 'csv' | 'jsonl', lines: number, look: () => void): Promise<number> {
  let n = 0;
  for await (const { value } of readRecords(file(format, lines), { format, kind: 'responses' })) {
    if (value) n++;
    if (n % 10_000 === 0) look();
  }
  return n;
}

test.each(['csv', 'jsonl'] as const)(
  'memory does not grow with a %s file of a million lines',
  async (format) => {
    await count(format, 50_000, () => undefined);
    const before = process.memoryUsage.rss();
    let most = before;
    const n = await count(format, 1_000_000, () => {
      most = Math.max(most, process.memoryUsage.rss());
    });
    expect(n).toBe(1_000_000);
    expect((most - before) / 1_048_576).toBeLessThan(60);
  },
  60_000,
);
