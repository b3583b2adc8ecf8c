import { mixture } from './mixture.ts';
import type { Random } from './random.ts';

/**
 * One set of themes out of several of the same comments: a latent class model in which each member's theme of a comment
 * is one observation (consensus by mixture: Topchy, Jain & Punch, PAMI 27, 2005), sampled and annealed. It is the same
 * mixture as for words, with "member m says theme z" as the words.
 */
export function consensus(members: readonly Int32Array[], themes: number, random: Random): Int32Array {
  const rows = members[0]!.length;
  const width = 1 + members.reduce((most, member) => member.reduce((a, b) => Math.max(a, b), most), 0);
  const starts = Int32Array.from({ length: rows + 1 }, (_, row) => row * members.length);
  const columns = new Int32Array(rows * members.length);
  members.forEach((member, m) => {
    for (let row = 0; row < rows; row++) columns[row * members.length + m] = m * width + member[row]!;
  });
  const counts = {
    starts,
    columns,
    vocabulary: Array.from({ length: width * members.length }, (_, term) => String(term)),
    frequency: new Int32Array(width * members.length),
  };
  return mixture(counts, { themes, alpha: 1, beta: 0.1, sweeps: 40, heat: members.length / 2 }, random);
}
