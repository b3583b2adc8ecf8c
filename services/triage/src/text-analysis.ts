import type { TermHit } from '@heard/events/vocabulary';
import type { VersionedPolicy } from '@heard/service/policies';
import { compileLexicon, findHits, type Lexicon } from '@heard/text/lexicon';
import { sentiment } from '@heard/text/sentiment';

export type FindTerms = (text: string, policy: VersionedPolicy) => TermHit[];

/** Finds the terms of the lexicons of the policy in force; compiles them once per version. */
export function termFinder(): FindTerms {
  let compiled: { version: number; lexicon: Lexicon } | undefined;
  return (text, policy) => {
    if (text === '') return [];
    if (compiled?.version !== policy.version)
      compiled = { version: policy.version, lexicon: compileLexicon(policy.lexicons) };
    return findHits(compiled.lexicon, text) as TermHit[];
  };
}

export function soundsNegative(text: string): boolean {
  return text !== '' && sentiment(text).label === 'negative';
}
