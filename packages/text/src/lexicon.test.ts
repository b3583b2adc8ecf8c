import { describe, expect, test } from 'vitest';
import { compileLexicon, findHits } from './lexicon.ts';

const lexicon = compileLexicon({
  redLine: {
    fraud: ['欺诈', '诈骗', '骗子', 'fraud', 'scam'],
    safety: ['起火', '安全隐患', '隐患', 'dangerous', 'unsafe'],
    legal: ['sue', 'rip off', '12315'],
  },
  highRisk: {
    refund: { terms: ['退款', 'refund'], negatable: false },
    alarm: { terms: ['报警'], except: ['胎压报警'] },
  },
});
const terms = (text: string) => findHits(lexicon, text).map((hit) => hit.term);
const written = (text: string) => findHits(lexicon, text).map((hit) => text.slice(hit.start, hit.end));

describe('a term is found however it is written', () => {
  test.each([
    ['這是欺詐', '欺詐'],
    ['ＦＲＡＵＤ！', 'ＦＲＡＵＤ'],
    ['Fraud', 'Fraud'],
    ['two frauds', 'frauds'],
    ['欺 诈', '欺 诈'],
    ['欺*诈', '欺*诈'],
    ['欺\u200b诈', '欺\u200b诈'],
    ['安.全.隐.患', '安.全.隐.患'],
    ['a rip-off', 'rip-off'],
    ['a rip  off', 'rip  off'],
    ['I was scammed', 'scammed'],
    ['suing', 'suing'],
    ['打12315投诉', '12315'],
    ['😀起火', '起火'],
  ])('%s', (text, part) => {
    expect(written(text)).toEqual([part]);
  });

  test.each(['issue', 'Tissue', 'suede', 'scamper', '123156', '欺。诈', '欺，诈', '欺****诈', ''])(
    'but not in "%s"',
    (text) => {
      expect(terms(text)).toEqual([]);
    },
  );
});

test('offsets count UTF-16 units of the original text', () => {
  expect(findHits(lexicon, '😀 這是欺詐')).toEqual([
    { list: 'redLine', category: 'fraud', term: '欺诈', start: 5, end: 7 },
  ]);
});

test('the longest term wins within a category, and hits come by start', () => {
  expect(terms('退款！有安全隐患，是骗子')).toEqual(['退款', '安全隐患', '骗子']);
});

test('an exception takes away what lies within it, and nothing else', () => {
  expect(terms('胎压报警不准')).toEqual([]);
  expect(terms('胎压报警不准，我要报警')).toEqual(['报警']);
});

test('a term of two categories is a hit in both', () => {
  const both = compileLexicon({ one: { a: ['退款'] }, two: { b: ['退款'] } });
  expect(findHits(both, '退款').map((hit) => hit.category)).toEqual(['a', 'b']);
});

test('an empty term is refused', () => {
  expect(() => compileLexicon({ redLine: { fraud: [' '] } })).toThrow('an empty term in redLine.fraud');
});

describe('a denied term is no hit', () => {
  test.each([
    '没有欺诈',
    '沒有欺詐',
    '没有任何欺诈',
    '不是骗子',
    '并非诈骗',
    '从没发生过诈骗',
    '不会起火',
    '不可能起火',
    '无安全隐患',
    '未发现安全隐患',
    '不存在诈骗的情况',
    '不是scam',
    '我不认为这是欺诈',
    '还没有发现安全隐患',
    'not a single scam',
    'not a scam',
    'no fraud',
    "isn't dangerous",
    'never unsafe',
    'it isn’t a scam',
    'without any fraud',
    "I don't think this is a scam",
    'no evidence of fraud',
    'nothing dangerous',
    'I will never sue',
  ])('%s', (text) => {
    expect(terms(text)).toEqual([]);
  });
});

test('a denial reaches over "and" and "or" to the next term', () => {
  expect(terms('没有起火、诈骗和欺诈')).toEqual([]);
  expect(terms('no fraud or scam')).toEqual([]);
  expect(terms('没有起火，诈骗')).toEqual(['诈骗']);
});

test('a text of nothing but hits takes time in proportion to its length', () => {
  expect(terms('欺诈'.repeat(20_000))).toHaveLength(20_000);
});

describe('a term stands when nothing really denies it', () => {
  test.each([
    [
      'the denial is denied',
      ['不是没有欺诈', '并非没有欺诈', '不能说没有欺诈', 'not without fraud', "I can't say it isn't fraud"],
    ],
    [
      'a clause border lies between',
      [
        '不好，欺诈',
        '不，欺诈',
        '不是我说，你们就是欺诈',
        '服务不好 欺诈',
        'No, this is fraud',
        'It did not work. Fraud!',
      ],
    ],
    [
      'other words lie between',
      [
        '不是我说你们就是欺诈',
        '不是一般的骗子',
        '不知道是骗子',
        '无耻骗子',
        'not only fraud',
        'no doubt this is fraud',
        'never seen such fraud',
      ],
    ],
    [
      'it is a question',
      [
        '这不是欺诈吗',
        '是不是骗子',
        '有没有欺诈',
        '会不会起火',
        '难道不是骗子',
        '不是骗子是什么',
        "Isn't this a scam?",
        'why not sue them',
      ],
    ],
    ['it is put off or held back', ['还没起火', '不想让你们欺诈', "don't want to sue", 'I have not sued yet']],
    ['it is emphasis', ['从没有过诈骗这么明目张胆', 'never a scam like this', '差点没起火']],
  ])('because %s', (_why, texts) => {
    for (const text of texts) expect(terms(text), text).toHaveLength(1);
  });

  test.each(['没有退款', '不给退款', '不退款也行?', 'no refund', "won't refund", '不退款'])(
    'because the category is not negatable: %s',
    (text) => {
      expect(terms(text)).toHaveLength(1);
    },
  );
});
