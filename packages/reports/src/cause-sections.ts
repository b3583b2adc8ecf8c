import { html } from './html.ts';
import { intervalChart } from './interval-chart.ts';
import { badge, type Edition, note, nothing, type Section, table, withRange } from './page.ts';
import type { AssociationRow, HypothesisRow, PeriodReportData, WhyRow } from './report-data.ts';

export function leavingSection({ rows, customers, left }: PeriodReportData['associations'], edition: Edition): Section {
  const { words, figures, name, quoted } = edition;
  const { title, ...text } = words.leaving;
  if (rows.length === 0) return nothing(title, text.none);
  // The clearest: a ratio may be large because hardly anybody named the theme.
  const more = rows
    .filter(({ wording }) => wording === 'leavers-name-it-more')
    .sort((a, b) => a.corrected - b.corrected)[0];
  const ratio = ({ oddsRatio }: AssociationRow) => figures.ratio(oddsRatio.estimate);
  return {
    title,
    headline: more
      ? text.more({ theme: quoted(more.names), ratio: ratio(more), range: figures.ratios(more.oddsRatio) })
      : text.less,
    body: html`<p class="lead">${text.caution}</p>
<figure>${intervalChart(
      rows.map((row) => ({
        label: name(row.names),
        interval: row.oddsRatio,
        text: `${ratio(row)}  (${figures.ratios(row.oddsRatio)})`,
        emphasised: row.wording !== 'no-association-shown',
      })),
      { mark: 'dot', axis: String, logarithmic: true, reference: 1 },
      text.says,
    )}</figure>
${table(
  [text.theme, text.named, text.notNamed, text.oddsRatio, text.adjusted, text.p],
  rows.map((row) => [
    html`<b>${name(row.names)}</b>`,
    leavers(row.named),
    leavers(row.notNamed),
    withRange(ratio(row), figures.ratios(row.oddsRatio)),
    row.adjusted ? withRange(figures.ratio(row.adjusted.estimate), figures.ratios(row.adjusted)) : text.notFitted,
    figures.p(row.corrected).replace('= ', ''),
  ]),
)}
${note(text.note(figures.count(customers), figures.count(left)))}`,
  };

  function leavers({ hits, of }: AssociationRow['named']) {
    return withRange(figures.percent(hits / of), `${figures.count(hits)} / ${figures.count(of)}`);
  }
}

const tones = { rejected: 'bad', supported: 'good', open: 'open' } as const;

export function beliefSection(rows: readonly HypothesisRow[], edition: Edition): Section {
  const { words, figures, quoted, code } = edition;
  const { title, ...text } = words.beliefs;
  if (rows.length === 0) return nothing(title, text.none);
  const count = (verdict: HypothesisRow['verdict']) =>
    figures.count(rows.filter((row) => row.verdict === verdict).length);
  const channels = (row: HypothesisRow) =>
    row.channels.map(
      ({ channel, share, finding }) =>
        html`<small class="line">${code(channel)} ${figures.percent(share.estimate)} (${figures.percents(share)}, ${figures.count(share.hits)} / ${figures.count(share.of)}${finding === 'too-few' ? `, ${text.tooFew}` : ''})</small>`,
    );
  return {
    title,
    headline: text.headline({ rejected: count('rejected'), supported: count('supported'), open: count('open') }),
    body: table(
      [text.belief, text.verdict, text.channels],
      rows.map((row) => [
        html`<b>${row.statement}</b><small>${text.by(row.believedBy)}</small><small>${text.test}${words.colon}${text.atLeast(words.list(row.themes.map(quoted)), figures.percent(row.threshold))}</small>`,
        badge(tones[row.verdict], text.verdicts[row.verdict]),
        channels(row),
      ]),
      3,
    ),
  };
}

export function whySection(rows: readonly WhyRow[], { words, figures }: Edition): Section {
  const { title, ...text } = words.whys;
  if (rows.length === 0) return nothing(title, text.none);
  const root = rows.find((row) => row.root);
  return {
    title,
    headline: root ? text.headline(root.statement) : text.open,
    body: html`<ol class="whys">${rows.map(
      (row) =>
        html`<li class="${row.root ? 'root' : ''}" style="margin-left:${(row.depth - 1) * 22}px">${row.root ? html`<b>${row.statement}</b>` : row.statement}<small>${[
          row.department,
          text.evidence(figures.count(row.evidence)),
          row.root ? text.root : undefined,
        ]
          .filter((part) => part !== undefined)
          .join(' · ')}</small></li>`,
    )}</ol>`,
  };
}
