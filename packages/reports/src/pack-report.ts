import { methodSection, quoteSection } from './closing-sections.ts';
import type { Language } from './figures.ts';
import { type Edition, editionOf, nothing, page, type Section, table, withRange } from './page.ts';
import type { PackReportData, Share } from './report-data.ts';
import { channelSection, trendSection } from './theme-sections.ts';

/** The numbers and the masked words that go with an initiative to its owner. */
export function packReport(data: PackReportData, language: Language): string {
  const edition = editionOf(language, data.counting);
  const { words, figures, quoted } = edition;
  const { initiative, mention, primary } = data;
  const text = words.pack;
  const share = (value: Share | undefined) => (value ? figures.percent(value.estimate) : '–');
  const counted = (value: Share | undefined) =>
    value && `${figures.count(value.hits)} / ${figures.count(value.of)} (${figures.percents(value)})`;
  return page(
    edition,
    {
      kind: words.page.pack,
      period: figures.date(data.counting.generatedAt),
      headline: initiative.title,
      tiles: [
        { value: share(mention), label: text.mention(quoted(initiative.names)), under: counted(mention) },
        { value: share(primary), label: text.primary, under: counted(primary) },
        { value: figures.count(data.customers), label: text.customers },
        { value: figures.count(data.cases), label: text.cases },
      ],
    },
    [
      askSection(data, edition),
      trendSection([], [data.detail], 'month', edition),
      channelSection([data.detail], edition),
      effortSection(data, edition),
      quoteSection(data.quotes, edition),
      caseSection(data, edition),
      methodSection(data.counting, {}, edition),
    ],
  );
}

function askSection({ initiative }: PackReportData, { words, figures }: Edition): Section {
  const text = words.pack.ask;
  return {
    title: text.title,
    headline: text.headline(initiative.owner, figures.date(initiative.dueAt)),
    body: table(
      [words.work.department, words.work.rank, words.work.state, text.review],
      [
        [
          initiative.department,
          initiative.rank === undefined ? '–' : figures.count(initiative.rank),
          words.work.states[initiative.state],
          figures.date(initiative.reviewDueAt),
        ],
      ],
      4,
    ),
  };
}

function effortSection({ effort }: PackReportData, { words, figures }: Edition): Section {
  const { title, ...text } = words.pack.effort;
  if (!effort) return nothing(title, text.none);
  return {
    title,
    headline: text.headline(figures.percent(effort.low.estimate), figures.count(effort.n)),
    body: table(
      [text.answers, text.mean, text.low],
      [
        [
          figures.count(effort.n),
          figures.ratio(effort.mean),
          withRange(
            figures.percent(effort.low.estimate),
            `${figures.count(effort.low.hits)} / ${figures.count(effort.low.of)} (${figures.percents(effort.low)})`,
          ),
        ],
      ],
      3,
    ),
  };
}

function caseSection({ latestCases, cases }: PackReportData, { words, figures, code }: Edition): Section {
  const { title, ...text } = words.pack.latest;
  if (latestCases.length === 0) return nothing(title, text.none);
  return {
    title,
    headline: text.headline(figures.count(latestCases.length), figures.count(cases)),
    body: table(
      [text.id, text.priority, text.opened, text.outcome],
      latestCases.map((one) => [
        one.caseId,
        one.priority ?? '–',
        one.openedAt ? figures.date(one.openedAt) : '–',
        one.outcome ? code(one.outcome) : '–',
      ]),
      4,
    ),
  };
}
