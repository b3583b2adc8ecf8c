import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import type { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import { csvRows } from '@heard/imports/csv';

export interface LabelledComments {
  values: CustomerValue[];
  responses: Response[];
}

/** As it is sent; what is not here has a default. */
type Response = Pick<SurveyResponse, 'source' | 'externalId' | 'customerId' | 'score' | 'comment' | 'occurredAt'>;

const sets = {
  waimai: { file: 'zh_waimai_sentiment.csv.gz', zones: ['Asia/Shanghai'] },
  uci: { file: 'en_uci_sentiment.csv.gz', zones: ['America/New_York', 'Europe/London', 'Australia/Sydney'] },
  'auto-topics': { file: 'zh_auto_topics.csv.gz', zones: ['Asia/Shanghai'] },
};

type SetName = keyof typeof sets;
type Sentiment = 'negative' | 'neutral' | 'positive';

/**
 * 25,479 public, labelled comments as responses, with the customer values that go with them; the same at every call.
 * null where the folder does not hold them.
 *
 * The comments are real, the rest is drawn. `digit(n)` is a number made of the SHA-256 of a name:
 * - row = "<set>:<row id>". source = set, externalId = row id, comment = text, kind and channel as their defaults say;
 * - sentiment = the label; in auto-topics negative if any polarity is -1, else positive if any is 1, else neutral;
 * - NPS: negative 0–6, neutral 7–8, positive 7–10, evenly, from the row's first digit;
 * - customer: every eighth row (second digit) belongs to one of 800 regulars "regular-<n>" (third digit), who thereby come back
 *   about four times; the others each to a customer of its own, "<set>-<row id>";
 * - occurredAt: 100 seconds apart in the order of the sets and rows, from 2026-10-01T00:00:00Z on;
 * - customers, from the digits of their id: one in ten is unknown to the CRM and has no value; one in five of all is
 *   valueClass high (10,000–100,000 CNY, one of csm-1 … csm-6), the rest ordinary (100–9,000 CNY); time zone of the set
 *   of their first comment. Values are dated the day before the first comment.
 */
export async function labelledComments(folder: string): Promise<LabelledComments | null> {
  const values = new Map<string, CustomerValue | null>();
  const responses: Response[] = [];
  for (const set of Object.keys(sets) as SetName[]) {
    const rows = await rowsOf(join(folder, sets[set].file));
    if (!rows) return null;
    for (const row of rows) {
      const response = responseFrom(set, row, responses.length);
      responses.push(response);
      const { customerId } = response;
      if (!values.has(customerId)) values.set(customerId, customerValue(customerId, sets[set].zones));
    }
  }
  return { values: [...values.values()].filter((value) => value !== null), responses };
}

async function rowsOf(file: string): Promise<Record<string, string>[] | null> {
  const zipped = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!zipped) return null;
  const all: string[][] = [];
  for await (const rows of csvRows(Readable.from([gunzipSync(zipped)]))) {
    for (const row of rows) {
      if (row.problem) throw new Error(`${file}:${row.line} ${row.problem.message}`);
      all.push(row.cells);
    }
  }
  const [header, ...rest] = all;
  return rest.map((cells) => Object.fromEntries(cells.map((cell, at) => [header![at]!, cell])));
}

function responseFrom(set: SetName, row: Record<string, string>, at: number): Response {
  const digit = digits(`${set}:${row.id}`);
  const comment = row.text!.trim();
  return {
    source: set,
    externalId: row.id!,
    customerId: digit(1) % 8 === 0 ? `regular-${digit(2) % 800}` : `${set}-${row.id}`,
    score: { scale: 'nps', value: score(sentimentOf(row), digit(0)) },
    ...(comment === '' ? {} : { comment }),
    occurredAt: new Date(Date.UTC(2026, 9, 1) + at * 100_000).toISOString(),
  };
}

function sentimentOf({ sentiment, polarities = '' }: Record<string, string>): Sentiment {
  if (sentiment) return sentiment as Sentiment;
  if (/:-1\b/.test(polarities)) return 'negative';
  return /:1\b/.test(polarities) ? 'positive' : 'neutral';
}

function score(sentiment: Sentiment, digit: number): number {
  if (sentiment === 'negative') return digit % 7;
  return 7 + (digit % (sentiment === 'neutral' ? 2 : 4));
}

function customerValue(customerId: string, zones: readonly string[]): CustomerValue | null {
  const digit = digits(customerId);
  if (digit(0) % 10 === 0) return null;
  const high = digit(1) % 5 === 0;
  const yuan = high ? 10_000 + (digit(2) % 90_001) : 100 + (digit(2) % 8_901);
  return {
    source: 'crm',
    customerId,
    lifetimeValue: { amount: yuan * 100, currency: 'CNY' },
    valueClass: high ? 'high' : 'ordinary',
    ...(high ? { csmId: `csm-${1 + (digit(3) % 6)}` } : {}),
    timeZone: zones[digit(4) % zones.length]!,
    occurredAt: '2026-09-30T00:00:00Z',
  };
}

/** Up to eight 32-bit numbers that depend on nothing but the name. */
function digits(name: string): (at: number) => number {
  const hash = createHash('sha256').update(name).digest();
  return (at) => hash.readUInt32BE(at * 4);
}
