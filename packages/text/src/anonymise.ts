import { withoutAddresses } from './addresses.ts';
import { redact } from './redact.ts';

/**
 * For what leaves the company's own screens: `redact`, and besides `[name]` for what stands where names stand (after
 * "我叫" or "my name is", before 先生, after Mr), `[address]` for postal addresses with a number, `[id]` for numbers of six digits and more, whatever they number, and
 * both for what is known of the customer. Rather too much than too little: a word may go that was no name. A name in
 * the middle of a sentence that nothing announces and nobody knows stays.
 */
export function anonymise(text: string, known: { names?: readonly string[]; ids?: readonly string[] } = {}): string {
  let masked = withoutAddresses(redact(text));
  for (const id of known.ids ?? []) masked = withoutWord(masked, id, '[id]');
  for (const name of known.names ?? []) masked = withoutWord(masked, name, '[name]');
  for (const pattern of NAMES) masked = masked.replace(pattern, '[name]');
  return masked.replace(NUMBER, '[id]');
}

/** A single character names nobody. */
function withoutWord(text: string, word: string, mask: string): string {
  const wanted = word.trim();
  if ([...wanted].length < 2) return text;
  return text.replace(new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'giu'), mask);
}

const SURNAME =
  '(?:欧阳|司马|诸葛|上官|司徒|东方|慕容|令狐|皇甫|尉迟|[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂焦向柳邢骆岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵])';
const GIVEN = '\\p{Script=Han}';
const ENGLISH = "\\p{Lu}[\\p{Ll}'’-]+";

/** Not the 谢 of 谢谢师傅. */
const ADDRESSED = `(?!(?<=[谢感多拜])谢)${SURNAME}`;

const NAMES = [
  new RegExp(`${ADDRESSED}${GIVEN}{0,2}?(?=先生|女士|小姐|太太)`, 'gu'),
  new RegExp(`${ADDRESSED}(?=经理|老师|主管|师傅|阿姨|总监)`, 'gu'),
  new RegExp(`(?<=(?:我叫|名叫|名字[是叫]|姓名|联系人|收件人|收货人|落款)[:： ]{0,2})${SURNAME}${GIVEN}{1,2}`, 'gu'),
  new RegExp(
    `(?<=(?:我是|本人|这里是|客服)[:： ]{0,2})${SURNAME}${GIVEN}{1,2}(?=$|[^\\p{Script=Han}]|[的要想在])`,
    'gu',
  ),
  new RegExp(`(?<=\\b(?:Mr|Mrs|Ms|Miss|Dr|Madam)\\.? )${ENGLISH}(?: ${ENGLISH}){0,2}`, 'gu'),
  new RegExp(
    `(?<=\\b(?:[Mm]y name(?: is|'s|’s)|[Nn]ame:|[Rr]egards,?|[Ss]incerely,?|[Ss]igned,?)\\s+)${ENGLISH}(?: ${ENGLISH}){0,2}`,
    'gu',
  ),
  new RegExp(
    `(?<=\\b(?:[Tt]his is|I am|I'm|I’m|[Tt]hanks,?|[Cc]heers,?)\\s+)${ENGLISH} ${ENGLISH}(?: ${ENGLISH})?`,
    'gu',
  ),
];

/** Not amounts: what a unit of money follows or its sign precedes. */
const NUMBER = /(?<![\d.,¥￥$€£])(?:[A-Za-z]{1,4}-?)?\d{6,}(?![\d]|\.\d|[元块万]|\s?(?:yuan|rmb|cny|usd|dollars))/giu;
