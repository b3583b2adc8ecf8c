import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileLexicon, findHits } from './lexicon.ts';

const preset = readFileSync(new URL('../../policy/presets/seed-strict.yaml', import.meta.url), 'utf8');
const lexicon = compileLexicon(parse(preset).lexicons);
const categories = (list: string, text: string) => [
  ...new Set(
    findHits(lexicon, text)
      .filter((hit) => hit.list === list)
      .map((hit) => hit.category),
  ),
];

/**
 * Invented sentences by the red line a reader would draw. All name the matter in some way; an event told without any
 * telling word ("the ladder gave way under my wife") is beyond a word list, and beyond what this set can measure.
 */
const redLines: Record<string, string[]> = {
  legal: [
    '再不解决我就起诉你们',
    '我已经咨询律师了，等着收律师函吧',
    '我要打12315',
    '已经向消协反映，等他们处理',
    '我会走法律途径',
    '明天就去法院立案',
    '我已經報警了',
    '咱们法庭上见',
    '我要去市场监管局举报你们',
    '逼急了我就打官司',
    '你们这是违法的知道吗',
    '不想报警，但你们太过分了',
    '还没起诉，是给你们留面子',
    '不得不报警了',
    '我不是没有律师',
    'My lawyer will be in touch',
    'I am going to sue you',
    'We are considering legal action against your company',
    'See you in court.',
    'I have reported this to the police',
    'I will file a complaint with Trading Standards',
    'You will be hearing from my attorney',
    "I don't want to sue but you leave me no choice",
    'Suing you is the only option left',
    'This is illegal and you know it',
    '退一赔三，少一分都不行',
  ],
  safety: [
    '充电的时候突然起火了',
    '充電器冒煙，差點着火',
    '电池鼓得厉害，最后爆炸了',
    '热水器漏电，差点出人命',
    '孩子被烫伤了',
    '我妈吃完食物中毒',
    '这个插座太危险',
    '存在严重的安全隐患',
    '设计得很不安全',
    '老人摔伤住院了',
    '吃完全家拉肚子',
    '玻璃门突然炸裂，划伤了手',
    '高速上刹车失灵',
    '这个安 全 隐 患你们管不管',
    '不是没有安全隐患',
    '这难道不危险吗？',
    '有没有漏电你们自己不知道？',
    '不能说没有危险',
    '甲醛超标，孩子流鼻血送医院',
    '机器夹伤了员工的手指',
    'The charger caught fire last night',
    'The battery exploded in my pocket',
    'It gave me an electric shock',
    'My daughter got food poisoning',
    'This ladder is dangerous',
    'It is simply not safe for children',
    'My son was injured by the broken handle',
    'I burned my hand on the lid',
    'We ended up in the emergency room',
    'The device is a fire hazard',
    'It is not without danger',
    "Isn't this dangerous?",
    'There was smoke coming out of the back',
    'I almost died because of you',
    'Two of our staff were hurt',
    'My car caught on fire',
  ],
  fraud: [
    '你们就是骗子',
    '这是赤裸裸的欺诈',
    '虛假宣傳，跟描述完全不一樣',
    '我被骗了三千块',
    '欺*诈消费者',
    '卖假货还有理了',
    '这不是诈骗是什么',
    '这不是欺诈吗',
    '不是没有欺诈',
    '服务不好，欺诈',
    '不是我说，你们就是欺诈',
    '偷偷扣费，跟偷钱有什么区别',
    '典型的诱导消费',
    '我怀疑你们在诈骗',
    '从来没有被骗得这么惨',
    '该不会是骗子吧',
    '账户被盗刷了两万',
    '收了钱就跑路了',
    '你们不仅是欺诈，还威胁我',
    '合同是伪造的',
    'This company is a scam',
    'I have been scammed by your agent',
    'These are fraudulent charges',
    'What a bunch of crooks',
    "It's not only fraud, it's theft",
    'Total FRAUD!!!',
    'You charged my card without my consent',
    'False advertising at its best',
    'The bag turned out to be counterfeit',
    "Isn't this a scam?",
    "I can't say there is no fraud here",
    'I will not be swindled again',
    'Your salesman lied, it is a bait-and-switch',
    '感觉上当了',
    '客服满嘴谎话，骗我说已经发货',
    'ＳＣＡＭ',
  ],
  privacy: [
    '你们泄露了我的个人信息',
    '我的账号被盗了没人管',
    '把我的电话卖给了别人，这是侵犯隐私',
    'You leaked my personal data',
    'This is a serious breach of privacy',
    'My account was hacked because of you',
  ],
  violence: [
    '保安动手打人',
    '配送员威胁我',
    '店员性骚扰女顾客',
    'Your driver threatened me',
    'The manager made racist remarks',
    '客服辱骂我',
  ],
  exposure: [
    '我会找媒体曝光你们',
    '发抖音让大家看看',
    '电视台记者已经联系我了',
    'I am going to the press',
    'I will post this everywhere',
  ],
};

/** Invented sentences that hold a red word, or nearly one, and cross no line. */
const harmless = [
  '很安全，放心',
  '没有欺诈',
  '没有任何欺诈行为',
  '他们不是骗子',
  '并非诈骗，是我误会了',
  '用了一年，没有发现安全隐患',
  '沒有安全隱患',
  '幸好没有人受伤',
  '不会起诉，你们处理得很好',
  '从不虚假宣传，良心商家',
  '不存在漏电的问题',
  '绝非骗局，可以放心买',
  '毫无危险',
  '有防漏电保护，放心',
  '反诈骗宣传做得好',
  '一起火锅吧，味道不错',
  '我们一起火速下单了',
  '对不起火气大了点',
  '胎压报警功能很灵敏',
  '倒车报警声音太小',
  '多媒体屏幕有点卡',
  '夜景曝光过度，拍照一般',
  '好吃到爆炸',
  '肉汁爆炸，太香了',
  '其中毒品类目不在范围内',
  '需要告知客户发货时间',
  '记得要告诉我一声',
  '安全感十足',
  '安全带提示音有点吵',
  '客服没骗我，确实第二天到',
  '我不觉得是骗人的',
  '不用报警，已经找到了',
  '没有被骗的感觉',
  '辣死人不偿命，过瘾',
  '价格贵得要命',
  '今天马上当面签收',
  '这部电影看得我心受伤',
  '拉黑了广告，界面清爽',
  '物流慢，包装破',
  '太贵了，要退款',
  'Not a scam, they delivered',
  'There was no fraud',
  "It isn't dangerous at all",
  'It was never unsafe',
  'No injuries, thankfully',
  'Nobody was hurt',
  'There is no risk of electric shock',
  "I don't think it's a scam",
  'This is not fraudulent',
  'It works without danger',
  'I will not sue you, thanks for the quick fix',
  'The issue was solved',
  'I pursued other options',
  'Kleenex Tissue is soft',
  'The food court was crowded',
  'We played on the tennis court',
  'Great hospitality',
  'An explosion of flavor',
  'Their fraud protection is great',
  'The anti-fraud check took a minute',
  'The courtesy of the staff is unmatched',
  'Firewall setup was easy',
  'Our team is on fire this quarter',
  'My legal name is spelled wrong on the invoice',
  'The toast was burnt',
  'The policeman costume fits',
  'The service was slow and the price too high',
  'Wi-Fi is safe and fast',
  'I feel safe here',
  "They didn't get injured",
];

test('red lines that are named are found with a recall of .98 and a precision of .95 at least', async ({
  annotate,
}) => {
  const drawn = Object.values(redLines).flat();
  const missed = drawn.filter((text) => categories('redLine', text).length === 0);
  const alarms = harmless.filter((text) => categories('redLine', text).length > 0);
  const found = drawn.length - missed.length;
  await annotate(
    `${drawn.length} red and ${harmless.length} harmless sentences; missed: ${missed}; false alarms: ${alarms}`,
  );
  expect(found / drawn.length, missed.join('\n')).toBeGreaterThanOrEqual(0.98);
  expect(found / (found + alarms.length), alarms.join('\n')).toBeGreaterThanOrEqual(0.95);
});

test('a red line has the category a reader would name, in 19 of 20 sentences', () => {
  const sentences = Object.entries(redLines).flatMap(([category, texts]) => texts.map((text) => ({ category, text })));
  const misfiled = sentences.filter(({ category, text }) => !categories('redLine', text).includes(category));
  expect(misfiled.length / sentences.length, JSON.stringify(misfiled)).toBeLessThanOrEqual(0.05);
});

test.each([
  [
    'churn',
    [
      '我们要解约',
      '以后不再合作',
      '合同到期不续约了',
      '再也不会买了',
      'I want to cancel my subscription',
      'We will not renew',
      'Never again.',
      "We won't be renewing",
    ],
  ],
  ['price', ['太贵了', '價格太高', '性价比太低', 'Way too expensive', 'Not worth the money', 'Overpriced rip-off']],
  [
    'competitor',
    [
      '竞品比你们好用',
      '准备换一家供应商',
      '友商早就支持了',
      'Your competitors do it better',
      'We are switching to another vendor',
    ],
  ],
  [
    'refund',
    [
      '我要退款',
      '没有退款',
      '不给退款',
      '不退款也行？',
      'no refund',
      "They won't refund me",
      'I want my money back',
      '賠償我的損失',
    ],
  ],
  ['service', ['服务差', '服務態度惡劣', '客服没人理', 'Terrible service', 'The staff were rude', '我要投诉']],
])('high risk of %s is found', (category, texts) => {
  for (const text of texts) expect(categories('highRisk', text), text).toContain(category);
});

test.each([
  '不太贵，挺划算',
  '没打算解约',
  '理解约定的内容',
  '服务不差',
  '非常宝贵的经验',
  '针对家庭用户',
  '不用退款，换一个就好',
  '不需要退款',
  'not expensive at all',
  'The staff were never rude',
  'a secondary prudent choice',
  '客服态度很好，价格公道',
])('no high risk is seen in: %s', (text) => {
  expect(categories('highRisk', text)).toEqual([]);
});
