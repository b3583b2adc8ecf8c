import { type Counts, commonness } from './vocabulary.ts';

/** Terms of fewer comments say nothing about whole themes. */
const leastFrequency = 10;
/** Between 0, which merges small themes before alike ones, and 1, which leaves themes of single comments alone. */
const sizeBlind = 0.6;

/**
 * Themes merged two by two until `wanted` are left, each time the two whose single multinomial explains their comments
 * nearly as well as their own two (agglomerative information bottleneck: Slonim & Tishby, NIPS 12, 1999; the
 * loss of likelihood in relation to the sizes). Numbers stay below `wanted`.
 */
export function mergeThemes(counts: Counts, themeOf: Int32Array, themes: number, wanted: number): Int32Array {
  const { starts, columns, frequency } = counts;
  const weights = commonness(counts).map((weight, term) => (frequency[term]! < leastFrequency ? 0 : weight));
  const terms = Array.from({ length: themes }, () => new Float64Array(frequency.length));
  const sizes = new Float64Array(themes);
  themeOf.forEach((z, row) => {
    sizes[z]!++;
    for (let at = starts[row]!; at < starts[row + 1]!; at++) terms[z]![columns[at]!]! += weights[columns[at]!]!;
  });
  const totals = terms.map((of) => of.reduce((sum, n) => sum + n, 0));
  const loss = (a: number, b: number) => {
    let lost = entropyTerm(totals[a]! + totals[b]!) - entropyTerm(totals[a]!) - entropyTerm(totals[b]!);
    for (let term = 0; term < frequency.length; term++) {
      const x = terms[a]![term]!;
      const y = terms[b]![term]!;
      if (x > 0 && y > 0) lost += entropyTerm(x) + entropyTerm(y) - entropyTerm(x + y);
    }
    return lost / ((sizes[a]! * sizes[b]!) / (sizes[a]! + sizes[b]!)) ** sizeBlind;
  };
  let left = [...terms.keys()].filter((z) => sizes[z]! > 0);
  const into = Int32Array.from({ length: themes }, (_, z) => z);
  const lossOf = new Map(left.map((b, at) => [b, new Map(left.slice(0, at).map((a) => [a, loss(a, b)]))]));
  while (left.length > Math.max(1, wanted)) {
    let [kept, gone, least] = [0, 0, Infinity];
    for (const [b, of] of lossOf) {
      for (const [a, lost] of of) if (lost < least) [kept, gone, least] = [a, b, lost];
    }
    terms[gone]!.forEach((n, term) => {
      terms[kept]![term]! += n;
    });
    sizes[kept]! += sizes[gone]!;
    totals[kept]! += totals[gone]!;
    into.forEach((z, from) => {
      if (z === gone) into[from] = kept;
    });
    left = left.filter((z) => z !== gone);
    lossOf.delete(gone);
    for (const of of lossOf.values()) of.delete(gone);
    for (const z of left) if (z !== kept) lossOf.get(Math.max(z, kept))!.set(Math.min(z, kept), loss(z, kept));
  }
  const number = new Map(left.map((z, index) => [z, index]));
  return themeOf.map((z) => number.get(into[z]!)!);
}

const entropyTerm = (x: number) => (x > 0 ? x * Math.log(x) : 0);
