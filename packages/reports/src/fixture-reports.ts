import { oddsRatio, phi } from '@heard/statistics/odds-ratio';
import { newcombe, wilson } from '@heard/statistics/proportion';
import { shareChange, volumeChange } from '@heard/statistics/relative-change';
import type {
  EffectRow,
  InitiativeReportData,
  InitiativeRow,
  PackReportData,
  PeriodReportData,
  ProofRow,
  Share,
} from './report-data.ts';

/** A quarter of a company whose deliveries are slow, whose refunds go together with leaving, and whose search is fixed. */
const share = (hits: number, of: number): Share => ({ hits, of, ...wilson({ hits, of }) });
const day = (text: string) => new Date(`${text}T00:00:00+08:00`);
const quarter = { from: day('2026-07-01'), until: day('2026-10-01') };
const earlier = { from: day('2026-04-01'), until: day('2026-07-01') };

const delivery = { zh: '物流配送慢', en: 'Slow delivery' };
const refund = { zh: '退款迟迟不到账', en: 'Refunds arrive late' };
const service = { zh: '客服推诿、联系不上', en: 'Support cannot be reached' };
const quality = { zh: '商品质量与描述不符', en: 'Goods are not as described' };
const search = { zh: '搜索不好用', en: 'Search does not find things' };
const price = { zh: '价格太贵', en: 'Too expensive' };
const invoice = { zh: '发票问题', en: 'Invoices' };
const app = { zh: 'App 闪退', en: 'App crashes' };

const counted = [
  { names: delivery, mention: 412, primary: 361, before: 301 },
  { names: refund, mention: 338, primary: 262, before: 322 },
  { names: service, mention: 271, primary: 177, before: 249 },
  { names: quality, mention: 187, primary: 150, before: 201 },
  { names: app, mention: 96, primary: 81, before: 90 },
  { names: search, mention: 61, primary: 48, before: 118 },
  { names: invoice, mention: 52, primary: 41, before: 44 },
  { names: price, mention: 44, primary: 30, before: 47 },
  { names: { zh: '会员权益', en: 'Member benefits' }, mention: 12, primary: 9, before: 15 },
];
const [now, then] = [1368, 1241];

const themes = counted.map(({ names, mention, primary, before }) => ({
  names,
  mention: share(mention, now),
  primary: share(primary, now),
  change: newcombe({ hits: before, of: then }, { hits: mention, of: now }, 1 - 0.05 / 3),
}));

const weeks = Array.from({ length: 13 }, (_, at) => new Date(Date.parse('2026-07-01') + at * 7 * 86_400_000));
const trendOf = (hits: number[]) =>
  weeks.map((from, at) => ({
    from,
    share: share(hits[at]!, [98, 104, 111, 96, 102, 108, 113, 107, 99, 105, 110, 109, 106][at]!),
  }));
const channelsOf = (hits: number[]) =>
  ['wecom', 'app', 'phone', 'email', 'web'].map((channel, at) => ({
    channel,
    share: share(hits[at]!, [471, 402, 236, 158, 101][at]!),
  }));

const details = [
  {
    names: delivery,
    trend: trendOf([22, 24, 28, 25, 29, 33, 36, 34, 33, 35, 38, 37, 38]),
    channels: channelsOf([168, 117, 66, 38, 23]),
  },
  {
    names: refund,
    trend: trendOf([26, 25, 27, 22, 24, 27, 29, 26, 25, 27, 27, 26, 27]),
    channels: channelsOf([88, 97, 84, 45, 24]),
  },
  {
    names: service,
    trend: trendOf([19, 21, 22, 18, 20, 22, 23, 22, 20, 21, 22, 21, 20]),
    channels: channelsOf([75, 77, 72, 30, 17]),
  },
];

const association = (
  names: typeof refund,
  table: { a: number; b: number; c: number; d: number },
  corrected: number,
  adjusted: [number, number, number],
) => ({
  names,
  named: { hits: table.a, of: table.a + table.b },
  notNamed: { hits: table.c, of: table.c + table.d },
  oddsRatio: oddsRatio(table),
  phi: phi(table),
  adjusted: { estimate: adjusted[0], lower: adjusted[1], upper: adjusted[2] },
  corrected,
  wording: corrected < 0.05 ? ('leavers-name-it-more' as const) : ('no-association-shown' as const),
});
const associations = {
  rows: [
    association(refund, { a: 71, b: 219, c: 96, d: 806 }, 0.0000004, [2.61, 1.83, 3.71]),
    association(service, { a: 41, b: 187, c: 126, d: 838 }, 0.143, [1.38, 0.93, 2.06]),
    association(delivery, { a: 55, b: 303, c: 112, d: 722 }, 0.46, [1.12, 0.78, 1.61]),
  ],
  customers: 1192,
  left: 167,
};

const initiatives: InitiativeRow[] = [
  {
    title: '退款 T+3 到账',
    names: refund,
    rank: 1,
    owner: '陈立',
    department: '财务共享中心',
    openedAt: day('2026-07-14'),
    dueAt: day('2026-12-15'),
    reviewDueAt: day('2027-03-31'),
    overdue: false,
    state: 'signed-off',
  },
  {
    title: '大促期间前置仓备货',
    names: delivery,
    rank: 2,
    owner: '王敏',
    department: '供应链',
    openedAt: day('2026-08-03'),
    dueAt: day('2026-09-20'),
    reviewDueAt: day('2027-03-31'),
    overdue: true,
    state: 'open',
  },
  {
    title: '搜索词库重建',
    names: search,
    rank: undefined,
    owner: 'Li Wei',
    department: '产品',
    openedAt: day('2026-03-02'),
    dueAt: day('2026-06-30'),
    reviewDueAt: day('2027-03-31'),
    overdue: false,
    state: 'proven',
  },
];

const [before, after] = [share(118, 1241), share(61, 1368)];
const proof: ProofRow = {
  names: search,
  metric: 'mention-share',
  registeredAt: day('2026-06-24'),
  baseline: earlier,
  after: quarter,
  frameVersion: 4,
  expectedChange: -0.5,
  alpha: 0.05,
  comparisons: 2,
  conclusion: {
    verdict: 'confirmed',
    method: 'z',
    before,
    after,
    difference: newcombe(before, after),
    corrected: 0.0000003,
    power: 0.997,
  },
};
const proofs: ProofRow[] = [
  proof,
  {
    ...proof,
    names: invoice,
    expectedChange: -0.4,
    conclusion: {
      verdict: 'underpowered',
      method: 'z',
      before: share(44, 1241),
      after: share(52, 1368),
      difference: newcombe({ hits: 44, of: 1241 }, { hits: 52, of: 1368 }),
      corrected: 0.632,
      power: 0.612,
    },
  },
  {
    ...proof,
    names: refund,
    registeredAt: day('2026-09-28'),
    baseline: quarter,
    after: { from: day('2027-01-01'), until: day('2027-04-01') },
    comparisons: 1,
    conclusion: undefined,
  },
];

const effect = (over: Partial<EffectRow>): EffectRow => ({
  names: search,
  level: 'voc',
  metric: 'mention-share',
  comparator: 'baseline',
  window: { from: new Date('2026-07-01'), until: new Date('2026-10-01') },
  compared: { from: new Date('2026-04-01'), until: new Date('2026-07-01') },
  before: { hits: 118, of: 1241 },
  after: { hits: 61, of: 1368 },
  change: shareChange({ hits: 118, of: 1241 }, { hits: 61, of: 1368 }),
  finding: 'better',
  ...over,
});
const effects = {
  rows: [
    effect({}),
    effect({
      level: 'operations',
      metric: 'cases',
      before: 96,
      after: 41,
      change: volumeChange({ events: 96, exposure: 91 }, { events: 41, exposure: 92 }),
    }),
    effect({
      level: 'business',
      metric: 'retained',
      comparator: 'same_period_last_year',
      before: { hits: 801, of: 940 },
      after: { hits: 874, of: 1011 },
      change: shareChange({ hits: 801, of: 940 }, { hits: 874, of: 1011 }),
      finding: 'no-evidence',
    }),
  ],
  missing: [],
};
const estimates: PeriodReportData['estimates'] = [
  {
    figure: 'listeners',
    unit: 'people',
    currency: undefined,
    low: 9576,
    estimate: 11_628,
    high: 13_680,
    assumptions: [
      { name: 'detractors', low: 1368, estimate: 1368, high: 1368, source: 'measured' },
      { name: 'listeners-per-detractor', low: 7, estimate: 8.5, high: 10, source: 'rule-of-thumb' },
    ],
  },
];
const quotes = [
  {
    text: '下单时说次日达，结果等了九天，物流信息三天没更新，打客服电话一直占线。',
    names: delivery,
    channel: 'wecom',
    at: day('2026-09-12'),
  },
  {
    text: '退货都签收半个月了钱还没退，客服让我打 [phone] 又说不归他们管。再不解决我就换别家了！',
    names: refund,
    channel: 'phone',
    at: day('2026-09-03'),
  },
  {
    text: 'I have asked for my refund four times now. Every agent tells me “5–7 working days”. It has been six weeks.',
    names: refund,
    channel: 'email',
    at: day('2026-08-21'),
  },
];
const counting = {
  timeZone: 'Asia/Shanghai',
  confidence: 0.95,
  frameVersion: 4,
  policyVersion: 12,
  filter: { segments: ['detractor'] },
  generatedAt: new Date('2026-10-02T09:30:00+08:00'),
};

export const quarterReport: PeriodReportData = {
  counting,
  period: quarter,
  before: earlier,
  comments: now,
  commentsBefore: then,
  withTheme: share(1147, now),
  top: 3,
  themes,
  trendBy: 'week',
  details,
  associations,
  hypotheses: [
    {
      statement: '客户离开是因为我们太贵 / They leave because we are too expensive',
      believedBy: '销售部',
      themes: [price],
      threshold: 0.05,
      verdict: 'rejected',
      channels: [
        { channel: 'wecom', share: share(11, 471), finding: 'below' },
        { channel: 'app', share: share(10, 402), finding: 'below' },
        { channel: 'phone', share: share(3, 236), finding: 'below' },
        { channel: 'web', share: share(4, 78), finding: 'too-few' },
      ],
    },
  ],
  initiatives,
  proofs,
  effects,
  estimates,
  quotes,
};

export const searchInitiative: InitiativeReportData = {
  counting,
  initiative: { ...initiatives[2]!, initiativeId: '0199a1c2-5d3e-7a10-9f00-000000000001' },
  history: [
    { state: 'open', at: day('2026-03-02'), by: 'analyst-01' },
    { state: 'signed-off', at: day('2026-03-09'), by: 'director-01' },
    { state: 'fixed', at: day('2026-06-22'), by: 'Li Wei' },
    { state: 'proven', at: day('2026-10-01'), by: 'director-01' },
  ],
  window: quarter,
  before: earlier,
  theme: { ...themes[5]!, change: newcombe(before, after) },
  detail: {
    names: search,
    trend: [31, 42, 45, 19, 21, 21].map((hits, at) => ({
      from: new Date(`2026-0${at + 4}-01`),
      share: share(hits, [402, 418, 421, 449, 462, 457][at]!),
    })),
    channels: channelsOf([9, 33, 3, 6, 10]),
  },
  trendBy: 'month',
  associations: {
    ...associations,
    rows: [association(search, { a: 14, b: 71, c: 153, d: 954 }, 0.48, [1.21, 0.66, 2.23])],
  },
  whys: [
    {
      depth: 1,
      statement: '同义词和错别字没有结果',
      department: '产品',
      evidence: 12,
      root: false,
    },
    {
      depth: 2,
      statement: '词库两年没有更新',
      department: '产品',
      evidence: 4,
      root: false,
    },
    {
      depth: 3,
      statement: '词库没有负责人，改版后流程断了',
      department: '产品运营',
      evidence: 3,
      root: true,
    },
  ],
  proofs: [proof],
  effects,
  estimates,
  quotes: quotes.slice(0, 1),
};

export const searchPack: PackReportData = {
  counting: { ...counting, generatedAt: new Date('2026-04-02T09:30:00+08:00') },
  initiative: { ...initiatives[2]!, rank: 3, state: 'open' },
  mention: share(118, 1241),
  primary: share(97, 1241),
  customers: 113,
  cases: 96,
  detail: searchInitiative.detail!,
  effort: { n: 58, mean: 2.84, low: share(37, 58) },
  quotes: [
    { text: '搜“蓝牙耳机”出来全是手机壳，只能一页一页翻。', names: search, channel: 'app', at: day('2026-03-12') },
    {
      text: '同一个商品，换个字就搜不到，太费劲了。联系我 [phone]。',
      names: search,
      channel: 'web',
      at: day('2026-03-09'),
    },
  ],
  latestCases: [
    {
      caseId: '0199a1c2-5d3e-7a10-9f00-0000000000a1',
      priority: 'P1',
      openedAt: day('2026-03-12'),
      outcome: 'recovered',
    },
    { caseId: '0199a1c2-5d3e-7a10-9f00-0000000000a2', priority: 'P2', openedAt: day('2026-03-09'), outcome: undefined },
  ],
};
