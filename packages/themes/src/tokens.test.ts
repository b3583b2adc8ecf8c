import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isNaming, termsOf } from './tokens.ts';

test('Chinese: words that carry meaning, and marked pairs of characters', () => {
  expect(termsOf('油耗太高')).toEqual(expect.arrayContaining(['油耗', '#油耗', '#耗太', '#太高']));
});

test('English: stems and pairs of neighbouring stems', () => {
  expect(termsOf('My card was charged twice')).toEqual([
    'card',
    'my card',
    'card wa',
    'charg',
    'wa charg',
    'twice',
    'charg twice',
  ]);
});

test.each([
  ['這輛車油耗太高', '这辆车油耗太高'],
  ['ＲＥＦＵＮＤ', 'refund'],
  ['refunds refunded', 'refund refunding'],
])('%s is made of the same terms as %s', (one, other) => {
  expect(termsOf(one)[0]).toEqual(termsOf(other)[0]);
});

test('mentions and links say nothing, denials do', () => {
  expect(termsOf('@小明 https://example.com/refund 退款')).toEqual(termsOf('退款'));
  expect(termsOf('@客服你们不退款').length).toBeGreaterThan(0);
  expect(termsOf('not working')).toContain('not');
  expect(termsOf('没有退款')).toContain('没有');
});

test('names are made of words', () => {
  expect(['#油耗', '2', 'my card', 'a'].filter(isNaming)).toEqual([]);
  expect(['油耗', 'card', 'fuel consumpt'].filter(isNaming)).toHaveLength(3);
});

test('what people say whatever they speak of names nothing by itself', () => {
  const said = termsOf('They keep making me get up, I want to use the thing they said. 我觉得可以');
  expect(said.filter((term) => !term.includes(' ')).filter(isNaming)).toEqual([]);
  expect(['make payment', 'not take', 'money back'].flatMap(termsOf).filter((term) => term.includes(' '))).toSatisfy(
    (pairs: string[]) => pairs.every(isNaming),
  );
});

test('no text breaks it, and no term comes twice', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      const terms = termsOf(text);
      expect(new Set(terms).size).toBe(terms.length);
    }),
  );
});
