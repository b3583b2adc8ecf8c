import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { natural } from './calendars.ts';
import { begin, type Clock, type ClockFact, evolve, type Rules } from './clock.ts';
import { bottom } from './ladder.ts';
import type { Terms } from './terms.ts';

export const policy = { ...parsePolicy(presetPolicy()), version: 1 };
export const minute = 60_000;
export const hour = 60 * minute;
export const start = Date.parse('2026-11-02T00:00:00Z');
export const at = (ms: number) => new Date(start + ms);

export function terms(spanMs: number, over: Partial<Terms> = {}): Terms {
  return { spanMs, policyVersion: 1, calendar: natural, ceilingMs: null, quiet: null, ...over };
}

/** A P1's first contact: four hours of natural time. */
export function clock(over: Partial<Clock> = {}, by = terms(4 * hour)): Clock {
  return {
    ...{ clockId: 'k', caseId: 'c', customerId: 'u', kind: 'first-contact', about: '', cycle: 1, priority: 'P1' },
    ...{ owner: 'ming', team: null, state: 'running', startedAt: at(0), warnedPercent: 0, endedAt: null },
    ...{ breachedAt: null, metBy: null, policyVersion: 1, correlation: null },
    ...begin(over.startedAt ?? at(0), by),
    ...bottom,
    ...over,
  };
}

export const rules: Rules = {
  time: natural.time,
  warnAt: policy.sla.warnAtPercent,
  steps: [],
  timeZone: policy.sla.timeZone,
};

export function after(one: Clock, facts: readonly ClockFact[], now: Date): Clock {
  return facts.reduce((state, fact) => evolve(state, fact, now), one);
}

export const types = (facts: readonly { type: string }[]) => facts.map((fact) => fact.type);
