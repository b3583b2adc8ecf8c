import type { Count, Interval } from '@heard/statistics/interval';

/** What the reports are made from. Shares are 0…1; a `Share` is a count with its interval. Times are instants. */
export interface Share extends Count, Interval {}

export interface Window {
  from: Date;
  /** Not included. */
  until: Date;
}

export interface Names {
  zh: string;
  en: string;
}

/** How what is reported was counted. */
export interface Counting {
  timeZone: string;
  confidence: number;
  /** Undefined until the first code frame serves. */
  frameVersion: number | undefined;
  policyVersion: number;
  /** What the filter asks for, by the names of its fields; nothing: all comments. */
  filter: Readonly<Record<string, readonly string[]>>;
  generatedAt: Date;
}

export interface ThemeRow {
  names: Names;
  mention: Share;
  primary: Share;
  /** Mention share − that of the period before, in shares; its interval allows for every theme it is shown of. */
  change: Interval | undefined;
}

export interface ThemeDetail {
  names: Names;
  /** In order of time, UTC midnights that stand for the company's days; a share over no comments is left out. */
  trend: { from: Date; share: Share }[];
  /** Most comments first. */
  channels: { channel: string; share: Share }[];
}

export interface AssociationRow {
  names: Names;
  named: Count;
  notNamed: Count;
  oddsRatio: Interval;
  phi: Interval;
  /** With tenure, value and channel held equal, where that could be fitted. */
  adjusted: Interval | undefined;
  /** p, corrected for the number of themes. */
  corrected: number;
  wording: 'leavers-name-it-more' | 'leavers-name-it-less' | 'no-association-shown';
}

export interface HypothesisRow {
  statement: string;
  believedBy: string;
  /** Naming any of them counts. */
  themes: Names[];
  threshold: number;
  verdict: 'rejected' | 'supported' | 'open';
  channels: { channel: string; share: Share; finding: 'below' | 'above' | 'open' | 'too-few' }[];
}

export type InitiativeState = 'open' | 'signed-off' | 'fixed' | 'proven' | 'abandoned';

export interface InitiativeRow {
  title: string;
  names: Names;
  /** Undefined once it is over. */
  rank: number | undefined;
  owner: string;
  department: string;
  openedAt: Date;
  /** Of the fix. */
  dueAt: Date;
  reviewDueAt: Date;
  overdue: boolean;
  state: InitiativeState;
}

export interface ProofRow {
  names: Names;
  metric: 'mention-share' | 'primary-share';
  registeredAt: Date;
  baseline: Window;
  after: Window;
  frameVersion: number;
  /** Relative. */
  expectedChange: number;
  alpha: number;
  comparisons: number;
  /** Undefined while it waits for its window to end. */
  conclusion: ProofConclusion | undefined;
}

export interface ProofConclusion {
  verdict: 'confirmed' | 'no-evidence' | 'worse' | 'underpowered';
  method: 'z' | 'fisher' | 'difference-in-differences';
  before: Share;
  after: Share;
  difference: Interval;
  corrected: number;
  power: number;
}

export type Level = 'voc' | 'operations' | 'business';

export interface EffectRow {
  names: Names;
  level: Level;
  metric: string;
  comparator: 'prev_period' | 'baseline' | 'same_period_last_year';
  /** Whole days: UTC midnights, whatever the time zone. */
  window: Window;
  compared: Window;
  before: Count | number;
  after: Count | number;
  /** Relative; undefined where a side counted nothing. */
  change: Interval | undefined;
  finding: 'better' | 'worse' | 'no-evidence';
}

export interface Effects {
  rows: EffectRow[];
  missing: Level[];
}

export interface Range {
  low: number;
  estimate: number;
  high: number;
}

export interface EstimateRow extends Range {
  figure: 'listeners' | 'customers-kept' | 'revenue-kept' | 'profit-share' | 'return';
  unit: 'people' | 'customers' | 'minor' | 'share' | 'ratio';
  /** Of a figure in minor units. */
  currency: string | undefined;
  assumptions: (Range & { name: string; source: 'measured' | 'entered' | 'rule-of-thumb' })[];
}

/** Masked before it comes here. */
export interface Quote {
  text: string;
  names: Names;
  channel: string;
  at: Date;
}

export interface PeriodReportData {
  counting: Counting;
  period: Window;
  before: Window;
  comments: number;
  commentsBefore: number;
  withTheme: Share | undefined;
  /** How many of `themes` are reported in detail. */
  top: number;
  /** Most named first. */
  themes: ThemeRow[];
  trendBy: TrendUnit;
  details: ThemeDetail[];
  associations: { rows: AssociationRow[]; customers: number; left: number };
  hypotheses: HypothesisRow[];
  initiatives: InitiativeRow[];
  proofs: ProofRow[];
  effects: Effects;
  estimates: EstimateRow[];
  quotes: Quote[];
}

export type TrendUnit = 'day' | 'week' | 'month';

export interface WhyRow {
  /** 1 for the first why. */
  depth: number;
  statement: string;
  department: string | undefined;
  evidence: number;
  root: boolean;
}

export interface InitiativeReportData {
  counting: Counting;
  initiative: InitiativeRow & { initiativeId: string };
  /** What happened to it, in order. */
  history: { state: InitiativeState; at: Date; by: string }[];
  /** Of the theme, over `window`; it changed against `before`. */
  window: Window;
  before: Window;
  theme: ThemeRow | undefined;
  detail: ThemeDetail | undefined;
  trendBy: TrendUnit;
  associations: { rows: AssociationRow[]; customers: number; left: number };
  whys: WhyRow[];
  proofs: ProofRow[];
  effects: Effects;
  estimates: EstimateRow[];
  quotes: Quote[];
}

/** What the owner of an initiative gets. */
export interface PackReportData {
  counting: Counting;
  initiative: InitiativeRow;
  mention: Share | undefined;
  primary: Share | undefined;
  customers: number;
  cases: number;
  detail: ThemeDetail;
  /** Customer effort, 7 = very easy, and the share of answers that are low. */
  effort: { n: number; mean: number; low: Share } | undefined;
  quotes: Quote[];
  /** The newest; `cases` is all. */
  latestCases: {
    caseId: string;
    priority: string | undefined;
    openedAt: Date | undefined;
    outcome: string | undefined;
  }[];
}
