export interface Lineage {
  /** Of each new theme, by its number: the id it carries on, or a new one. */
  idOf: string[];
  changes: Change[];
}

/**
 * `from` are old ids, `into` ids that now exist. A theme that is split or merged lives on under its own id in its
 * largest part. Every old id stands in the `from` of one change.
 */
export interface Change {
  kind: 'kept' | 'split' | 'merged' | 'new' | 'gone';
  from: string[];
  into: string[];
}

/** A theme with less than this part of the known comments a theme of its size would hold came out of no other. */
const leastKnown = 0.25;

/**
 * Which new themes carry on which old ones, by the comments both know. An old theme went into the new one that holds
 * more than half of its comments; a new one came out of the old one that gave more than half of the comments it holds
 * (the survival and absorption of MONIC: Spiliopoulou et al., KDD 2006). Of those pairs the one with most comments in
 * common comes first, and no theme is in two; a pair has one id. An old theme left over was merged, a new one left
 * over split off; those in no pair at all are gone or new.
 *
 * Comments with a negative theme are of none. Throws when `newId` gives an id twice or one that an old theme has.
 */
export function traceThemes(
  before: ReadonlyMap<string, string>,
  after: readonly { key: string; theme: number }[],
  newId: (theme: number) => string,
): Lineage {
  const themed = after.filter(({ theme }) => theme >= 0);
  const size = 1 + themed.reduce((most, { theme }) => Math.max(most, theme), -1);
  const oldIds = [...new Set(before.values())].sort();
  const inCommon = new Map(oldIds.map((id) => [id, new Float64Array(size)]));
  const sizes = new Float64Array(size);
  for (const { key, theme } of themed) {
    sizes[theme]!++;
    const id = before.get(key);
    if (id !== undefined) inCommon.get(id)![theme]!++;
  }
  const known = sizes.map((_, theme) => inCommon.values().reduce((all, shared) => all + shared[theme]!, 0));
  const knownShare = sum(known) / themed.length;

  const pairs = oldIds.flatMap((id) => {
    const shared = inCommon.get(id)!;
    const all = sum(shared);
    return Array.from(shared, (both, theme) => ({
      id,
      theme,
      both,
      wentInto: both * 2 > all,
      cameOutOf: both * 2 > known[theme]! && known[theme]! >= leastKnown * knownShare * sizes[theme]!,
    })).filter(({ wentInto, cameOutOf }) => wentInto || cameOutOf);
  });
  pairs.sort((a, b) => b.both - a.both || (a.id === b.id ? a.theme - b.theme : a.id < b.id ? -1 : 1));
  const idOf = new Array<string | undefined>(size).fill(undefined);
  const isCarriedOn = new Set<string>();
  for (const { id, theme } of pairs) {
    if (isCarriedOn.has(id) || idOf[theme] !== undefined) continue;
    idOf[theme] = id;
    isCarriedOn.add(id);
  }

  const isNew = idOf.map((id) => id === undefined);
  const ids = idOf.map((id, theme) => id ?? newId(theme));
  if (
    new Set([...oldIds, ...ids.filter((_, theme) => isNew[theme])]).size <
    oldIds.length + isNew.filter(Boolean).length
  )
    throw new Error('a new theme was given an id that another theme has');

  const changes = ids.flatMap((id, theme): Change[] => {
    const splitOff = pairs.filter((pair) => pair.id === id && pair.cameOutOf && isNew[pair.theme]);
    const joined = pairs.filter((pair) => pair.theme === theme && pair.wentInto && !isCarriedOn.has(pair.id));
    const into = splitOff.map((pair) => ids[pair.theme]!);
    const from = joined.map((pair) => pair.id);
    if (isNew[theme]) {
      const isSplitOff = pairs.some((pair) => pair.theme === theme && pair.cameOutOf);
      return isSplitOff ? [] : [{ kind: 'new', from: [], into: [id] }];
    }
    if (into.length === 0 && from.length === 0) return [{ kind: 'kept', from: [id], into: [id] }];
    if (into.length === 0) return [{ kind: 'merged', from: [id, ...from], into: [id] }];
    const split: Change = { kind: 'split', from: [id], into: [id, ...into] };
    return from.length === 0 ? [split] : [split, { kind: 'merged', from, into: [id] }];
  });
  const wentSomewhere = new Set(changes.flatMap(({ from }) => from));
  const gone = oldIds.filter((id) => !wentSomewhere.has(id));
  return { idOf: ids, changes: [...changes, ...gone.map((id): Change => ({ kind: 'gone', from: [id], into: [] }))] };
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
