import type { Interval } from '@heard/statistics/interval';
import type { Range, Window } from './report-data.ts';

export type Language = 'zh' | 'en';

/** How numbers and times are written in one language. Shares come as 0…1, money in minor units. */
export interface Figures {
  count(n: number): string;
  percent(share: number): string;
  /** `27.2–33.1%` */
  percents(interval: Pick<Interval, 'lower' | 'upper'>): string;
  /** Percentage points with their sign. */
  points(difference: number): string;
  pointsRange(interval: Pick<Interval, 'lower' | 'upper'>): string;
  /** A relative change with its sign. */
  change(relative: number): string;
  changeRange(interval: Pick<Interval, 'lower' | 'upper'>): string;
  ratio(value: number): string;
  ratios(interval: Pick<Interval, 'lower' | 'upper'>): string;
  p(value: number): string;
  estimate(value: number, unit: string, currency?: string): string;
  range(range: Range, unit: string, currency?: string): string;
  date(at: Date): string;
  /** Month and day of a UTC midnight that stands for the company's day. */
  day(at: Date): string;
  /** Year and month of such a midnight. */
  month(at: Date): string;
  moment(at: Date): string;
  days(window: Window): string;
  /** Of UTC midnights that stand for the company's days. */
  wholeDays(window: Window): string;
}

export function figuresOf(language: Language, timeZone: string): Figures {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
  const to = language === 'zh' ? ' 至 ' : ' to ';
  const number = (digits: number) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const [whole, tenth, hundredth] = [number(0), number(1), number(2)];
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const signed = (value: number) => {
    const text = tenth.format(Math.abs(value) * 100);
    if (Number(text.replaceAll(',', '')) === 0) return text;
    return `${value < 0 ? '−' : '+'}${text}`;
  };
  const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const date = dates({ year: 'numeric', month: language === 'zh' ? 'long' : 'short', day: 'numeric' });
  const day = dates({ timeZone: 'UTC', month: language === 'zh' ? 'numeric' : 'short', day: 'numeric' });
  const month = dates({ timeZone: 'UTC', year: 'numeric', month: 'short' });
  const moment = dates({ dateStyle: 'medium', timeStyle: 'short' });
  const ratio = (value: number) => (value < 9.995 ? hundredth : tenth).format(value);
  const estimate = (value: number, unit: string, currency?: string) => {
    if (unit === 'share') return `${tenth.format(value * 100)}%`;
    if (unit === 'ratio') return plain.format(value);
    if (unit !== 'minor') return whole.format(Math.round(value));
    if (!currency) return whole.format(value / 100);
    return new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: 0 }).format(value / 100);
  };
  return {
    count: (n) => whole.format(n),
    percent: (share) => `${tenth.format(share * 100)}%`,
    percents: ({ lower, upper }) => `${tenth.format(lower * 100)}–${tenth.format(upper * 100)}%`,
    points: signed,
    pointsRange: ({ lower, upper }) => `${signed(lower)}${to}${signed(upper)}`,
    change: (relative) => `${signed(relative)}%`,
    changeRange: ({ lower, upper }) => `${signed(lower)}%${to}${signed(upper)}%`,
    ratio,
    ratios: ({ lower, upper }) => `${ratio(lower)}–${ratio(upper)}`,
    p: (value) => (value < 0.001 ? '< 0.001' : `= ${number(3).format(value)}`),
    estimate,
    range: ({ low, high }, unit, currency) => `${estimate(low, unit, currency)} – ${estimate(high, unit, currency)}`,
    date: (at) => date.format(at),
    day: (at) => day.format(at),
    month: (at) => month.format(at),
    moment: (at) => moment.format(at),
    days: daysIn(locale, timeZone),
    wholeDays: daysIn(locale, 'UTC'),
  };
}

/** The first and the last day; the year once where it is the same. */
function daysIn(locale: string, timeZone: string): (window: Window) => string {
  const month = locale === 'zh-CN' ? 'long' : 'short';
  const dates = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const date = dates({ year: 'numeric', month, day: 'numeric' });
  const [year, inYear] = [dates({ year: 'numeric' }), dates({ month, day: 'numeric' })];
  return ({ from, until }) => {
    const last = new Date(until.getTime() - 1);
    if (locale !== 'zh-CN') return date.formatRange(from, last);
    return `${date.format(from)} – ${year.format(from) === year.format(last) ? inYear.format(last) : date.format(last)}`;
  };
}
