/**
 * Masks postal addresses as `[address]` where they say a number: a road, village or estate with its number in Chinese (…路…号,
 * …小区…栋…单元), a number with its street in English, a British postcode. A city or a district alone stays. What leads there
 * ("送到") stays too, as far as it is known; of other words before a Chinese road up to six may go with it.
 */
export function withoutAddresses(text: string): string {
  let masked = text;
  for (const pattern of CHINESE) {
    masked = masked.replace(pattern, (found) => `${LEADING.exec(found)?.[0] ?? ''}[address]`);
  }
  for (const pattern of ENGLISH) masked = masked.replace(pattern, '[address]');
  return masked;
}

const HAN = '\\p{Script=Han}';
const NUMBER = '(?:[A-Za-z]?\\d{1,5}(?:-\\d{1,4})?|[一二三四五六七八九十百零]{1,5})';
/** Each ends at the first such character, or a text of many would be taken apart in every way there is. */
const REGION = `(?:(?:(?![省市区县镇乡])${HAN}){1,7}[省市区县镇乡] ?){0,5}`;
/** Within a building or an estate; a room may stand without a word for it. */
const INSIDE = `(?:[ ,，]?${NUMBER}(?:号楼|号院|栋|幢|座|单元|层|楼|室|户|支弄|弄|号)){0,5}(?:-?\\d{3,4}(?:室|房)?(?![\\d年月日元块.]))?`;

const CHINESE = [
  `${REGION}${HAN}{1,6}?(?:路|街|大道|巷|弄|胡同|村|屯) ?${NUMBER}(?:号院?(?!线|门店|客服)|弄|组)${INSIDE}`,
  `${REGION}${HAN}{2,8}?(?:小区|花园|家园|公寓|新村|大厦|社区|公馆|苑|府|城|庭|湾|里) ?${NUMBER}(?:号楼|号院|栋|幢|座|单元)${INSIDE}`,
  `(?<![\\dA-Za-z])${NUMBER}(?:号楼|栋|幢|座) ?${NUMBER}(?:单元|室)${INSIDE}`,
].map((pattern) => new RegExp(pattern, 'gu'));

/** What of a find leads to the address. */
const LEADING = /^.*(?:住在|住|位于|在|送到|寄到|发到|到|送|寄|往|地址[是为]?|家[是在])/u;

const NAME = "(?:(?:\\p{Lu}[\\p{L}'’.]*|\\d{1,3}(?:st|nd|rd|th))[ -]){1,3}";
const KIND =
  '(?:Street|St|Road|Rd|Avenue|Ave|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|Crescent|Highway|Hwy|Parkway|Pkwy)\\b\\.?';
const ROOM = '(?:Flat|Apt|Apartment|Unit|Suite|Ste|Room)\\.? ?#?\\w{1,5}';
const TOWN = '(?:,? \\p{Lu}\\p{Ll}+(?: \\p{Lu}\\p{Ll}+)?)?(?:,? \\p{Lu}{2})?,? \\d{5}(?:-\\d{4})?(?!\\d)';
const POSTCODE = '\\b\\p{Lu}{1,2}\\d[\\p{Lu}\\d]? \\d\\p{Lu}{2}\\b';

const ENGLISH = [
  `(?:${ROOM},? )?(?<![\\d.,])\\b\\d{1,5}[A-Za-z]?,? (?:${NAME}${KIND}|\\p{Ll}{3,} (?:street|road|avenue)\\b)(?:,? ${ROOM})?(?:${TOWN})?`,
  POSTCODE,
  '\\bP\\.? ?O\\.? Box \\d{1,6}',
].map((pattern) => new RegExp(pattern, 'gu'));
