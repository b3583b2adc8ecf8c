import type { CodeFrame } from './frame.ts';
import { familiarity, type GuidedModel, knownTerms, learnFrame, likelihood, votesIn } from './guided.ts';
import { indexOfMax } from './mixture.ts';
import { termsOf } from './tokens.ts';

export interface Assignment {
  /** Number of the likeliest theme among `model.themes`; −1 when the comment holds nothing the model knows. */
  primary: number;
  /** Every theme some clause is about, the primary one among them, ascending; each once. */
  mentions: number[];
  /** Nothing in the comment names its theme, and its words do not settle it or speak of other things: for discovery, not for counting. */
  uncertain: boolean;
}

const settled = 0.6;
/** Comments less familiar than this belong to no theme more often than not; about one in twenty does to one. */
const leastFamiliarity = -0.2;
/** A clause without a key word is about a theme of its own only when its words leave no doubt. */
const clauseSettled = 0.95;
const leastClauseTerms = 4;

/** The themes of one comment, old or new: the same text has the same themes as long as the model is the same. */
export function assign(model: GuidedModel, comment: string): Assignment {
  const columns = knownTerms(model, termsOf(comment));
  const votes = votesIn(model.lexicon, model.themes.length, comment);
  const isNamed = votes.some((hits) => hits > 0);
  if (columns.length === 0 && !isNamed) return { primary: -1, mentions: [], uncertain: true };
  const { likely, likeness } = likelihood(model, columns, votes);
  const primary = indexOfMax(likely);
  const isStrange = likely[primary]! < settled || likeness <= 0 || familiarity(model, columns) < leastFamiliarity;
  const uncertain = !isNamed && isStrange;
  return { primary, mentions: mentionsIn(model, comment, primary), uncertain };
}

const CLAUSES = /[，,。.！!？?；;：:、\n…～~]+|\s+(?:but|and|though|although|however)\s+|(?=但是?|不过|而且|就是)/i;

function mentionsIn(model: GuidedModel, comment: string, primary: number): number[] {
  const mentions = new Set([primary]);
  const clauses = comment.split(CLAUSES).filter((clause) => clause.trim() !== '');
  if (clauses.length < 2) return [primary];
  for (const clause of clauses) {
    const votes = votesIn(model.lexicon, model.themes.length, clause);
    const columns = knownTerms(model, termsOf(clause));
    const isNamed = votes.some((hits) => hits > 0);
    if (!isNamed && columns.length < leastClauseTerms) continue;
    const { likely, likeness } = likelihood(model, columns, votes);
    const theme = indexOfMax(likely);
    if (isNamed ? votes[theme]! > 0 : likely[theme]! >= clauseSettled && likeness > 0) mentions.add(theme);
  }
  return [...mentions].sort((a, b) => a - b);
}

/** Learns from the comments and assigns them all. */
export function guide(
  frame: CodeFrame,
  comments: readonly string[],
): { model: GuidedModel; assignments: Assignment[] } {
  const model = learnFrame(frame, comments);
  return { model, assignments: comments.map((comment) => assign(model, comment)) };
}
