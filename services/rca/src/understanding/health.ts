import type { Policy } from '@heard/policy/policy';

type Weighing = Policy['rca']['health'];

/**
 * How a customer is doing, 0 to 100 (S77, A32).
 *
 * Four parts, each 0 to 100, weighed by the policy: the latest NPS answer × 10; contacts a month, full at so many; cases
 * resolved among cases; and 100 less what negative words take, which is all at so many words. Written so, "minus weight ×
 * negative words" keeps the score within 0 to 100. A part nobody can know (no NPS answer, no case) is left out, named, and
 * its weight shared by the others. A red-line word makes the customer red whatever the score.
 */
export interface HealthFacts {
  /** The latest answer, 0–10; null: never asked or never answered. */
  nps: number | null;
  contacts: number;
  /** How long they were counted, in months. */
  months: number;
  cases: number;
  resolved: number;
  negativeWords: number;
  redLine: boolean;
}

export type Part = 'nps' | 'frequency' | 'resolution' | 'negative';

export interface Health {
  score: number;
  colour: 'green' | 'yellow' | 'red';
  parts: Record<Part, number | null>;
  missing: Part[];
}

export function healthOf(facts: HealthFacts, policy: Weighing): Health {
  const { nps, contacts, months, cases, resolved, negativeWords, redLine } = facts;
  const parts: Record<Part, number | null> = {
    nps: nps === null ? null : nps * 10,
    frequency: 100 * Math.min(1, contacts / months / policy.frequencyPerMonth),
    resolution: cases === 0 ? null : (100 * resolved) / cases,
    negative: 100 * (1 - Math.min(1, negativeWords / policy.negativeWords)),
  };
  const names = Object.keys(parts) as Part[];
  const known = names.filter((name) => parts[name] !== null);
  const weight = known.reduce((sum, name) => sum + policy.weights[name], 0);
  // Where the known parts have no weight, none of them says more than another.
  const share = (name: Part) => (weight === 0 ? 1 / known.length : policy.weights[name] / weight);
  const score = known.reduce((sum, name) => sum + share(name) * parts[name]!, 0);
  const band = score >= policy.green ? 'green' : score >= policy.yellow ? 'yellow' : 'red';
  return { score, colour: redLine ? 'red' : band, parts, missing: names.filter((name) => parts[name] === null) };
}
