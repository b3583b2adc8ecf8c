import type { TermHit } from '@heard/events/vocabulary';
import type { VersionedPolicy } from '@heard/service/policies';
import { compileLexicon, findHits, type Lexicon } from '@heard/text/lexicon';
import { sentiment } from '@heard/text/sentiment';

export interface TextAnalysis {
  hits: TermHit[];
  negative: boolean;
}

/** Analyses comments by the lexicons of the policy in force; compiles them once per version. */
export function textAnalyser(): (text: string, policy: VersionedPolicy) => TextAnalysis {
  let compiled: { version: number; lexicon: Lexicon } | undefined;
  return (text, policy) => {
    if (text === '') return { hits: [], negative: false };
    if (compiled?.version !== policy.version)
      compiled = { version: policy.version, lexicon: compileLexicon(policy.lexicons) };
    return { hits: findHits(compiled.lexicon, text) as TermHit[], negative: sentiment(text).label === 'negative' };
  };
}
