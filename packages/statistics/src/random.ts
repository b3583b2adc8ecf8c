/** Draws that are the same for the same seed on every machine: for planted worlds, never for secrets. */
export interface Random {
  /** 0 ≤ u < 1, in steps of 2⁻³². */
  uniform(): number;
  chance(p: number): boolean;
  /** How many of n happen, each with chance p. */
  binomial(n: number, p: number): number;
  normal(): number;
}

/** xoshiro128** (D. Blackman, S. Vigna, ACM TOMS 47 (2021) 36, doi 10.1145/3460772), its state filled from the seed by splitmix32. */
export function seeded(seed: number): Random {
  let filling = seed | 0;
  const fill = () => {
    filling = (filling + 0x9e3779b9) | 0;
    let mixed = Math.imul(filling ^ (filling >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  const uniform = () => {
    const drawn = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return drawn / 2 ** 32;
  };
  return {
    uniform,
    chance: (p) => uniform() < p,
    // The gaps between hits are geometric, so it costs as many draws as there are hits.
    binomial(n, p) {
      if (p > 0.5) return n - this.binomial(n, 1 - p);
      if (p <= 0) return 0;
      const log = Math.log1p(-p);
      let hits = 0;
      for (let at = Math.floor(Math.log(1 - uniform()) / log); at < n; hits++) {
        at += 1 + Math.floor(Math.log(1 - uniform()) / log);
      }
      return hits;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
