import type { Language } from './figures.ts';
import { zh } from './wording-zh.ts';

const s = (count: string) => (count === '1' ? '' : 's');

/** Every word of the reports. A sentence says what was found and no more; numbers come in already written. */
export const en = {
  locale: 'en',
  /** Between two sentences. */
  gap: ' ',
  colon: ': ',
  list: (items: readonly string[]) =>
    items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`,
  quoted: (text: string) => `“${text}”`,
  page: { period: 'Why customers are unhappy', initiative: 'Initiative against a cause', pack: 'Data pack' },
  empty: 'Nothing to report.',
  interval: (confidence: string) => `${confidence} interval`,
  noTheme: 'no theme',
  rest: (themes: string) =>
    themes === '1' ? '1 more theme is named less often.' : `${themes} more themes are named less often.`,

  period: {
    nothing: 'No comments were counted in this period.',
    headline: (p: { theme: string; share: string; of: string }) =>
      `${p.theme} is named most often: in ${p.share} of ${p.of} comments`,
    tiles: {
      comments: 'comments counted',
      before: (comments: string) => `${comments} in the period before`,
      withTheme: 'name a theme',
      initiatives: (count: string) => `initiative${s(count)} under way`,
      overdue: (count: string) => `${count} past the due date`,
      onTime: 'none past the due date',
      proofs: (count: string) => `fix${count === '1' ? '' : 'es'} proven`,
      ofProofs: (concluded: string) => `of ${concluded} put to the proof`,
    },
  },

  top: {
    title: 'What they name',
    headline: (themes: string, count: string) => `The ${count} themes named most often: ${themes}`,
    single: (theme: string) => `The theme named most often: ${theme}`,
    orderOpen: 'The intervals of the first two overlap, so which of them leads may be chance.',
    none: 'No theme was named in this period.',
    noFrame: 'Comments have not been sorted into themes yet.',
    theme: 'Theme',
    mention: 'Named in',
    primary: 'Main subject of',
    change: 'Against the period before',
    hits: 'Comments',
    points: 'points',
    says: 'Share of comments that name each theme, with interval',
    note: 'A comment may name several themes, so “named in” may sum to more than 100%; as main subject each comment counts once.',
  },
  trend: {
    title: 'How it moves',
    rose: (themes: string) => `Up on the period before: ${themes}.`,
    fell: (themes: string) => `Down on the period before: ${themes}.`,
    unchanged: (themes: string) => `No change beyond chance: ${themes}.`,
    none: 'There is no earlier period to compare with.',
    says: (theme: string) => `Share of comments naming ${theme} over time`,
    by: { day: 'By day', week: 'By week', month: 'By month' },
    note: (by: string, several: boolean) =>
      `${by}; whiskers are intervals${several ? '; all panels have the same scale' : ''}.`,
  },
  channels: {
    title: 'Where it is said',
    headline: (p: { theme: string; channel: string; share: string; of: string }) =>
      `${p.theme} is named most often in ${p.channel}: ${p.share} of ${p.of} comments there`,
    single: (channel: string, comments: string) => `All ${comments} comments came by one channel: ${channel}`,
    says: (theme: string) => `Share of comments naming ${theme} in each channel`,
    note: (channels: string) => `Comments by channel: ${channels}.`,
  },
  leaving: {
    title: 'What goes together with leaving',
    more: (p: { theme: string; ratio: string; range: string }) =>
      `Customers who named ${p.theme} left more often: odds ratio ${p.ratio} (${p.range})`,
    less: 'No theme is shown to go together with leaving more often',
    caution: 'An association, not a cause: who named a theme and left may have left for something else.',
    none: 'Too few customers are known to have left for a comparison.',
    theme: 'Theme',
    named: 'Left, of those who named it',
    notNamed: 'Left, of the others',
    oddsRatio: 'Odds ratio',
    adjusted: 'Adjusted',
    p: 'p, corrected',
    notFitted: 'could not be fitted',
    says: 'Odds ratio of leaving for each theme, with interval; 1 is no difference',
    note: (customers: string, left: string) =>
      `${customers} customers, of whom ${left} left. Adjusted: with tenure, value and channel held equal. p is corrected for the number of themes. The chart's scale is logarithmic; filled dots remain beyond chance.`,
  },
  beliefs: {
    title: 'What we believed',
    headline: (p: { rejected: string; supported: string; open: string }) =>
      `Of the beliefs put to the comments ${p.rejected} rejected, ${p.supported} supported, ${p.open} open`,
    none: 'No belief was put to the comments.',
    belief: 'Belief',
    by: (who: string) => `believed by ${who}`,
    test: 'Test',
    atLeast: (theme: string, share: string) => `at least ${share} name ${theme} in some channel`,
    verdict: 'Result',
    channels: 'Share in each channel',
    verdicts: { rejected: 'rejected', supported: 'supported', open: 'open' },
    tooFew: 'too few',
  },
  whys: {
    title: 'Why it happens',
    headline: (root: string) => `Root found: ${root}`,
    open: 'No root has been found yet',
    none: 'No why has been asked yet.',
    evidence: (count: string) => `evidence: ${count}`,
    root: 'root',
  },
  work: {
    title: 'Who is fixing it',
    headline: (count: string, late: string) => `${count} initiative${s(count)} under way, ${late} past the due date`,
    none: 'No initiative has been opened.',
    ended: 'No initiative is under way',
    rank: 'Rank',
    initiative: 'Initiative',
    owner: 'Owner',
    department: 'Department',
    due: 'Due',
    state: 'State',
    overdue: 'overdue',
    states: { open: 'open', 'signed-off': 'signed off', fixed: 'fixed', proven: 'proven', abandoned: 'abandoned' },
  },
  proofs: {
    title: 'Is it proven',
    headline: (confirmed: string, concluded: string) =>
      `Of ${concluded} fix${concluded === '1' ? '' : 'es'} put to the proof ${confirmed} confirmed`,
    waiting: (count: string) => `${count} proof${s(count)} registered, to be concluded when the window ends`,
    none: 'No proof has been registered.',
    verdicts: {
      confirmed: 'confirmed',
      'no-evidence': 'no evidence',
      worse: 'worse',
      underpowered: 'too little data',
    },
    meanings: {
      confirmed: 'The share moved as expected by more than chance explains.',
      'no-evidence': 'The expected change would have been seen, and was not.',
      worse: 'The share moved the other way by more than chance explains.',
      underpowered: 'Too little data: this says nothing for or against the fix.',
    },
    pending: 'waiting',
    before: 'Before',
    after: 'After',
    difference: 'Difference',
    points: 'points',
    metrics: {
      'mention-share': 'share of comments naming the theme',
      'primary-share': 'share of comments mainly about the theme',
    },
    methods: {
      z: 'two-proportion z test',
      fisher: "Fisher's exact test",
      'difference-in-differences': 'difference in differences with a control group',
    },
    registered: (p: {
      date: string;
      metric: string;
      expected: string;
      frame: string;
      alpha: string;
      comparisons: string;
    }) =>
      `Written down beforehand, on ${p.date}: ${p.metric}, ${p.expected} expected, code frame ${p.frame}, α = ${p.alpha}, ${p.comparisons} compared together.`,
    tested: (p: { method: string; p: string; power: string }) =>
      `Tested by ${p.method}: p ${p.p} (corrected); power ${p.power}.`,
    windows: (baseline: string, after: string) => `Before: ${baseline}. After: ${after}.`,
    says: (theme: string) => `Share of comments naming ${theme} before and after the fix`,
  },
  effects: {
    title: 'What came of it',
    headline: (better: string, worse: string, open: string) =>
      `${better} measure${s(better)} better, ${worse} worse, ${open} without evidence of a change`,
    missing: (levels: string) => `Not measured yet: ${levels}.`,
    none: 'No effect has been reviewed.',
    levels: { voc: 'customers', operations: 'operations', business: 'business' },
    comparators: {
      prev_period: 'period before',
      baseline: 'before the fix',
      same_period_last_year: 'same days last year',
    },
    findings: { better: 'better', worse: 'worse', 'no-evidence': 'no evidence' },
    measure: 'Measure',
    level: 'Level',
    against: 'Compared with',
    before: 'Before',
    after: 'After',
    change: 'Change',
    finding: 'Finding',
    noRatio: 'a side counted nothing',
    longest: 'Of each measure the longest window that is over.',
    says: 'Relative change of each measure, with interval; 0 is no change',
  },
  estimates: {
    title: 'What it may be worth',
    headline: 'Estimates, not measurements',
    none: 'No estimate has been made.',
    figures: {
      listeners: 'People who may hear of it',
      'customers-kept': 'Customers kept',
      'revenue-kept': 'Revenue kept',
      'profit-share': 'More profit',
      return: 'Return on cost',
    },
    label: 'estimate',
    figure: 'Figure',
    value: 'Middle',
    range: 'Low – high',
    rests: 'Rests on',
    sources: { measured: 'measured', entered: 'entered', 'rule-of-thumb': 'rule of thumb' },
  },
  quotes: {
    title: 'In their words',
    headline: 'What some of them wrote, with numbers and addresses of people masked',
    none: 'No comment to show.',
  },
  method: {
    title: 'How this was counted',
    period: 'Period',
    before: 'Compared with',
    filter: 'Comments',
    all: 'all',
    frame: 'Code frame',
    noFrame: 'none yet',
    version: (n: string) => `version ${n}`,
    policy: 'Policy',
    confidence: 'Intervals',
    methods: (confidence: string) =>
      `${confidence}. Shares: Wilson; differences: Newcombe, widened for the number of themes shown; odds ratios: Woolf, p corrected by Benjamini–Hochberg.`,
    made: 'Made',
    zone: (zone: string) => `time zone ${zone}`,
    fields: {
      segments: 'segment',
      channels: 'channel',
      kinds: 'kind',
      products: 'product',
      campaigns: 'campaign',
      scale: 'scale',
      highValue: 'high value',
    } as Record<string, string>,
  },
  initiative: {
    against: (theme: string) => `against ${theme}`,
    result: (p: { before: string; after: string; points: string; range: string; verdict: string }) =>
      `From ${p.before} of comments to ${p.after}: ${p.points} points (${p.range}), ${p.verdict}.`,
    tiles: { rank: 'rank', owner: 'owner', due: 'due', state: 'state' },
    history: 'What happened',
    size: {
      title: 'How big it is',
      headline: (p: { theme: string; share: string; of: string }) =>
        `${p.theme} is named in ${p.share} of ${p.of} comments`,
      none: 'The theme was not counted in this period.',
    },
    by: (who: string) => `by ${who}`,
  },
  pack: {
    mention: (theme: string) => `name ${theme}`,
    primary: 'are mainly about it',
    customers: 'customers named it',
    cases: 'cases were opened or joined',
    ask: {
      title: 'What is asked',
      headline: (owner: string, due: string) => `${owner} is asked for a fix by ${due}`,
      review: 'Review',
    },
    effort: {
      title: 'How much effort it costs them',
      headline: (low: string, n: string) => `${low} of ${n} who rated their effort found it hard`,
      none: 'Nobody who named it rated their effort.',
      answers: 'Answers',
      mean: 'Mean (7 = very easy)',
      low: 'Low scores',
    },
    latest: {
      title: 'Cases',
      headline: (shown: string, all: string) =>
        shown === all ? `All ${all} cases` : `The latest ${shown} of ${all} cases`,
      none: 'No case belongs to these comments.',
      id: 'Case',
      priority: 'Priority',
      opened: 'Opened',
      outcome: 'Outcome',
    },
  },
  codes: {
    detractor: 'detractors',
    passive: 'passives',
    promoter: 'promoters',
    true: 'yes',
    false: 'no',
    app: 'app',
    web: 'web',
    sms: 'SMS',
    email: 'e-mail',
    wechat: 'WeChat',
    wecom: 'WeCom',
    phone: 'phone',
    chat: 'chat',
    store: 'store',
    social: 'social media',
    'survey-response': 'survey response',
    ticket: 'ticket',
    review: 'review',
    'social-mention': 'social mention',
    'exit-survey': 'exit survey',
    'dormant-survey': 'survey of dormant customers',
    interaction: 'interaction',
    'mention-share': 'comments naming the theme',
    'primary-share': 'comments mainly about the theme',
    recovered: 'recovered',
    lost: 'lost',
    invalid: 'invalid',
    unreached: 'not reached',
    none: 'none',
    cases: 'cases opened',
    retained: 'customers retained',
    detractors: 'detractors',
    mentions: 'mentions of the theme',
    'listeners-per-detractor': 'people each detractor tells',
    'profit-per-point-of-churn': 'more profit per point less churn',
    customers: 'customers it is about',
    'less-churn': 'fall of the churn rate',
    'value-each': 'worth of a customer',
    margin: 'margin',
    cost: 'cost',
  } as Record<string, string>,
};

export type Wording = typeof en;

export const wordings: Record<Language, Wording> = { en, zh };
