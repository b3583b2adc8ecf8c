import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { describe, expect, test } from 'vitest';
import { type Clock, cancel, evolve, meet, nextDue, shorten, span, wake } from './clock.ts';

const policy = parsePolicy(presetPolicy());
const hour = 3_600_000;
const start = Date.parse('2026-11-01T00:00:00Z');
const at = (ms: number) => new Date(start + ms);

function clock(over: Partial<Clock> = {}): Clock {
  return {
    clockId: 'k',
    caseId: 'c',
    customerId: 'u',
    kind: 'first-contact',
    cycle: 1,
    priority: 'P1',
    state: 'running',
    startedAt: at(0),
    dueAt: at(4 * hour),
    warnedPercent: 0,
    warnAt: [50, 75, 90],
    endedAt: null,
    breachedAt: null,
    policyVersion: 1,
    correlation: null,
    ...over,
  };
}
const types = (facts: readonly { type: string }[]) => facts.map((fact) => fact.type);

test.each([
  ['first-contact', 'P0', 4 * hour],
  ['first-contact', 'P1', 4 * hour],
  ['first-contact', 'P2', 24 * hour],
  ['resolution', 'P0', 7 * 24 * hour],
  ['resolution', 'P2', 7 * 24 * hour],
] as const)('%s of a %s spans %d ms', (kind, priority, ms) => expect(span(kind, priority, policy)).toBe(ms));

describe('the boundary', () => {
  const warned = clock({ warnedPercent: 90 });
  test('a second early nothing happens', () => expect(wake(warned, at(4 * hour - 1000))).toEqual([]));
  test('at the second it breaches', () => expect(types(wake(warned, at(4 * hour)))).toEqual(['clock.breached']));
  test('a second late it breaches', () => expect(types(wake(warned, at(4 * hour + 1000)))).toEqual(['clock.breached']));
  test('a contact at the last moment is in time, a second later it is not', () => {
    expect(meet(warned, at(4 * hour))).toEqual([{ type: 'clock.met', inTime: true }]);
    expect(meet(warned, at(4 * hour + 1000))).toEqual([{ type: 'clock.met', inTime: false }]);
  });
});

describe('warnings', () => {
  test('come at 50, 75 and 90 percent, once each', () => {
    let one = clock();
    const warnedAt: number[] = [];
    for (let next = nextDue(one); next && next < one.dueAt; next = nextDue(one)) {
      warnedAt.push((next.getTime() - start) / hour);
      for (const fact of wake(one, next)) one = evolve(one, fact, next);
      expect(wake(one, next)).toEqual([]);
    }
    expect(warnedAt).toEqual([2, 3, 3.6]);
    expect(nextDue(one)).toEqual(one.dueAt);
  });
  test('after an outage only the last one due is given', () => {
    expect(wake(clock(), at(3.7 * hour))).toEqual([{ type: 'clock.warned', percent: 90 }]);
  });
});

test('a breached clock breaches once and still tells when it ended, late', () => {
  const breached = evolve(clock(), { type: 'clock.breached' }, at(4 * hour));
  expect(wake(breached, at(9 * hour))).toEqual([]);
  expect(nextDue(breached)).toBeNull();
  expect(meet(breached, at(9 * hour))).toEqual([{ type: 'clock.met', inTime: false }]);
});

test('an ended clock says nothing more', () => {
  for (const state of ['met', 'missed', 'cancelled'] as const) {
    const ended = clock({ state });
    expect([...wake(ended, at(99 * hour)), ...meet(ended, at(0)), ...cancel(ended, 'closed')]).toEqual([]);
  }
});

describe('a raised priority', () => {
  const p2 = clock({ priority: 'P2', dueAt: at(24 * hour) });
  test('shortens the clock, counted from when we knew', () => {
    expect(shorten(p2, 'P1', at(10 * hour), policy)).toMatchObject([{ type: 'clock.shortened', dueAt: at(14 * hour) }]);
  });
  test('never lengthens it', () => expect(shorten(p2, 'P1', at(22 * hour), policy)).toEqual([]));
});
