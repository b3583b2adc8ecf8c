import { beliefSection, leavingSection } from './cause-sections.ts';
import { methodSection, quoteSection } from './closing-sections.ts';
import type { Language } from './figures.ts';
import { type Edition, editionOf, page, type Tile } from './page.ts';
import { effectSection, estimateSection, isUnderWay, proofSection, workSection } from './proof-sections.ts';
import type { PeriodReportData } from './report-data.ts';
import { channelSection, topSection, trendSection } from './theme-sections.ts';

/** What customers were unhappy about in a period, what is done about it and what came of it, as one HTML file. */
export function periodReport(data: PeriodReportData, language: Language): string {
  const edition = editionOf(language, data.counting);
  const { words, figures, quoted } = edition;
  const first = data.themes.find(({ mention }) => mention.hits > 0);
  return page(
    edition,
    {
      kind: words.page.period,
      period: figures.days(data.period),
      headline: first
        ? words.period.headline({
            theme: quoted(first.names),
            share: figures.percent(first.mention.estimate),
            of: figures.count(first.mention.of),
          })
        : data.comments === 0
          ? words.period.nothing
          : words.top[data.counting.frameVersion === undefined ? 'noFrame' : 'none'],
      tiles: tiles(data, edition),
    },
    [
      topSection(data, edition),
      trendSection(data.themes.slice(0, data.top), data.details, data.trendBy, edition),
      channelSection(data.details, edition),
      leavingSection(data.associations, edition),
      beliefSection(data.hypotheses, edition),
      workSection(data.initiatives, edition),
      proofSection(data.proofs, edition),
      effectSection(data.effects, edition),
      estimateSection(data.estimates, edition),
      quoteSection(data.quotes, edition),
      methodSection(data.counting, { period: data.period, before: data.before }, edition),
    ],
  );
}

function tiles(data: PeriodReportData, { words, figures }: Edition): Tile[] {
  const text = words.period.tiles;
  const underWay = data.initiatives.filter(isUnderWay);
  const overdue = underWay.filter(({ overdue }) => overdue).length;
  const concluded = data.proofs.filter(({ conclusion }) => conclusion);
  const confirmed = concluded.filter(({ conclusion }) => conclusion?.verdict === 'confirmed');
  return [
    {
      value: figures.count(data.comments),
      label: text.comments,
      under: text.before(figures.count(data.commentsBefore)),
    },
    {
      value: data.withTheme ? figures.percent(data.withTheme.estimate) : '–',
      label: text.withTheme,
      under: data.withTheme && `${figures.count(data.withTheme.hits)} / ${figures.count(data.withTheme.of)}`,
    },
    {
      value: figures.count(underWay.length),
      label: text.initiatives(figures.count(underWay.length)),
      under: overdue > 0 ? text.overdue(figures.count(overdue)) : text.onTime,
      alarming: overdue > 0,
    },
    {
      value: figures.count(confirmed.length),
      label: text.proofs(figures.count(confirmed.length)),
      under: text.ofProofs(figures.count(concluded.length)),
    },
  ];
}
