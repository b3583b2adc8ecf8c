import { expect, test } from 'vitest';
import { personalSpans, redact } from './redact.ts';

test.each([
  ['打我电话13812345678', '打我电话[phone]'],
  ['手机 +86 138-1234-5678，随时', '手机 [phone]，随时'],
  ['座机010-62345678转302', '座机[phone]转302'],
  ['座机（0571）87654321', '座机[phone]'],
  ['打400-820-8820没人接', '打[phone]没人接'],
  ['１３８１２３４５６７８', '[phone]'],
  ['call +44 20 7946 0958 please', 'call [phone] please'],
  ['call (415) 555-0132', 'call [phone]'],
])('a phone number is masked: %s', (text, masked) => {
  expect(redact(text)).toBe(masked);
});

test.each([
  ['写信到li.lei+vip@example.com.cn吧', '写信到[email]吧'],
  ['身份证11010519491231002X', '身份证[id]'],
  ['卡号6222 0202 0000 0000 001?', '卡号6222 0202 0000 0000 001?'],
  ['card 4111 1111 1111 1111 was charged', 'card [card] was charged'],
  ['加我微信：lilei_2020', '加我微信：[id]'],
  ['wx: lilei2020', 'wx: [id]'],
  ['QQ号12345678', 'QQ号[id]'],
  ['我的微信是13812345678', '我的微信是[phone]'],
])('an identity is masked, unless its check digit is wrong: %s', (text, masked) => {
  expect(redact(text)).toBe(masked);
});

test.each([
  '2026年11月21日 12:30 等了90分钟，退我128.50元',
  '订单202611211234567890还没到',
  '微信支付不了，QQ音乐也卡',
  'I paid 1,299.00 on 2026-11-21 and waited 45 minutes',
  'wechat payment failed 3 times',
])('dates, amounts, order numbers and product names stay: %s', (text) => {
  expect(redact(text)).toBe(text);
});

test.each([
  ['打我电话13812345678，或写信到a.b@example.com吧', ['13812345678', 'a.b@example.com']],
  ['微信号：abc_1234 找我', ['abc_1234']],
  ['１３８１２３４５６７８', ['１３８１２３４５６７８']],
  ['三天没人理我', []],
])('personal data is marked where it stands: %s', (text, found) => {
  expect(personalSpans(text).map(({ start, end }) => text.slice(start, end))).toEqual(found);
});
