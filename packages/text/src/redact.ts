/**
 * Masks what identifies a person: `[email]`, `[id]` (identity card, WeChat, QQ), `[card]` (bank cards, checked by Luhn)
 * and `[phone]`. Names and addresses stay.
 */
export function redact(text: string): string {
  return mask(text, (kind) => `[${kind}]`);
}

/** Where `redact` finds something: start and end in UTF-16 units of the text, in order, never touching. */
export function personalSpans(text: string): { start: number; end: number }[] {
  const before = halfWidthDigits(text);
  const after = mask(text, (_kind, found) => '\ue000'.repeat(found.length));
  const spans: { start: number; end: number }[] = [];
  for (let at = 0; at < before.length; at++) {
    if (before[at] === after[at]) continue;
    const last = spans.at(-1);
    if (last?.end === at) last.end = at + 1;
    else spans.push({ start: at, end: at + 1 });
  }
  return spans;
}

function mask(text: string, put: (kind: string, found: string) => string): string {
  return halfWidthDigits(text)
    .replace(EMAIL, (found) => put('email', found))
    .replace(IDENTITY_CARD, (found) => put('id', found))
    .replace(PHONE, (found) => put('phone', found))
    .replace(CARD, (digits) => (passesLuhn(digits) ? put('card', digits) : digits))
    .replace(HANDLE, (found, name: string) => name + put('id', found.slice(name.length)));
}

function halfWidthDigits(text: string): string {
  return text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}

const EMAIL = /[\w.+-]+[@＠][\w-]+(?:\.[\w-]+)+/g;

const IDENTITY_CARD = /(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?!\d)/gi;

const CARD = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g;

const PHONE = new RegExp(
  `(?<!\\d)(?:${[
    '(?:\\+?86[- ]?)?1[3-9]\\d[- ]?\\d{4}[- ]?\\d{4}', // Chinese mobile
    '(?:\\(0\\d{2,3}\\)|（0\\d{2,3}）|0\\d{2,3})[- ]?\\d{7,8}(?:-\\d{1,5})?', // Chinese landline
    '[48]00[- ]?\\d{3}[- ]?\\d{4}', // Chinese service line
    '\\+\\d(?:[ ().-]{0,2}\\d){6,14}', // international
    '(?:\\(\\d{3}\\) ?|\\d{3}[-. ])\\d{3}[-. ]\\d{4}', // North American
  ].join('|')})(?!\\d)`,
  'g',
);

const HANDLE =
  /((?:微信|wechat|weixin|薇信|威信|v信|(?<![a-z])[vw]x|qq)(?:号码?| ?id)?(?: ?(?:is|是|为|[:：]) ?| )?)(?:[a-z](?=[\w-]*[\d_])[\w-]{5,19}|\d{5,11})(?![\w@])/gi;

function passesLuhn(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
