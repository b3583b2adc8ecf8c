import { Rejection } from '@heard/bus/rejection';
import type { Abuse } from '@heard/policy/policy';

/**
 * When a customer is flagged as abusing compensation, and when not any more.
 *
 * Frequent claims and claims that are excessive for what the customer is worth raise a suspicion; either alone does not,
 * and where the worth is unknown nothing does. A suspicion changes nothing: one person flags, a second confirms, on
 * evidence that still holds then. The flag ends by itself, on appeal decided by somebody not involved, when one of the two
 * takes it back, or when a confirmed defect explains the claims. It takes extra compensation away and nothing else.
 */
export interface Flag {
  state: 'none' | 'suspected' | 'proposed' | 'flagged' | 'cleared';
  flaggedBy: string | null;
  confirmedBy: string | null;
}

export const noFlag: Flag = { state: 'none', flaggedBy: null, confirmedBy: null };

/** What the customer claimed within the window; claims explained by a confirmed defect are left out before. */
export interface Evidence {
  claims: number;
  /** Claimed amount over lifetime value; null: the value is not known. */
  ratio: number | null;
  /** The policy's percentile of this ratio among the customers who claimed, and how many those are. */
  excessive: number | null;
  customers: number;
}

export type Finding = 'frequent-claims' | 'claims-over-value';

export type Command =
  | { do: 'suspect'; evidence: Evidence }
  | { do: 'propose'; by: string; evidence: Evidence }
  | { do: 'confirm'; by: string; evidence: Evidence }
  | { do: 'appeal'; by: string; outcome: 'clear' | 'keep'; reason: string }
  | { do: 'withdraw'; by: string }
  | { do: 'expire' }
  /** So many of the claims it rests on are left, the explained ones taken out. */
  | { do: 'excuse'; claimsLeft: number };

export type Fact =
  | { type: 'customer.abuse-suspected'; evidence: Finding[] }
  | { type: 'abuse.proposed'; by: string }
  | { type: 'customer.abuse-flagged'; evidence: Finding[]; flaggedBy: string; confirmedBy: string }
  | { type: 'abuse.appeal-refused'; by: string; reason: string }
  | { type: 'customer.abuse-cleared'; reason: 'expired' | 'appeal' | 'withdrawn' | 'victim'; by?: string };

/** Which parts of the evidence rule hold; only both together are evidence. */
export function findings(evidence: Evidence, policy: Abuse): Finding[] {
  const found: Finding[] = [];
  if (evidence.claims >= policy.claims) found.push('frequent-claims');
  if (
    evidence.ratio !== null &&
    evidence.excessive !== null &&
    evidence.customers >= policy.minCustomers &&
    evidence.ratio >= evidence.excessive
  ) {
    found.push('claims-over-value');
  }
  return found;
}

export function decide(command: Command, flag: Flag, policy: Abuse): Fact[] {
  switch (command.do) {
    case 'suspect': {
      const evidence = findings(command.evidence, policy);
      return flag.state === 'none' && evidence.length === 2 ? [{ type: 'customer.abuse-suspected', evidence }] : [];
    }
    case 'propose':
      if (flag.state === 'proposed' && flag.flaggedBy === command.by) return [];
      must(flag, ['none', 'suspected'], 'flag');
      proven(command.evidence, policy);
      return [{ type: 'abuse.proposed', by: command.by }];
    case 'confirm': {
      if (flag.state === 'flagged' && flag.confirmedBy === command.by) return [];
      must(flag, ['proposed'], 'confirm');
      if (flag.flaggedBy === command.by) throw new Rejection('second-person', 'a second person confirms a flag');
      const evidence = proven(command.evidence, policy);
      return [{ type: 'customer.abuse-flagged', evidence, flaggedBy: flag.flaggedBy!, confirmedBy: command.by }];
    }
    case 'appeal':
      must(flag, ['flagged'], 'decide an appeal');
      if ([flag.flaggedBy, flag.confirmedBy].includes(command.by)) {
        throw new Rejection('involved', 'an appeal is decided by somebody who neither flagged nor confirmed');
      }
      return command.outcome === 'clear'
        ? [{ type: 'customer.abuse-cleared', reason: 'appeal', by: command.by }]
        : [{ type: 'abuse.appeal-refused', by: command.by, reason: command.reason }];
    case 'withdraw':
      must(flag, ['suspected', 'proposed', 'flagged'], 'withdraw');
      if (flag.state !== 'suspected' && ![flag.flaggedBy, flag.confirmedBy].includes(command.by)) {
        throw new Rejection('not-involved', 'who flagged or confirmed may withdraw; others decide an appeal');
      }
      return [{ type: 'customer.abuse-cleared', reason: 'withdrawn', by: command.by }];
    case 'expire':
      return flag.state === 'flagged' ? [{ type: 'customer.abuse-cleared', reason: 'expired' }] : [];
    case 'excuse':
      if (flag.state === 'none' || flag.state === 'cleared' || command.claimsLeft >= policy.claims) return [];
      return [{ type: 'customer.abuse-cleared', reason: 'victim' }];
  }
}

export function evolve(flag: Flag, fact: Fact): Flag {
  switch (fact.type) {
    case 'customer.abuse-suspected':
      return { ...flag, state: 'suspected' };
    case 'abuse.proposed':
      return { ...flag, state: 'proposed', flaggedBy: fact.by };
    case 'customer.abuse-flagged':
      return { ...flag, state: 'flagged', confirmedBy: fact.confirmedBy };
    case 'abuse.appeal-refused':
      return flag;
    case 'customer.abuse-cleared':
      return { ...flag, state: 'cleared' };
  }
}

function proven(evidence: Evidence, policy: Abuse): Finding[] {
  const found = findings(evidence, policy);
  if (found.length < 2) {
    throw new Rejection(
      'no-evidence',
      'a flag needs frequent claims that are excessive for what the customer is worth',
    );
  }
  return found;
}

function must(flag: Flag, allowed: readonly Flag['state'][], what: string): void {
  if (!allowed.includes(flag.state)) throw new Rejection('illegal-move', `cannot ${what}: the flag is ${flag.state}`);
}
