import { fold } from '@heard/text/fold';
import { isNaming, stemOf, type Terms, termsOf } from './tokens.ts';

export interface ThemeName {
  /** The most distinctive words first, as people write them. */
  words: string[];
  /** The comments that say most of what is distinctive in the fewest characters, as written. */
  verbatims: string[];
}

export interface NamingOptions {
  words?: number;
  verbatims?: number;
  /** Terms already taken from folded, trimmed comments. */
  terms?: ReadonlyMap<string, Terms>;
}

/**
 * What tells each theme from the others, by comments and their themes (−1 for none). Terms by log-odds with an
 * informative Dirichlet prior (Monroe, Colaresi & Quinn, Political Analysis 16, 2008), the
 * prior being the terms of all comments; verbatims by the sum of their terms' scores over the root of their length.
 * Equal texts count once.
 */
export function nameThemes(
  comments: readonly string[],
  themeOf: ArrayLike<number>,
  themes: number,
  { words = 4, verbatims = 3, terms: known }: NamingOptions = {},
): ThemeName[] {
  const texts = distinct(comments, themeOf, known);
  const all = new Map<string, number>();
  const within = Array.from({ length: themes }, () => new Map<string, number>());
  for (const { terms, theme } of texts) {
    for (const term of terms) {
      all.set(term, (all.get(term) ?? 0) + 1);
      within[theme]?.set(term, (within[theme].get(term) ?? 0) + 1);
    }
  }
  return within.map((counts, theme) => {
    const scores = logOdds(counts, all);
    const own = texts.filter((text) => text.theme === theme);
    return {
      words: distinctive(scores, own, words),
      verbatims: own
        .map(({ text, terms }) => ({ text, score: worth(terms, scores) / Math.sqrt(Math.max(12, text.length)) }))
        .sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1))
        .slice(0, verbatims)
        .map(({ text }) => text),
    };
  });
}

interface Text {
  text: string;
  terms: string[];
  theme: number;
}

/** In order of the texts, so that the order of the comments changes nothing. */
function distinct(comments: readonly string[], themeOf: ArrayLike<number>, known: NamingOptions['terms']): Text[] {
  const first = new Map<string, { text: string; theme: number }>();
  comments.forEach((comment, row) => {
    const key = fold(comment).trim();
    const known = first.get(key);
    if (!known || comment < known.text) first.set(key, { text: comment, theme: themeOf[row]! });
  });
  return [...first.keys()]
    .sort()
    .map((key) => ({ ...first.get(key)!, terms: (known?.get(key) ?? termsOf(key)).filter(isNaming) }));
}

/** z-scores of a theme's terms against those of all other comments. */
function logOdds(within: ReadonlyMap<string, number>, all: ReadonlyMap<string, number>): Map<string, number> {
  const total = sum(all);
  const inside = sum(within);
  const outside = total - inside;
  const priorScale = Math.min(1, 500 / Math.max(1, total));
  const priorTotal = total * priorScale;
  const scores = new Map<string, number>();
  for (const [term, count] of within) {
    const prior = all.get(term)! * priorScale;
    const here = count + prior;
    const there = all.get(term)! - count + prior;
    const odds = (n: number, of: number) => Math.log(n / (of + priorTotal - n));
    scores.set(term, (odds(here, inside) - odds(there, outside)) / Math.sqrt(1 / here + 1 / there));
  }
  return scores;
}

/** The best terms that share no word with a better one, in the spelling most comments of the theme use. */
function distinctive(scores: Map<string, number>, own: readonly Text[], most: number): string[] {
  const ranked = [...scores].filter(([, score]) => score > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const chosen: string[] = [];
  for (const [term] of ranked) {
    if (chosen.length === most) break;
    const parts = term.split(' ');
    const isSaid = chosen.some(
      (other) => other.includes(term) || parts.some((part) => other.split(' ').includes(part)),
    );
    if (!isSaid) chosen.push(term);
  }
  return chosen.map((term) => spelling(term, own));
}

function spelling(term: string, own: readonly Text[]): string {
  if (term.charCodeAt(0) >= 0x3400) return term;
  const width = term.split(' ').length;
  const forms = new Map<string, number>();
  for (const { text, terms } of own) {
    if (!terms.includes(term)) continue;
    const words = fold(text).match(/[a-z0-9']+/g) ?? [];
    for (let at = 0; at + width <= words.length; at++) {
      const form = words.slice(at, at + width);
      if (form.map(stemOf).join(' ') !== term) continue;
      forms.set(form.join(' '), (forms.get(form.join(' ')) ?? 0) + 1);
    }
  }
  return [...forms].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? term;
}

const worth = (terms: readonly string[], scores: ReadonlyMap<string, number>) =>
  terms.reduce((total, term) => total + (scores.get(term) ?? 0), 0);
const sum = (counts: ReadonlyMap<string, number>) => counts.values().reduce((total, count) => total + count, 0);
