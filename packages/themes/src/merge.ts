import { type Counts, withoutRare } from './vocabulary.ts';

/** Terms of fewer comments, or of less than a fiftieth, say nothing about whole themes. */
const leastFrequency = 10;

/**
 * Themes merged two by two until `wanted` are left, each time the two that cost least by Ward's criterion (JASA 58,
 * 1963), n m / (n + m) · distance²: alike themes may become one large theme, and a small theme that is like no other
 * stays. The distance is the Jensen–Shannon divergence (Lin, IEEE Trans. Inf. Theory 37, 1991) of their terms, weighed
 * by idf, as words that everybody says make no two themes alike. Numbers stay below `wanted`.
 */
export function mergeThemes(counts: Counts, themeOf: Int32Array, themes: number, wanted: number): Int32Array {
  const sizes = new Float64Array(themes);
  for (const z of themeOf) sizes[z]!++;
  const terms = termShares(withoutRare(counts, Math.min(leastFrequency, themeOf.length / 50)), themeOf, themes);
  const entropies = terms.map((of) => negativeEntropy(of));
  const cost = (a: number, b: number) => {
    const divergence = (entropies[a]! + entropies[b]!) / 2 - negativeEntropy(terms[a]!, terms[b]!);
    return (divergence ** 2 * sizes[a]! * sizes[b]!) / (sizes[a]! + sizes[b]!);
  };
  let left = [...terms.keys()].filter((z) => sizes[z]! > 0);
  const into = Int32Array.from({ length: themes }, (_, z) => z);
  const costOf = new Map(left.map((b, at) => [b, new Map(left.slice(0, at).map((a) => [a, cost(a, b)]))]));
  while (left.length > Math.max(1, wanted)) {
    let [kept, gone, least] = [0, 0, Infinity];
    for (const [b, of] of costOf) {
      for (const [a, each] of of) if (each < least) [kept, gone, least] = [a, b, each];
    }
    const both = sizes[kept]! + sizes[gone]!;
    const merged = terms[kept]!.map((p, term) => (p * sizes[kept]! + terms[gone]![term]! * sizes[gone]!) / both);
    terms[kept] = merged;
    entropies[kept] = negativeEntropy(merged);
    sizes[kept] = both;
    into.forEach((z, from) => {
      if (z === gone) into[from] = kept;
    });
    left = left.filter((z) => z !== gone);
    costOf.delete(gone);
    for (const of of costOf.values()) of.delete(gone);
    for (const z of left) if (z !== kept) costOf.get(Math.max(z, kept))!.set(Math.min(z, kept), cost(z, kept));
  }
  const number = new Map(left.map((z, index) => [z, index]));
  return themeOf.map((z) => number.get(into[z]!)!);
}

/** Of each theme what part of its terms each term is; sums to 1. */
function termShares({ starts, columns, frequency }: Counts, themeOf: Int32Array, themes: number): Float64Array[] {
  const idf = Float64Array.from(frequency, (df) => Math.log((1 + themeOf.length) / df));
  const terms = Array.from({ length: themes }, () => new Float64Array(frequency.length));
  themeOf.forEach((z, row) => {
    for (let at = starts[row]!; at < starts[row + 1]!; at++) terms[z]![columns[at]!]! += idf[columns[at]!]!;
  });
  return terms.map((of) => {
    const total = of.reduce((sum, n) => sum + n, 0);
    return total === 0 ? of : of.map((n) => n / total);
  });
}

/** Σ p log p, of p or of the mean of both. */
function negativeEntropy(p: Float64Array, other = p): number {
  let sum = 0;
  for (let term = 0; term < p.length; term++) {
    const share = (p[term]! + other[term]!) / 2;
    if (share > 0) sum += share * Math.log(share);
  }
  return sum;
}
