import { CustomerValue, SurveyResponse } from '@heard/events/inbound';
import { parse as csvParse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ReadOptions, type RecordOrProblem, readRecords, UnknownColumn } from './records.ts';

type Bytes = string | Uint8Array;

async function* chunks(parts: readonly Bytes[], size: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

function read(content: Bytes | Bytes[], options: Partial<ReadOptions> = {}, chunk = 7): Promise<RecordOrProblem[]> {
  const parts = Array.isArray(content) ? content : [content];
  return all(readRecords(chunks(parts, chunk), { format: 'csv', kind: 'responses', ...options }));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const short = (records: RecordOrProblem[]) =>
  records.map(({ line, value, problem }) => (problem ? `${line} ${problem.field} ${problem.message}` : [line, value]));

describe('a CSV file of responses', () => {
  test('becomes bodies that pass the HTTP schema, with the lines they start in', async () => {
    const records = await read(
      [
        'source,externalId,revision,customerId,kind,channel,scale,score,comment,occurredAt,followUp,backfill,product,attributes.store,campaign,reasons',
        'shop,r-1,2,c-1,review,app,nps,3,"slow, and ""rude""",2026-10-01T09:00:00+08:00,refused,TRUE,kettle,North,exit-q3,too dear | moved away|',
        '',
        'shop,r-2,,c-2,,,nps,,"two',
        'lines",2026-10-01T09:00:00Z,,,,,,',
        'shop,r-3,,c-3,,,,,,2026-10-01T09:00:00Z,,,,,,',
      ].join('\r\n'),
    );
    expect(records.map(({ line }) => line)).toEqual([2, 4, 6]);
    expect(records[0]!.value).toEqual({
      source: 'shop',
      externalId: 'r-1',
      revision: 2,
      customerId: 'c-1',
      kind: 'review',
      channel: 'app',
      score: { scale: 'nps', value: 3 },
      comment: 'slow, and "rude"',
      occurredAt: '2026-10-01T09:00:00+08:00',
      followUp: 'refused',
      backfill: true,
      product: 'kettle',
      attributes: { store: 'North' },
      campaign: 'exit-q3',
      reasons: ['too dear', 'moved away'],
    });
    expect(records[1]!.value).toEqual({
      source: 'shop',
      externalId: 'r-2',
      customerId: 'c-2',
      comment: 'two\nlines',
      occurredAt: '2026-10-01T09:00:00Z',
    });
    for (const { value } of records) SurveyResponse.parse(value);
  });

  test.each([
    ['score', '7.5', 'must be a whole number'],
    ['score', 'abc', 'must be a whole number'],
    ['score', '1e1', 'must be a whole number'],
    ['revision', '0x1', 'must be a whole number'],
    ['backfill', 'yes', 'must be true or false'],
  ])('%s = %s is a problem that names the field', async (field, cell, message) => {
    const records = await read(`externalId,scale,${field}\nr-1,nps,${cell}\nr-2,nps,\n`);
    expect(short(records)).toEqual([`2 ${field} ${message}`, [3, { externalId: 'r-2' }]]);
  });

  test('a score needs its scale, which a default may give', async () => {
    expect(short(await read('externalId,score\nr,7\n'))).toEqual(['2 scale is needed beside score']);
    const [record] = await read('externalId,score\nr,7\n', { defaults: { scale: 'nps', source: 'shop' } });
    expect(record!.value).toEqual({ source: 'shop', externalId: 'r', score: { scale: 'nps', value: 7 } });
  });

  test.each(['=1+1', '+86 10', '-see above', '@SUM(A1)'])('a formula is plain text: %s', async (comment) => {
    expect((await read(`comment\n${comment}\n`))[0]!.value).toEqual({ comment });
  });

  test('a column nobody knows stops the reading at once, by name', async () => {
    let pulled = 0;
    async function* endless() {
      yield Buffer.from('source,externalId,mood\n');
      for (;;) yield Buffer.from(`shop,r-${pulled++},glad\n`.repeat(4000));
    }
    const reading = all(readRecords(endless(), { format: 'csv', kind: 'responses' }));
    await expect(reading).rejects.toThrow(UnknownColumn);
    await expect(reading).rejects.toThrow('unknown column "mood": map it to a field of responses (source, externalId,');
    expect(pulled).toBeLessThan(3);
  });

  test('columns can be mapped to fields, to attributes and to nothing', async () => {
    const map = { 客户: 'customerId', mood: 'attributes.mood', junk: '' };
    expect((await read('客户,mood,junk\nc-1,glad,x\n', { map }))[0]!.value).toEqual({
      customerId: 'c-1',
      attributes: { mood: 'glad' },
    });
    await expect(read('mood\nglad\n', { map: { mood: 'humour' } })).rejects.toThrow('there is no field "humour"');
    await expect(read('id,externalId\n1,2\n', { map: { id: 'externalId' } })).rejects.toThrow(
      'two columns are "externalId"',
    );
  });

  test('ragged lines are problems; lines of empty cells are blank; unnamed columns must stay empty', async () => {
    const records = await read('source,externalId,\nshop,r-1,\nshop\nshop,r-2,,\n,,\nshop,r-3,x\nshop,r-4,\n');
    expect(short(records)).toEqual([
      [2, { source: 'shop', externalId: 'r-1' }],
      '3 line has 1 cells where the header has 3',
      '4 line has 4 cells where the header has 3',
      '6 line column 3 has no name',
      [7, { source: 'shop', externalId: 'r-4' }],
    ]);
  });

  test('an empty file, and one of a header alone, hold nothing', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('source,externalId')).toEqual([]);
  });
});

describe('a lost quote costs its own line only', () => {
  const good = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => `shop,r-${from + i},"fine, thanks",2026-10-01T09:00:00Z`);
  const header = 'source,externalId,comment,occurredAt';
  const lines = (records: RecordOrProblem[]) => records.filter(({ value }) => value).map(({ line }) => line);
  const problems = (records: RecordOrProblem[]) => short(records.filter(({ problem }) => problem));

  test('when quoted cells follow', async () => {
    const records = await read([header, 'shop,r-1,"lost,2026-10-01T09:00:00Z', ...good(3, 60)].join('\n'));
    expect(problems(records)).toEqual(['2 comment text follows its closing quote, or its quote is never closed']);
    expect(lines(records)).toHaveLength(58);
  });

  test('when nothing closes it', async () => {
    const plain = Array.from({ length: 200 }, (_, i) => `shop,r-${i},fine,2026-10-01T09:00:00Z`);
    const records = await read([header, plain[0], 'shop,x,"lost,2026-10-01T09:00:00Z', ...plain.slice(1)].join('\n'));
    expect(problems(records)).toEqual(['3 comment its quote is never closed']);
    expect(lines(records)).toHaveLength(200);
  });

  test('when a second lost quote would close it', async () => {
    const plain = Array.from({ length: 50 }, (_, i) => `shop,r-${i},fine,2026-10-01T09:00:00Z`);
    const text = [header, 'shop,x,"lost,2026-10-01T09:00:00Z', ...plain, 'shop,y,lost too",2026-10-01T09:00:00Z'];
    const records = await read(text.join('\n'));
    expect(problems(records)).toEqual(['2 comment its quote is never closed']);
    expect(lines(records)).toHaveLength(51);
  });

  test('in a file too large to look through for the end', async () => {
    const plain = Array.from({ length: 20_000 }, (_, i) => `shop,r-${i},fine,2026-10-01T09:00:00Z`);
    const text = [header, 'shop,x,"lost,2026-10-01T09:00:00Z', ...plain, 'shop,y,"lost,2026-10-01T09:00:00Z'];
    const records = await read(text.join('\n'), {}, 65_536);
    expect(problems(records)).toEqual([
      '2 comment is longer than 100,000 characters, or its quote is never closed',
      '20003 comment its quote is never closed',
    ]);
    expect(lines(records)).toHaveLength(20_000);
  });
});

test('an over-long cell and an over-long line are problems, and the rest goes on', async () => {
  const records = await read(
    `externalId,comment\nr-1,${'x'.repeat(100_001)}\nr-2,fine\nr-3,${'x'.repeat(3_000_000)}\nr-4,fine\n`,
    {},
    65_536,
  );
  expect(short(records)).toEqual([
    '2 comment is longer than 100,000 characters',
    [3, { externalId: 'r-2', comment: 'fine' }],
    '4 line is longer than 1 MB',
    [5, { externalId: 'r-4', comment: 'fine' }],
  ]);
});

describe('encodings', () => {
  const gb18030 = Buffer.from([0xba, 0xdc, 0xc2, 0xfd, 0x2c, 0xcd, 0xcb, 0xbf, 0xee]); // 很慢,退款

  test('a byte order mark is dropped', async () => {
    expect((await read('\ufeffsource\nshop\n'))[0]!.value).toEqual({ source: 'shop' });
  });

  test('GB18030 is found out', async () => {
    const records = await read(['comment,product\n', gb18030, '\n', gb18030, '\n', gb18030, '\n']);
    expect(records.map(({ value }) => value)).toEqual(Array(3).fill({ comment: '很慢', product: '退款' }));
  });

  test('one broken line does not make a UTF-8 file GB18030, and costs itself only', async () => {
    const records = await read(['comment,product\n很慢,退款\n', gb18030, '\n太贵,退款\n"一\n', gb18030, '"\n好,好\n']);
    expect(short(records)).toEqual([
      [2, { comment: '很慢', product: '退款' }],
      '3 line is not UTF-8',
      [4, { comment: '太贵', product: '退款' }],
      '5 line is not UTF-8',
      [7, { comment: '好', product: '好' }],
    ]);
  });

  test('UTF-16 is refused in one sentence', async () => {
    await expect(read(Buffer.from('\ufeffsource\nshop\n', 'utf16le'))).rejects.toThrow(
      'the file is UTF-16; save it as UTF-8',
    );
  });
});

describe('a CSV file of customer values', () => {
  const values = (text: string) => read(text, { kind: 'customer-values' });

  test('becomes bodies that pass the HTTP schema', async () => {
    const [record] = await values(
      'source,customerId,version,lifetimeValue,currency,valueClass,tier,csmId,name,honorific,phone,email,timeZone,occurredAt\n' +
        'crm,c-1,3,1234.50,CNY,high,gold,csm-1,A,B,+1 555 0100,a@example.com,Asia/Shanghai,2026-10-01T00:00:00Z\n',
    );
    expect(CustomerValue.parse(record!.value)).toMatchObject({
      version: 3,
      lifetimeValue: { amount: 123450, currency: 'CNY' },
      phone: '+1 555 0100',
    });
  });

  test.each([
    ['1234.5', 'CNY', 123450],
    ['0.07', 'USD', 7],
    ['1234', 'JPY', 1234],
    ['1.234', 'KWD', 1234],
    ['-20', 'EUR', -2000],
  ])('%s %s is %i in minor units', async (lifetimeValue, currency, amount) => {
    const [record] = await values(`lifetimeValue,currency\n${lifetimeValue},${currency}\n`);
    expect(record!.value).toEqual({ lifetimeValue: { amount, currency } });
  });

  test.each([
    ['"1,234.50",CNY', 'lifetimeValue must be a number such as 1234.50'],
    ['1.005,CNY', 'lifetimeValue must be a number such as 1234.50'],
    ['many,CNY', 'lifetimeValue must be a number such as 1234.50'],
    ['12,', 'currency is needed beside lifetimeValue'],
    ['12,yuan', 'currency must be an ISO 4217 code such as CNY'],
  ])('%s is a problem', async (cells, problem) => {
    expect(short(await values(`lifetimeValue,currency\n${cells}\n`))).toEqual([`2 ${problem}`]);
  });
});

describe('kind auto', () => {
  test('a CSV file is what its columns say', async () => {
    expect((await read('source,customerId,tier\na,b,c\n', { kind: 'auto' }))[0]).toMatchObject({
      kind: 'customer-values',
    });
    expect((await read('source,customerId,score,scale\na,b,1,nps\n', { kind: 'auto' }))[0]).toMatchObject({
      kind: 'responses',
    });
    await expect(read('source,customerId,tier,score\na,b,c,1\n', { kind: 'auto' })).rejects.toThrow(UnknownColumn);
  });

  test('a JSON line is what its type says, and a bare one what its fields say', async () => {
    const text = [
      { type: 'survey-response.submitted', data: { externalId: 'r-1' } },
      { specversion: '1.0', type: 'customer-value.published', data: { customerId: 'c-1' } },
      { externalId: 'r-2' },
      { customerId: 'c-2' },
    ];
    const records = await read(text.map((one) => JSON.stringify(one)).join('\n'), { format: 'jsonl', kind: 'auto' });
    expect(records.map((record) => 'kind' in record && record.kind)).toEqual([
      'responses',
      'customer-values',
      'responses',
      'customer-values',
    ]);
  });
});

describe('JSON lines', () => {
  const jsonl = (text: Bytes | Bytes[], options: Partial<ReadOptions> = {}) =>
    read(text, { format: 'jsonl', ...options });

  test('are taken as they are; blank lines are nothing', async () => {
    expect(
      short(await jsonl('\ufeff{"externalId":"r-1","score":{"scale":"nps","value":7.5}}\r\n\n{"extra":1}')),
    ).toEqual([
      [1, { externalId: 'r-1', score: { scale: 'nps', value: 7.5 } }],
      [3, { extra: 1 }],
    ]);
  });

  test('a bad line is a problem with its number that does not repeat the text', async () => {
    const bad = [
      '{"a":1',
      '[]',
      '"text"',
      'null',
      '{"type":"other","data":{}}',
      '{"type":"survey-response.submitted"}',
    ];
    const wrongKind = '{"type":"customer-value.published","data":{}}';
    const records = await jsonl([[...bad, wrongKind].join('\n'), '\n{"b":"', Buffer.from([0xff]), '"}\n{"c":1}']);
    expect(short(records)).toEqual([
      '1 line is not valid JSON',
      '2 line is not a JSON object',
      '3 line is not a JSON object',
      '4 line is not a JSON object',
      '5 type must be survey-response.submitted or customer-value.published',
      '6 data is not a JSON object',
      '7 type does not belong among responses',
      '8 line is not UTF-8',
      [9, { c: 1 }],
    ]);
  });

  test('a line over 1 MB is a problem', async () => {
    const records = await read(`{"a":"${'x'.repeat(2_000_000)}"}\n{"b":1}`, { format: 'jsonl' }, 65_536);
    expect(short(records)).toEqual(['1 line is longer than 1 MB', [2, { b: 1 }]]);
  });

  test('keys can be mapped, and defaults fill what is absent', async () => {
    const options = { map: { id: 'externalId' }, defaults: { source: 'shop', backfill: 'true' } };
    expect((await jsonl('{"id":"r-1","source":"own"}', options))[0]!.value).toEqual({
      externalId: 'r-1',
      source: 'own',
      backfill: true,
    });
    await expect(jsonl('{}', { defaults: { backfill: 'maybe' } })).rejects.toThrow(
      'the default of backfill must be true or false',
    );
  });
});

test('well-formed CSV reads as csv-parse reads it, however it is cut into chunks', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '退', '=', '7', '😀'), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cell, { minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 20 }),
      async (rows, chunk) => {
        const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        const csv = `source,externalId,customerId,kind,channel,comment,product,attributes.a\n${rows.map((row) => row.map(quoted).join(',')).join('\n')}\n`;
        const expected = (csvParse(csv, { columns: true, trim: false }) as Record<string, string>[])
          .map((row) => Object.entries(row).map(([field, text]) => [field, text.trim()]))
          .map((row) => Object.fromEntries(row.filter(([, text]) => text !== '')))
          .filter((row) => Object.keys(row).length > 0);
        const flat = (value: unknown) => {
          const { attributes, ...rest } = value as { attributes?: { a: string } };
          return attributes ? { ...rest, 'attributes.a': attributes.a } : rest;
        };
        expect((await read(csv, {}, chunk)).map(({ value }) => flat(value))).toEqual(expected);
      },
    ),
    { seed: 20261001, numRuns: 400 },
  );
});
