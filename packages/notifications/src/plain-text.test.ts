import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clean, neutralise, truncate } from './plain-text.ts';

const active = [
  '@all',
  '@所有人',
  '<@zhangsan>',
  '<!channel>',
  '<!here>',
  '<@U012AB3CD>',
  '<https://evil.example|your bank>',
  '<at user_id="all">everybody</at>',
  '&lt;!channel&gt;',
  '[your bank](https://evil.example)',
  '![](https://evil.example/pixel.png)',
  '<a href="https://evil.example">bank</a>',
  '] \u200b(',
  '<\u202e@\u200bU0>',
];
const mention = /@|<|>|&|\]\s*\(/;

test('no neutralised text holds an active mention, link or tag, however the pieces are put together', () => {
  const piece = fc.oneof(fc.constantFrom(...active), fc.string({ unit: 'binary', maxLength: 8 }));
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom('', ' ', '\n', '\u200b', '\u2066'),
      (pieces, glue) => {
        const text = neutralise(pieces.join(glue));
        expect(text).not.toMatch(mention);
        expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(truncate(text, 40)).not.toMatch(mention);
      },
    ),
  );
});

test('people still read what was written', () => {
  expect(neutralise('@all 太慢了！<b>3 & 4</b> [x](y) 👨‍👩‍👧')).toBe('＠all 太慢了！＜b＞3 ＆ 4＜/b＞ [x]（y) 👨‍👩‍👧');
  expect(clean('a\r\nBcc: b@c\u2028d')).toBe('a Bcc: b@c d');
});

test('a cut text is within its bytes, is a beginning of the whole, and splits no character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 3, max: 60 }), (raw, maxBytes) => {
      const text = raw.toWellFormed();
      const cut = truncate(text, maxBytes);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
      expect(cut.isWellFormed()).toBe(true);
      if (cut !== text) {
        expect(cut.endsWith('…')).toBe(true);
        expect(text.startsWith(cut.slice(0, -1))).toBe(true);
        expect(Buffer.byteLength(cut)).toBeGreaterThan(maxBytes - 4);
      }
    }),
  );
});
