import { fold, foldedUnit } from './fold.ts';
import { isDenied } from './negation.ts';

/** Offsets are UTF-16 units of the original text; `term` is the term as listed, not as written. */
export interface Hit {
  list: string;
  category: string;
  term: string;
  start: number;
  end: number;
}

/**
 * `except` names longer expressions in which a term means something else ("胎压报警", "food court").
 * `negatable: false` keeps hits that are denied: "没有退款" complains about the refund all the more.
 */
export type Category = string[] | { terms: string[]; except?: string[]; negatable?: boolean };
export type Lists = Record<string, Record<string, Category>>;

/** A trie of folded terms, entered by the unfolded first unit. Opaque: made by `compileLexicon`, read by `findHits`. */
export interface Lexicon {
  readonly rootOf: Uint16Array;
  readonly roots: readonly Node[];
}

interface Node {
  unit: number;
  next: Map<number, Node>;
  entries: Entry[];
}

interface Entry {
  list: string;
  category: string;
  term: string;
  kind: 'term' | 'except';
  negatable: boolean;
}

interface Candidate extends Entry {
  start: number;
  end: number;
}

export function compileLexicon(lists: Lists): Lexicon {
  const root: Node = { unit: 0, next: new Map(), entries: [] };
  for (const [list, categories] of Object.entries(lists)) {
    for (const [category, given] of Object.entries(categories)) {
      const { terms, except = [], negatable = true } = Array.isArray(given) ? { terms: given } : given;
      for (const term of terms) add(root, { list, category, term, kind: 'term', negatable });
      for (const term of except) add(root, { list, category, term, kind: 'except', negatable });
    }
  }
  const roots = [root, ...root.next.values()];
  const indexOf = new Map(roots.map((node, index) => [node.unit, index]));
  return { rootOf: foldedUnit.map((unit) => (unit === 0 ? 0 : (indexOf.get(unit) ?? 0))), roots };
}

/**
 * All hits, by start. Among overlapping hits of one category the longest stays; denied hits are left out (see
 * `isDenied`). Case, width and traditional forms do not matter. English terms match whole words with their regular
 * inflections; Chinese terms also match when written with up to three marks inserted ("欺*诈").
 */
export function findHits(lexicon: Lexicon, text: string): Hit[] {
  const candidates = collect(lexicon, text);
  if (candidates.length === 0) return [];
  const denied = new Map<number, boolean>();
  return longest(candidates)
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .filter((hit, index, hits) => {
      const previous = hits[index - 1];
      const joined = previous && denied.get(previous.end) && JOINT.test(fold(text.slice(previous.end, hit.start)));
      const isOut =
        joined ||
        isDenied(fold(text.slice(Math.max(0, hit.start - 60), hit.start)), fold(text.slice(hit.end, hit.end + 40)));
      denied.set(hit.end, isOut);
      return !(isOut && hit.negatable);
    })
    .map(({ list, category, term, start, end }) => ({ list, category, term, start, end }));
}

/** What lets one denial cover two words: "没有起火、漏电", "no fraud or scam". */
const JOINT = /^ ?(?:、|或者?|和|及|以及|or|nor) ?$/;

/** In each category the longest of overlapping candidates, without exceptions and what lies within them. */
function longest(candidates: Candidate[]): Candidate[] {
  if (candidates.length === 1) return candidates.filter(({ kind }) => kind === 'term');
  const occupied = new Set<string>();
  const exceptedUntil = new Map<string, number>();
  const places = ({ list, category, start, end }: Candidate) =>
    Array.from({ length: end - start }, (_, index) => `${list} ${category} ${start + index}`);
  for (const exception of candidates.filter(({ kind }) => kind === 'except')) {
    for (const place of places(exception))
      exceptedUntil.set(place, Math.max(exception.end, exceptedUntil.get(place) ?? 0));
  }
  return candidates
    .filter(({ kind }) => kind === 'term')
    .sort((a, b) => b.end - b.start - (a.end - a.start) || a.start - b.start)
    .filter((candidate) => {
      const taken = places(candidate);
      if ((exceptedUntil.get(taken[0]!) ?? 0) >= candidate.end || taken.some((place) => occupied.has(place)))
        return false;
      for (const place of taken) occupied.add(place);
      return true;
    });
}

function collect({ rootOf, roots }: Lexicon, text: string): Candidate[] {
  const found: Candidate[] = [];
  for (let start = 0; start < text.length; start++) {
    const index = rootOf[text.charCodeAt(start)]!;
    if (index === 0) continue;
    let node = roots[index];
    if (!node || (isWordUnit(node.unit) && start > 0 && isWordUnit(unitAt(text, start - 1)))) continue;
    let end = start + 1;
    while (node) {
      if (node.entries.length > 0 && !(isWordUnit(node.unit) && isWordUnit(unitAt(text, end)))) {
        for (const entry of node.entries) found.push({ ...entry, start, end });
      }
      end = skipInserted(text, end, node);
      node = node.next.get(unitAt(text, end));
      end++;
    }
  }
  return found;
}

/** Where the next unit of a term may stand: behind further spaces in English, behind a few marks between Chinese characters. */
function skipInserted(text: string, at: number, node: Node): number {
  let end = at;
  if (node.unit === SPACE) while (unitAt(text, end) === SPACE) end++;
  if (!isHan(node.unit) || !isInserted(unitAt(text, at))) return end;
  while (end - at < 3 && isInserted(unitAt(text, end))) end++;
  return isHan(unitAt(text, end)) ? end : at;
}

const SPACE = 0x20;
const INSERTED = new Set(
  fold(' *.·•_~|/\\^#@+=\u00ad\u200b\u200c\u200d\u2060\ufeff')
    .split('')
    .map((char) => char.charCodeAt(0)),
);

const unitAt = (text: string, index: number) => (index < text.length ? foldedUnit[text.charCodeAt(index)]! : 0);
const isInserted = (unit: number) => INSERTED.has(unit);
const isHan = (unit: number) => unit >= 0x3400 && unit <= 0x9fff;
const isWordUnit = (unit: number) => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);

function add(root: Node, entry: Entry): void {
  for (const form of new Set(inflections(fold(entry.term).trim()))) {
    if (form === '') throw new Error(`an empty term in ${entry.list}.${entry.category}`);
    let node = root;
    for (let index = 0; index < form.length; index++) {
      const unit = form.charCodeAt(index);
      const next = node.next.get(unit) ?? { unit, next: new Map(), entries: [] };
      node.next.set(unit, next);
      node = next;
    }
    node.entries.push(entry);
  }
}

/** The regular forms of a term's last word. Some are no words at all, which harms nobody. */
function inflections(term: string): string[] {
  if (!/[a-z]{3}$/.test(term)) return [term];
  const stem = term.slice(0, -1);
  const last = term.slice(-1);
  const forms = [term, `${term}s`, `${term}'s`];
  if (last === 'e') return [...forms, `${term}d`, `${stem}ing`];
  if (/[^aeiou]y$/.test(term)) return [...forms, `${stem}ies`, `${stem}ied`, `${term}ing`];
  if (/[^aeiou][aeiou][bdgmnprt]$/.test(term)) forms.push(`${term}${last}ed`, `${term}${last}ing`);
  return [...forms, `${term}es`, `${term}ed`, `${term}ing`];
}
