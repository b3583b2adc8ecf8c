import { consensus } from './consensus.ts';
import { latentVectors } from './lsa.ts';
import { membersOf } from './members.ts';
import { mergeThemes } from './merge.ts';
import { randomFrom } from './random.ts';
import { refine } from './refine.ts';
import { type Counts, withoutRare } from './vocabulary.ts';

/** Comments of more terms than this agree on few of them, and the subspace sees more than the single terms. */
const longComment = 20;
const members = 6;
/** As how many answers the themes known count. */
const votesOfKnown = 3;

/**
 * At most so many themes: the consensus of several annealed mixtures, or clusterings of latent vectors where comments
 * are long, and of `known` themes as three more. Each finds twice as many as wanted, to be merged, as both make
 * themes of one size and cut large ones up.
 */
export function ensemble(counts: Counts, themes: number, seed: number, known?: Int32Array): Int32Array {
  const finer = themes * 2;
  const seeds = Array.from({ length: members }, (_, at) => seed * 1009 + at);
  const random = randomFrom(seed * 1009 + members);
  const votes = known ? Array.from({ length: votesOfKnown }, () => known) : [];
  const agreed = (answers: Int32Array[]) => consensus([...answers, ...votes], finer, random);
  const rows = counts.starts.length - 1;
  if (counts.columns.length / rows <= longComment) {
    return mergeThemes(counts, agreed(membersOf({ counts, themes: finer }, seeds)), finer, themes);
  }
  const common = rows < 1000 ? counts : withoutRare(counts, 5);
  const vectors = latentVectors(common, 60, random);
  const fine = refine(common, agreed(membersOf({ counts: common, themes: finer, vectors }, seeds)), finer, 5);
  return refine(common, mergeThemes(common, fine, finer, themes), themes, 8);
}
