import { conclude, type Evidence, type Registration } from '@heard/rca/proof/validation';
import type { Count } from '@heard/statistics/interval';
import { wilson } from '@heard/statistics/proportion';
import { type Random, seeded } from '@heard/statistics/random';
import { assign, guide } from '@heard/themes/assign';
import { type CodeFrame, countedThemes, parseFrame } from '@heard/themes/frame';
import { progress, type Report } from './measuring.ts';

/** What people write of each theme, in either language, and its planted share; a third of it holds no word of the frame. */
const planted: Record<string, { share: number; faults: string[] }> = {
  delivery: {
    share: 0.3,
    faults: [
      ...[
        '快递太慢了',
        '快递配送晚了三天',
        '包裹一直没有送达',
        '物流信息一直不更新',
        '等了一个星期还没收到货',
        '骑手把包裹丢在门口',
      ],
      ...['the parcel came a week late', 'delivery took far too long', 'the courier left my parcel outside'],
      ...['still waiting for my order to arrive', 'shipping was slow', 'tracking of the parcel never moved'],
    ],
  },
  refund: {
    share: 0.25,
    faults: [
      ...[
        '退款一直没有到账',
        '申请退款被拒绝',
        '退货的运费太高',
        '钱什么时候退给我',
        '退款流程太麻烦',
        '说好的钱拖了一周没退',
      ],
      ...['my refund never arrived', 'they refused to refund me', 'sending the goods back cost me a fortune'],
      ...['I want my money back', 'the refund took a month', 'refund form does not work'],
    ],
  },
  service: {
    share: 0.2,
    faults: [
      ...[
        '客服态度很差',
        '客服电话打不通',
        '人工客服等了半个小时',
        '没有人回复我的问题',
        '客服互相推诿',
        '打了三次都没人接听',
      ],
      ...['the support agent was rude', 'nobody in support answers', 'support kept me on hold for an hour'],
      ...['no one ever replied to my question', 'the agent hung up on me', 'support sent me in circles'],
    ],
  },
  app: {
    share: 0.15,
    faults: [
      ...['软件一打开就闪退', '登录总是失败', '更新以后软件打不开', '界面卡得动不了', '验证码收不到', '软件耗电太快'],
      ...['the app crashes at login', 'app freezes after the update', 'the login page shows an error'],
      ...['the screen stays white forever', 'app login is broken', 'password reset fails in the app'],
    ],
  },
  price: {
    share: 0.1,
    faults: [
      ...['价格涨得太多', '会员费太贵', '比别家贵很多', '优惠券用不了', '套餐价格不合理', '费用比说的高'],
      ...['the price went up again', 'the plan is too expensive', 'costs more than elsewhere'],
      ...['the price is not worth it', 'expensive for what it offers', 'the plan price doubled'],
    ],
  },
};
const openings = {
  zh: ['上周买的，', '真的，', '这是第二次了，', '作为老客户，', ''],
  en: ['Honestly, ', 'For weeks now ', 'As a customer: ', 'Again, ', ''],
};

const frameOf = (version: number, delivery: string) =>
  parseFrame(`
name: planted
version: ${version}
themes:
  ${delivery}
  - { id: refund, zh: 退款, en: Refunds, words: [退款, 退货, refund] }
  - { id: service, zh: 客服, en: Service, words: [客服, support, agent] }
  - { id: app, zh: 软件, en: App, words: [软件, 登录, app, login] }
  - { id: price, zh: 价格, en: Price, words: [价格, 贵, price, expensive] }
`);
const frame = frameOf(
  1,
  '- { id: delivery, zh: 配送, en: Delivery, words: [快递, 物流, 包裹, delivery, parcel, shipping] }',
);
/** Parcels go under a name of their own; what is left of delivery keeps the old one. */
const renamed = frameOf(
  2,
  '- { id: delivery, zh: 配送, en: Delivery, words: [快递, 物流, delivery, shipping] }\n  - { id: parcels, zh: 包裹, en: Parcels, words: [包裹, parcel, courier] }',
);

/** One thing or up to `most` about one theme, in one language. */
function comments(random: Random, many: number, most: 1 | 2): { texts: string[]; labels: string[] } {
  const labels = Array.from({ length: many }, () => themeAt(random.uniform()));
  const texts = labels.map((label) => {
    const language = random.chance(0.5) ? 'zh' : 'en';
    const faults = planted[label]!.faults.filter((fault) => /\p{Script=Han}/u.test(fault) === (language === 'zh'));
    const said = Array.from({ length: random.chance(0.5) ? 1 : most }, () => pick(random, faults));
    return pick(random, openings[language]) + said.join(language === 'zh' ? '，' : ', ');
  });
  return { texts, labels };
}

function themeAt(point: number): string {
  let upTo = 0;
  for (const [theme, { share }] of Object.entries(planted)) {
    upTo += share;
    if (point < upTo) return theme;
  }
  return 'price';
}
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.uniform() * from.length)]!;

/** Learns from comments, then says which theme is the primary one of each of others. */
function reader(frame: CodeFrame, learnt: readonly string[]): (texts: readonly string[]) => (string | undefined)[] {
  const { model } = guide(frame, learnt);
  const ids = countedThemes(frame).map(({ id }) => id);
  return (texts) => texts.map((text) => ids[assign(model, text).primary]);
}

const count = (themes: readonly (string | undefined)[], theme: string): Count => ({
  hits: themes.filter((one) => one === theme).length,
  of: themes.length,
});

const each = 1500;
const reported = ['delivery', 'refund', 'service'];

/** The shares of themes, from words to interval; and a frame whose words move between the windows of a validation. */
export function plantedThemes(report: Report, worlds: number, registration: Registration): void {
  progress('planted themes');
  const shares = sharesFound(1_200_000, worlds, 2);
  for (const theme of reported) {
    const what = `${theme}, ${planted[theme]!.share * 100} % of ${each} comments in two languages: inside its interval`;
    report.row(what, shares.inside[theme]! / worlds, 'of worlds', { atLeast: 0.93 });
  }
  report.row('  comments filed under another theme', shares.wrong * 100, '%');
  report.row('  farthest any share was off', shares.off * 100, 'points');
  const short = Math.ceil(worlds / 5);
  const alone = sharesFound(1_300_000, short, 1);
  const held = Math.min(...Object.values(alone.inside)) / short;
  report.row('  one short sentence each, a quarter without a word of the frame: inside, fewest', held, 'of worlds');
  report.row('    comments filed under another theme', alone.wrong * 100, '%');
  report.row('    farthest any share was off', alone.off * 100, 'points');
  movedWords(report, worlds, registration);
}

function sharesFound(seed: number, worlds: number, most: 1 | 2) {
  const inside: Record<string, number> = Object.fromEntries(reported.map((theme) => [theme, 0]));
  let [wrong, off] = [0, 0];
  for (let world = 0; world < worlds; world++) {
    const { texts, labels } = comments(seeded(seed + world), each, most);
    const found = reader(frame, texts)(texts);
    wrong += found.filter((theme, at) => theme !== labels[at]).length / each / worlds;
    for (const theme of reported) {
      const { estimate, lower, upper } = wilson(count(found, theme));
      const { share } = planted[theme]!;
      off = Math.max(off, Math.abs(estimate - share));
      if (lower <= share && share <= upper) inside[theme]!++;
    }
  }
  return { inside, wrong, off };
}

function movedWords(report: Report, worlds: number, registration: Registration): void {
  let [fooled, blind] = [0, 0];
  for (let world = 0; world < worlds; world++) {
    const random = seeded(1_400_000 + world);
    const [before, after] = [comments(random, each, 2).texts, comments(random, each, 2).texts];
    const read = reader(frame, before);
    const was = count(read(before), 'delivery');
    const confirms = (is: Count) => {
      const evidence: Evidence = { frameVersions: { baseline: 1, after: 1 }, before: was, after: is };
      return conclude([{ registration, evidence }], registration.after.until)[0]!.verdict === 'confirmed';
    };
    if (confirms(count(read(after), 'delivery'))) fooled++;
    if (confirms(count(reader(renamed, after)(after), 'delivery'))) blind++;
  }
  const slack = 2 * Math.sqrt((0.05 * 0.95) / worlds);
  report.row(
    'words moved between the windows, counted with the frozen frame: confirmed',
    fooled / worlds,
    'of worlds',
    {
      atMost: 0.05 + slack,
    },
  );
  report.row('  would have been confirmed with the new one', blind / worlds, 'of worlds');
}
