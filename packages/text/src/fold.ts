import { Converter } from 'opencc-js/t2cn';

/**
 * One folded UTF-16 unit for each UTF-16 unit, so that offsets in folded text are offsets in the original: lower case,
 * half width, simplified Chinese, straight apostrophes, and every kind of space or hyphen as a space.
 */
export const foldedUnit = new Uint16Array(0x10000);

for (let unit = 0; unit < foldedUnit.length; unit++) {
  const halfWidth = unit >= 0xff01 && unit <= 0xff5e ? unit - 0xfee0 : unit;
  const lower = String.fromCharCode(halfWidth).toLowerCase();
  foldedUnit[unit] = lower.length === 1 ? lower.charCodeAt(0) : halfWidth;
}
for (const char of '\t\r\u00a0\u3000-－‐‑–—') foldedUnit[char.charCodeAt(0)] = 0x20;
for (const char of '‘’＇') foldedUnit[char.charCodeAt(0)] = 0x27;

const han = Array.from({ length: 0xa000 - 0x3400 }, (_, index) => String.fromCharCode(0x3400 + index));
const simplified = Converter({ from: 't', to: 'cn' })(han.join('\n')).split('\n');
han.forEach((char, index) => {
  const to = simplified[index]!;
  if (to.length === 1) foldedUnit[char.charCodeAt(0)] = to.charCodeAt(0);
});

export function fold(text: string): string {
  let folded = '';
  for (let index = 0; index < text.length; index++) folded += String.fromCharCode(foldedUnit[text.charCodeAt(index)]!);
  return folded;
}
