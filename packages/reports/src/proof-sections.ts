import { ceiling } from './charts.ts';
import { html } from './html.ts';
import { intervalChart } from './interval-chart.ts';
import { badge, type Edition, note, nothing, type Section, table, withRange } from './page.ts';
import type {
  EffectRow,
  Effects,
  EstimateRow,
  InitiativeRow,
  ProofConclusion,
  ProofRow,
  Range,
} from './report-data.ts';

export const isUnderWay = ({ state }: InitiativeRow) => state !== 'proven' && state !== 'abandoned';

export function workSection(rows: readonly InitiativeRow[], { words, figures, name }: Edition): Section {
  const { title, ...text } = words.work;
  if (rows.length === 0) return nothing(title, text.none);
  const underWay = rows.filter(isUnderWay);
  const late = figures.count(underWay.filter(({ overdue }) => overdue).length);
  return {
    title,
    headline: underWay.length > 0 ? text.headline(figures.count(underWay.length), late) : text.ended,
    body: table(
      [text.rank, text.initiative, text.owner, text.department, text.due, text.state],
      rows.map((row) => [
        row.rank === undefined ? '–' : figures.count(row.rank),
        html`<b>${row.title}</b><small>${name(row.names)}</small>`,
        row.owner,
        row.department,
        html`${figures.date(row.dueAt)}${row.overdue ? html`<small class="alarming">${text.overdue}</small>` : undefined}`,
        badge(row.state === 'proven' ? 'good' : 'open', text.states[row.state]),
      ]),
      6,
    ),
  };
}

const tones = { confirmed: 'good', worse: 'bad', 'no-evidence': 'open', underpowered: 'open' } as const;

export function proofSection(rows: readonly ProofRow[], edition: Edition): Section {
  const { words, figures, name } = edition;
  const { title, ...text } = words.proofs;
  if (rows.length === 0) return nothing(title, text.none);
  const concluded = rows.filter(({ conclusion }) => conclusion);
  const confirmed = concluded.filter(({ conclusion }) => conclusion?.verdict === 'confirmed');
  const card = (row: ProofRow) => html`<div class="card">
<h3>${name(row.names)} ${row.conclusion ? badge(tones[row.conclusion.verdict], text.verdicts[row.conclusion.verdict]) : badge('open', text.pending)}</h3>
${row.conclusion ? finding(row, row.conclusion) : undefined}
${note([
  text.registered({
    date: figures.date(row.registeredAt),
    metric: text.metrics[row.metric],
    expected: figures.change(row.expectedChange),
    frame: String(row.frameVersion),
    alpha: String(row.alpha),
    comparisons: figures.count(row.comparisons),
  }),
  words.gap,
  text.windows(figures.days(row.baseline), figures.days(row.after)),
  row.conclusion
    ? `${words.gap}${text.tested({ method: text.methods[row.conclusion.method], p: figures.p(row.conclusion.corrected), power: row.conclusion.power > 0.999 ? '> 99.9%' : figures.percent(row.conclusion.power) })}`
    : '',
])}
</div>`;
  return {
    title,
    headline:
      concluded.length > 0
        ? text.headline(figures.count(confirmed.length), figures.count(concluded.length))
        : text.waiting(figures.count(rows.length)),
    body: html`<div class="cards">${rows.map(card)}</div>`,
  };

  function finding(row: ProofRow, { verdict, before, after, difference }: ProofConclusion) {
    const side = (label: string, share: ProofConclusion['before'], emphasised: boolean) => ({
      label: `${label} (${figures.count(share.hits)} / ${figures.count(share.of)})`,
      interval: share,
      text: `${figures.percent(share.estimate)}  (${figures.percents(share)})`,
      emphasised,
    });
    return html`<p>${text.meanings[verdict]}${words.gap}${text.difference} <b>${figures.points(difference.estimate)}</b> ${text.points} (${figures.pointsRange(difference)})</p>
<figure>${intervalChart(
      [side(text.before, before, false), side(text.after, after, true)],
      {
        mark: 'bar',
        axis: (value) => figures.percent(value).replace('.0%', '%'),
        max: ceiling(Math.max(before.upper, after.upper)),
      },
      text.says(name(row.names)),
    )}</figure>`;
  }
}

const findingTones = { better: 'good', worse: 'bad', 'no-evidence': 'open' } as const;

export function effectSection({ rows, missing }: Effects, edition: Edition): Section {
  const { words, figures, name, code } = edition;
  const { title, ...text } = words.effects;
  const lacking =
    missing.length === 0 ? undefined : text.missing(words.list(missing.map((level) => text.levels[level])));
  if (rows.length === 0) return nothing(title, text.none);
  const found = (finding: EffectRow['finding']) => figures.count(rows.filter((row) => row.finding === finding).length);
  const changed = rows.flatMap((row) => (row.change ? [{ ...row, change: row.change }] : []));
  const amount = (value: EffectRow['before']) =>
    typeof value === 'number'
      ? figures.count(value)
      : withRange(figures.percent(value.hits / value.of), `${figures.count(value.hits)} / ${figures.count(value.of)}`);
  return {
    title,
    headline: text.headline(found('better'), found('worse'), found('no-evidence')),
    body: html`${lacking === undefined ? undefined : html`<p class="lead">${lacking}</p>`}
${
  changed.length === 0
    ? undefined
    : html`<figure>${intervalChart(
        changed.map(({ metric, level, change, finding }) => ({
          label: `${text.levels[level]} · ${code(metric)}`,
          interval: change,
          text: `${figures.change(change.estimate)}`,
          emphasised: finding !== 'no-evidence',
        })),
        { mark: 'dot', axis: (value) => figures.change(value).replace('.0%', '%'), reference: 0 },
        text.says,
      )}</figure>`
}
${table(
  [text.measure, text.against, text.finding, text.before, text.after, text.change],
  rows.map((row) => [
    html`<b>${code(row.metric)}</b><small>${text.levels[row.level]} · ${name(row.names)}</small>`,
    html`${text.comparators[row.comparator]}<small>${figures.wholeDays(row.window)}</small>`,
    badge(findingTones[row.finding], text.findings[row.finding]),
    amount(row.before),
    amount(row.after),
    row.change ? withRange(figures.change(row.change.estimate), figures.changeRange(row.change)) : text.noRatio,
  ]),
  3,
)}
${note(text.longest)}`,
  };
}

export function estimateSection(rows: readonly EstimateRow[], { words, figures, code }: Edition): Section {
  const { title, ...text } = words.estimates;
  if (rows.length === 0) return nothing(title, text.none);
  const spread = (range: Range, unit: string) =>
    range.low === range.high
      ? figures.estimate(range.estimate, unit)
      : `${figures.estimate(range.estimate, unit)} (${figures.range(range, unit)})`;
  return {
    title,
    headline: text.headline,
    body: table(
      [text.figure, text.rests, text.value, text.range],
      rows.map(({ figure, unit, currency, assumptions, ...range }) => [
        html`<b>${text.figures[figure]}</b><small>${text.label}</small>`,
        assumptions.map(
          (one) => html`<small>${code(one.name)} ${spread(one, 'ratio')} · ${text.sources[one.source]}</small>`,
        ),
        html`≈ ${figures.estimate(range.estimate, unit, currency)}`,
        figures.range(range, unit, currency),
      ]),
      2,
    ),
  };
}
