import { type Figures, figuresOf, type Language } from './figures.ts';
import { type Content, html, Markup } from './html.ts';
import type { Counting, Names } from './report-data.ts';
import { style } from './style.ts';
import { type Wording, wordings } from './wording.ts';

/** A language with everything that is written in it. */
export interface Edition {
  language: Language;
  words: Wording;
  figures: Figures;
  /** The word for a code, or the code itself: channels are named by whoever sends them. */
  code(code: string): string;
  name(names: Names): string;
  /** In quotation marks, inside a sentence. */
  quoted(names: Names): string;
}

export function editionOf(language: Language, { timeZone }: Pick<Counting, 'timeZone'>): Edition {
  const words = wordings[language];
  return {
    language,
    words,
    figures: figuresOf(language, timeZone),
    code: (code) => words.codes[code] ?? code,
    name: (names) => names[language],
    quoted: (names) => words.quoted(names[language]),
  };
}

export interface Section {
  title: string;
  /** The finding, as a sentence. */
  headline: Content;
  body: Content;
}

/** A section with nothing in it says so in one line. */
export const nothing = (title: string, why: string): Section => ({
  title,
  headline: '',
  body: html`<p class="none">${why}</p>`,
});

export interface Tile {
  value: string;
  label: string;
  under?: string | undefined;
  alarming?: boolean;
}

/** One file that needs nothing else: no script, no address; its policy would refuse both. */
export function page(
  edition: Edition,
  head: { kind: string; period: string; headline: string; tiles: Tile[]; under?: Content },
  sections: readonly Section[],
): string {
  const { words } = edition;
  return `<!doctype html>\n${
    html`<html lang="${words.locale}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${head.kind} · ${head.period}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<p class="brand"><b>Heard</b><span>${head.kind}</span><span>${head.period}</span></p>
<h1>${head.headline}</h1>
${head.under}
<ul class="tiles">${head.tiles.map(tile)}</ul>
</header>
<main>${sections.map(section)}</main>
</body>
</html>`.html
  }\n`;
}

function tile({ value, label, under, alarming }: Tile): Markup {
  return html`<li><b>${value}</b><span>${label}</span>${under === undefined ? undefined : html`<small class="${alarming ? 'alarming' : ''}">${under}</small>`}</li>`;
}

function section({ title, headline, body }: Section): Markup {
  return html`<section>
<p class="kicker">${title}</p>
${headline === '' ? undefined : html`<h2>${headline}</h2>`}
${body}
</section>
`;
}

/** A table whose columns after the first `texts` hold numbers. */
export function table(columns: readonly string[], rows: readonly (readonly Content[])[], texts = 1): Markup {
  const kind = (at: number) => (at < texts ? '' : 'n');
  return html`<table>
<thead><tr>${columns.map((column, at) => html`<th class="${kind(at)}">${column}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, at) => html`<td class="${kind(at)}">${cell}</td>`)}</tr>`)}</tbody>
</table>`;
}

/** A value with its interval in a lighter hand below. */
export const withRange = (value: string, range: string) => html`${value}<small>${range}</small>`;

export const note = (text: Content) => html`<p class="note">${text}</p>`;

export const badge = (tone: 'good' | 'bad' | 'open', text: string) =>
  html`<span class="badge ${tone}">${{ good: '✓', bad: '✕', open: '○' }[tone]} ${text}</span>`;
