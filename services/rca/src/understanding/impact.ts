import { type Health, type HealthFacts, healthOf, type Part } from './health.ts';

/**
 * What a theme costs: the value with everybody's words, and the value without the comments that mention the theme.
 *
 * NPS is percent promoters less percent detractors, −100 to 100, of all answers, silent ones too. Health is the average
 * over customers; without a theme each is scored on what else they said, and who said nothing else is in no average. The
 * difference is what is less (or more) because of those comments, not what a fix would bring: whoever complains of one
 * thing might have complained of another.
 */
export interface Answers {
  of: number;
  promoters: number;
  detractors: number;
}

/** null: nobody answered. */
export function npsOf({ of, promoters, detractors }: Answers): number | null {
  return of === 0 ? null : (100 * (promoters - detractors)) / of;
}

/** The same answers without those that mention a theme. */
export function without(all: Answers, theme: Answers): Answers {
  return {
    of: all.of - theme.of,
    promoters: all.promoters - theme.promoters,
    detractors: all.detractors - theme.detractors,
  };
}

export interface Said {
  /** Of an NPS answer, else null. */
  nps: number | null;
  at: number;
  negativeWords: number;
  redLine: boolean;
  themes: readonly string[];
}

export interface CustomerSaid {
  said: readonly Said[];
  cases: number;
  resolved: number;
}

export interface HealthSum {
  customers: number;
  sum: number;
}

/** Added up customer by customer, so that no more than one needs to be held. */
export interface HealthTotals {
  all: HealthSum;
  colours: Record<Health['colour'], number>;
  missing: Record<Part, number>;
  /** Of those who mention the theme: how they do, and how without it. */
  themes: Map<string, { as: HealthSum; without: HealthSum }>;
}

export function noTotals(): HealthTotals {
  return {
    all: { customers: 0, sum: 0 },
    colours: { green: 0, yellow: 0, red: 0 },
    missing: { nps: 0, frequency: 0, resolution: 0, negative: 0 },
    themes: new Map(),
  };
}

/** Adds one customer who said something. */
export function addHealth(
  totals: HealthTotals,
  customer: CustomerSaid,
  months: number,
  policy: Parameters<typeof healthOf>[1],
): void {
  const health = healthOf(factsOf(customer, customer.said, months), policy);
  totals.colours[health.colour]++;
  for (const part of health.missing) totals.missing[part]++;
  add(totals.all, health);
  for (const theme of new Set(customer.said.flatMap(({ themes }) => themes))) {
    const sums = totals.themes.get(theme) ?? { as: { customers: 0, sum: 0 }, without: { customers: 0, sum: 0 } };
    totals.themes.set(theme, sums);
    add(sums.as, health);
    const rest = customer.said.filter(({ themes }) => !themes.includes(theme));
    if (rest.length > 0) add(sums.without, healthOf(factsOf(customer, rest, months), policy));
  }
}

/** The average over all customers, each without the theme; null when nobody is left. */
export function healthWithout(totals: HealthTotals, themeId: string): { customers: number; value: number | null } {
  const { as, without } = totals.themes.get(themeId) ?? noSums;
  const customers = totals.all.customers - as.customers + without.customers;
  return { customers, value: customers === 0 ? null : (totals.all.sum - as.sum + without.sum) / customers };
}

const noSums = { as: { customers: 0, sum: 0 }, without: { customers: 0, sum: 0 } };

function factsOf({ cases, resolved }: CustomerSaid, said: readonly Said[], months: number): HealthFacts {
  const answers = said.filter(({ nps }) => nps !== null);
  const latest = answers.reduce<Said | undefined>((last, one) => (last && last.at > one.at ? last : one), undefined);
  return {
    nps: latest?.nps ?? null,
    contacts: said.length,
    months,
    cases,
    resolved,
    negativeWords: said.reduce((sum, one) => sum + one.negativeWords, 0),
    redLine: said.some((one) => one.redLine),
  };
}

function add(to: HealthSum, { score }: Health): void {
  to.customers++;
  to.sum += score;
}
