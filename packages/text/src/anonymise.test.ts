import { expect, test } from 'vitest';
import { anonymise } from './anonymise.ts';

test.each([
  ['我叫张三，退款三周没到', '我叫[name]，退款三周没到'],
  ['本人王小明的订单一直不退', '本人[name]的订单一直不退'],
  ['联系人：欧阳锋 电话13812345678', '联系人：[name] 电话[phone]'],
  ['客服李婷，态度很差', '客服[name]，态度很差'],
  ['陈小姐说会退，林经理又说不退', '[name]小姐说会退，[name]经理又说不退'],
  ['谢谢师傅，多谢王师傅', '谢谢师傅，多谢[name]师傅'],
  ['My name is Jane Doe and nobody calls', 'My name is [name] and nobody calls'],
  ['Mr. Smith promised a refund. Regards, Tom', 'Mr. [name] promised a refund. Regards, [name]'],
  ['This is John Smith, again', 'This is [name], again'],
])('a name where names stand is masked: %s', (text, masked) => {
  expect(anonymise(text)).toBe(masked);
});

test.each([
  ['订单202611211234567890还没到', '订单[id]还没到'],
  ['单号SF1234567890123', '单号[id]'],
  ['ticket 4711234 is open', 'ticket [id] is open'],
  ['write to jane@example.com', 'write to [email]'],
])('whatever numbers somebody is masked: %s', (text, masked) => {
  expect(anonymise(text)).toBe(masked);
});

test('what is known of the customer is masked wherever it stands', () => {
  const known = { names: ['Wang Fang', '王芳'], ids: ['C-77'] };
  expect(anonymise('王芳 here (c-77), yours WANG FANG', known)).toBe('[name] here ([id]), yours [name]');
  expect(anonymise('王 is a character', { names: ['王'] })).toBe('王 is a character');
});

test.each([
  '退款太慢，等了90分钟，退我128.50元，2026-11-21 12:30',
  '损失了1000000元，￥2500000',
  '高级经理不管，客服高效率不了',
  '我是老客户，本人很失望',
  'This is ridiculous. I am Very angry, thanks for nothing',
])('what is none of it stays: %s', (text) => {
  expect(anonymise(text)).toBe(text);
});
