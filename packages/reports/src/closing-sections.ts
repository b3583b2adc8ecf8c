import { html } from './html.ts';
import { type Edition, nothing, type Section } from './page.ts';
import type { Counting, Quote, Window } from './report-data.ts';

export function quoteSection(quotes: readonly Quote[], { words, figures, name, code }: Edition): Section {
  const { title, headline, none } = words.quotes;
  if (quotes.length === 0) return nothing(title, none);
  return {
    title,
    headline,
    body: quotes.map(
      ({ text, names, channel, at }) =>
        html`<blockquote><p lang="${/\p{Script=Han}/u.test(text) ? 'zh-CN' : 'en'}">${text}</p><footer>${name(names)} · ${code(channel)} · ${figures.date(at)}</footer></blockquote>`,
    ),
  };
}

export function methodSection(
  counting: Counting,
  windows: { period?: Window; before?: Window },
  edition: Edition,
): Section {
  const { words, figures, code } = edition;
  const { title, ...text } = words.method;
  const filter = Object.entries(counting.filter).map(
    ([field, values]) => `${text.fields[field] ?? field}${words.colon}${words.list(values.map(code))}`,
  );
  const rows = [
    ...(windows.period ? [[text.period, figures.days(windows.period)]] : []),
    ...(windows.before ? [[text.before, figures.days(windows.before)]] : []),
    [text.filter, filter.length > 0 ? filter.join(' · ') : text.all],
    [text.frame, counting.frameVersion === undefined ? text.noFrame : text.version(String(counting.frameVersion))],
    [text.policy, text.version(String(counting.policyVersion))],
    [text.confidence, text.methods(words.interval(figures.percent(counting.confidence).replace('.0%', '%')))],
    [text.made, `${figures.moment(counting.generatedAt)} · ${text.zone(counting.timeZone)}`],
  ];
  return {
    title,
    headline: '',
    body: html`<dl class="method">${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`,
  };
}
