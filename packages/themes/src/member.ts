import { sphericalKMeans, type Vectors } from './lsa.ts';
import { mixture } from './mixture.ts';
import { randomFrom } from './random.ts';
import type { Counts } from './vocabulary.ts';

/** What the members of a consensus have in common; without vectors they are mixtures. */
export interface MemberTask {
  counts: Counts;
  themes: number;
  vectors?: Vectors;
}

export function memberThemes({ counts, themes, vectors }: MemberTask, seed: number): Int32Array {
  const random = randomFrom(seed);
  if (vectors) return sphericalKMeans(vectors, themes, 8, random);
  const beta = themes > 30 ? 0.1 : 0.3;
  return mixture(counts, { themes, alpha: 1, beta, sweeps: 30, heat: 3 }, random);
}

/**
 * What two threads share: members are taken one by one by whoever is free. As each has a seed of its own, who finds it
 * makes no difference.
 */
export interface SharedWork {
  task: MemberTask;
  seeds: number[];
  next: Int32Array<SharedArrayBuffer>;
  /** 1 for each member found. */
  found: Int32Array<SharedArrayBuffer>;
  /** Themes of all members, one after the other. */
  themeOf: Int32Array<SharedArrayBuffer>;
}

export function takeMembers({ task, seeds, next, found, themeOf }: SharedWork): void {
  const rows = task.counts.starts.length - 1;
  for (let member = Atomics.add(next, 0, 1); member < seeds.length; member = Atomics.add(next, 0, 1)) {
    themeOf.set(memberThemes(task, seeds[member]!), member * rows);
    Atomics.store(found, member, 1);
    Atomics.notify(found, member);
  }
}
