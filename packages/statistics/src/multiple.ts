/**
 * Benjamini–Hochberg adjusted p values, in the order given: the smallest false discovery rate at which each would still be
 * called, min over k ≥ rank of p₍ₖ₎·m/k. Y. Benjamini, Y. Hochberg, JRSS B 57 (1995) 289–300,
 * doi 10.1111/j.2517-6161.1995.tb02031.x. When nothing is true, a chance of at most α remains that any is called (Simes).
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const falling = p.map((_, at) => at).sort((x, y) => p[y]! - p[x]!);
  const adjusted = new Array<number>(p.length);
  let smallest = 1;
  falling.forEach((at, fromTop) => {
    smallest = Math.min(smallest, (p[at]! * p.length) / (p.length - fromTop));
    adjusted[at] = smallest;
  });
  return adjusted;
}
