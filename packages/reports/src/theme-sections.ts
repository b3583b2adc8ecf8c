import { ceiling } from './charts.ts';
import { html } from './html.ts';
import { intervalChart } from './interval-chart.ts';
import { type Edition, note, nothing, type Section, table, withRange } from './page.ts';
import { channelPanel, trendPanel } from './panels.ts';
import type { PeriodReportData, Share, ThemeDetail, ThemeRow, TrendUnit } from './report-data.ts';

const shown = 8;
const panel = { three: 246, one: 760 };

export function topSection({ themes, top, counting }: PeriodReportData, edition: Edition): Section {
  const { words, figures, quoted, name } = edition;
  const { title, ...text } = words.top;
  if (counting.frameVersion === undefined) return nothing(title, text.noFrame);
  const named = themes.filter(({ mention }) => mention.hits > 0);
  if (named.length === 0) return nothing(title, text.none);
  const first = named.slice(0, top);
  const listed = named.slice(0, Math.max(top, shown));
  const overlap = first[1] !== undefined && first[1].mention.upper >= first[0]!.mention.lower;
  const titles = first.map(({ names }) => quoted(names));
  const chart = intervalChart(
    listed.map(({ names, mention }, at) => ({
      label: name(names),
      interval: mention,
      text: `${figures.percent(mention.estimate)}  (${figures.percents(mention)})`,
      emphasised: at < top,
    })),
    {
      mark: 'bar',
      axis: (value) => figures.percent(value).replace('.0%', '%'),
      max: highest(listed.map(({ mention }) => mention)),
    },
    text.says,
  );
  const columns = [text.theme, text.hits, text.mention, text.primary, `${text.change} (${text.points})`];
  return {
    title,
    headline:
      first.length === 1 ? text.single(titles[0]!) : text.headline(words.list(titles), figures.count(first.length)),
    body: html`${overlap ? html`<p class="lead">${text.orderOpen}</p>` : undefined}<figure>${chart}</figure>
${table(
  columns,
  first.map((row) => themeCells(row, edition)),
)}
${note([named.length > listed.length ? `${words.rest(figures.count(named.length - listed.length))}${words.gap}` : '', text.note])}`,
  };
}

export function themeCells({ names, mention, primary, change }: ThemeRow, { figures, name }: Edition) {
  return [
    html`<b>${name(names)}</b>`,
    counted(mention),
    withRange(figures.percent(mention.estimate), figures.percents(mention)),
    withRange(figures.percent(primary.estimate), figures.percents(primary)),
    change ? withRange(figures.points(change.estimate), figures.pointsRange(change)) : '–',
  ];

  function counted({ hits, of }: Share) {
    return html`${figures.count(hits)} / ${figures.count(of)}`;
  }
}

export function trendSection(
  themes: readonly ThemeRow[],
  details: readonly ThemeDetail[],
  by: TrendUnit,
  edition: Edition,
): Section {
  const { words, figures, quoted, name } = edition;
  const { title, ...text } = words.trend;
  const drawn = details.filter(({ trend }) => trend.length > 1);
  const compared = themes.flatMap(({ names, change }) => (change ? [{ names, change }] : []));
  if (drawn.length === 0 && compared.length === 0) return nothing(title, text.none);
  const listing = (rows: typeof compared, moved: boolean) =>
    words.list(
      rows.map(({ names, change }) =>
        moved ? `${quoted(names)} ${figures.points(change.estimate)} ${words.top.points}` : quoted(names),
      ),
    );
  const groups = [
    { rows: compared.filter(({ change }) => change.lower > 0), say: text.rose, moved: true },
    { rows: compared.filter(({ change }) => change.upper < 0), say: text.fell, moved: true },
    {
      rows: compared.filter(({ change }) => change.lower <= 0 && change.upper >= 0),
      say: text.unchanged,
      moved: false,
    },
  ];
  const sentences = groups
    .filter(({ rows }) => rows.length > 0)
    .map(({ rows, say, moved }) => say(listing(rows, moved)));
  const max = highest(drawn.flatMap(({ trend }) => trend.map(({ share }) => share)));
  const width = drawn.length > 1 ? panel.three : panel.one;
  return {
    title,
    headline:
      sentences.length > 0
        ? sentences.map((sentence) => html`${sentence}<br>`)
        : compared.length === 0 && themes.length > 0
          ? text.none
          : '',
    body: html`<div class="panels ${drawn.length > 1 ? '' : 'one'}">${drawn.map(
      (detail) =>
        html`<figure>${drawn.length > 1 ? html`<h3>${name(detail.names)}</h3>` : undefined}${trendPanel(detail, { max, by, width }, figures, text.says(name(detail.names)))}</figure>`,
    )}</div>
${drawn.length > 0 ? note(text.note(text.by[by], drawn.length > 1)) : undefined}`,
  };
}

export function channelSection(details: readonly ThemeDetail[], edition: Edition): Section {
  const { words, figures, quoted, name, code } = edition;
  const { title, ...text } = words.channels;
  const drawn = details.filter(({ channels }) => channels.length > 0);
  const first = drawn[0];
  if (!first) return nothing(title, words.empty);
  const most = first.channels.reduce((a, b) => (b.share.estimate > a.share.estimate ? b : a));
  const max = highest(drawn.flatMap(({ channels }) => channels.map(({ share }) => share)));
  const width = drawn.length > 1 ? panel.three : panel.one;
  const counts = first.channels.map(({ channel, share }) => `${code(channel)} ${figures.count(share.of)}`);
  return {
    title,
    headline:
      first.channels.length === 1
        ? text.single(code(most.channel), figures.count(most.share.of))
        : text.headline({
            theme: quoted(first.names),
            channel: code(most.channel),
            share: `${figures.percent(most.share.estimate)} (${figures.percents(most.share)})`,
            of: figures.count(most.share.of),
          }),
    body: html`<div class="panels ${drawn.length > 1 ? '' : 'one'}">${drawn.map(
      (detail) =>
        html`<figure>${drawn.length > 1 ? html`<h3>${name(detail.names)}</h3>` : undefined}${channelPanel(detail, { max, width }, { figures, nameOf: code }, text.says(name(detail.names)))}</figure>`,
    )}</div>
${note(text.note(words.list(counts)))}`,
  };
}

function highest(shares: readonly Share[]): number {
  return ceiling(Math.max(0, ...shares.map(({ upper }) => upper)));
}
