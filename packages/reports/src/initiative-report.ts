import { leavingSection, whySection } from './cause-sections.ts';
import { methodSection, quoteSection } from './closing-sections.ts';
import type { Language } from './figures.ts';
import { html } from './html.ts';
import { type Edition, editionOf, nothing, page, type Section, table } from './page.ts';
import { effectSection, estimateSection, proofSection } from './proof-sections.ts';
import type { InitiativeReportData } from './report-data.ts';
import { channelSection, themeCells, trendSection } from './theme-sections.ts';

/** One initiative: how big its cause is, why it happens, whether the fix is proven and what came of it. */
export function initiativeReport(data: InitiativeReportData, language: Language): string {
  const edition = editionOf(language, data.counting);
  const { words, figures, quoted } = edition;
  const { initiative } = data;
  const text = words.initiative;
  return page(
    edition,
    {
      kind: words.page.initiative,
      period: figures.days(data.window),
      headline: initiative.title,
      under: resultLine(data, edition),
      tiles: [
        {
          value: initiative.rank === undefined ? '–' : figures.count(initiative.rank),
          label: text.tiles.rank,
          under: text.against(quoted(initiative.names)),
        },
        { value: initiative.owner, label: text.tiles.owner, under: initiative.department },
        {
          value: figures.date(initiative.dueAt),
          label: text.tiles.due,
          under: initiative.overdue ? words.work.overdue : undefined,
          alarming: initiative.overdue,
        },
        { value: words.work.states[initiative.state], label: text.tiles.state },
      ],
    },
    [
      sizeSection(data, edition),
      trendSection(data.theme ? [data.theme] : [], data.detail ? [data.detail] : [], data.trendBy, edition),
      channelSection(data.detail ? [data.detail] : [], edition),
      leavingSection(data.associations, edition),
      whySection(data.whys, edition),
      proofSection(data.proofs, edition),
      effectSection(data.effects, edition),
      estimateSection(data.estimates, edition),
      historySection(data, edition),
      quoteSection(data.quotes, edition),
      methodSection(data.counting, { period: data.window, before: data.before }, edition),
    ],
  );
}

function resultLine({ proofs }: InitiativeReportData, { words, figures }: Edition) {
  const conclusion = proofs.findLast((proof) => proof.conclusion)?.conclusion;
  if (!conclusion) return undefined;
  const { before, after, difference, verdict } = conclusion;
  return html`<p class="lead strong">${words.initiative.result({
    before: figures.percent(before.estimate),
    after: figures.percent(after.estimate),
    points: figures.points(difference.estimate),
    range: figures.pointsRange(difference),
    verdict: words.proofs.verdicts[verdict],
  })}</p>`;
}

function sizeSection({ theme }: InitiativeReportData, edition: Edition): Section {
  const { words, figures, quoted } = edition;
  const { title, headline, none } = words.initiative.size;
  if (!theme) return nothing(title, none);
  const { mention, names } = theme;
  const top = words.top;
  return {
    title,
    headline: headline({
      theme: quoted(names),
      share: `${figures.percent(mention.estimate)} (${figures.percents(mention)})`,
      of: figures.count(mention.of),
    }),
    body: table(
      [top.theme, top.hits, top.mention, top.primary, `${top.change} (${top.points})`],
      [themeCells(theme, edition)],
    ),
  };
}

function historySection({ history }: InitiativeReportData, { words, figures }: Edition): Section {
  const { history: title, by } = words.initiative;
  if (history.length === 0) return nothing(title, words.empty);
  return {
    title,
    headline: '',
    body: html`<ol class="steps">${history.map(
      (step) =>
        html`<li><time>${figures.date(step.at)}</time><span><b>${words.work.states[step.state]}</b> ${by(step.by)}</span></li>`,
    )}</ol>`,
  };
}
