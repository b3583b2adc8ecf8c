import { compile } from '@heard/calendar/business-time';
import { everyDay } from '@heard/calendar/calendar';
import { describe, expect, test } from 'vitest';
import { natural } from './calendars.ts';
import {
  type Clock,
  cancel,
  evolve,
  keep,
  meet,
  nextDue,
  pause,
  reschedule,
  resume,
  shorten,
  used,
  wake,
} from './clock.ts';
import { after, at, clock, hour, minute, policy, rules, terms, types } from './fixture-clock.ts';
import { termsOf } from './terms.ts';

const { time } = natural;
const officeTime = compile(everyDay('office', 'UTC', [{ from: '09:00', to: '17:00' }]));
const office = { name: 'office', version: 1, time: officeTime };

test.each([
  ['first-contact', 'P0', 4],
  ['first-contact', 'P1', 4],
  ['first-contact', 'P2', 24],
  ['first-attempt', 'P0', 1],
  ['resolution', 'P0', 7 * 24],
  ['resolution', 'P2', 7 * 24],
  ['next-reply', 'P1', 4],
] as const)('%s of a %s spans %d hours', (kind, priority, hours) => {
  const given = termsOf(kind, { priority, timeZone: null, calendar: null }, policy, () => natural);
  expect(given?.spanMs).toBe(hours * hour);
});

test.each(['promise', 'callback', 'wow', 'observation'] as const)('a %s has no span, it is told its time', (kind) => {
  expect(termsOf(kind, { priority: 'P1', timeZone: null, calendar: null }, policy, () => natural)).toBeNull();
});

describe('the boundary', () => {
  const warned = clock({ warnedPercent: 90 });
  test('a second early nothing happens', () => expect(wake(warned, rules, at(4 * hour - 1000))).toEqual([]));
  test('at the second it breaches', () => expect(types(wake(warned, rules, at(4 * hour)))).toEqual(['clock.breached']));
  test('a second late it breaches', () =>
    expect(types(wake(warned, rules, at(4 * hour + 1000)))).toEqual(['clock.breached']));
  test.each([
    [-1000, true],
    [0, true],
    [1000, false],
  ])('a contact %d ms after the deadline is in time: %s', (ms, inTime) => {
    expect(meet(warned, at(4 * hour + ms))).toEqual([{ type: 'clock.met', inTime, by: 'contact' }]);
  });
});

describe('warnings', () => {
  test('come at 50, 75 and 90 percent, once each', () => {
    let one = clock();
    const warnedAt: number[] = [];
    for (let next = nextDue(one, rules); next && next < one.dueAt; next = nextDue(one, rules)) {
      warnedAt.push((next.getTime() - at(0).getTime()) / hour);
      for (const fact of wake(one, rules, next)) one = evolve(one, fact, next);
      expect(wake(one, rules, next)).toEqual([]);
    }
    expect(warnedAt).toEqual([2, 3, 3.6]);
    expect(nextDue(one, rules)).toEqual(one.dueAt);
  });
  test('after an outage only the last one due is given', () => {
    expect(wake(clock(), rules, at(3.7 * hour))).toEqual([{ type: 'clock.warned', percent: 90 }]);
  });
  test('count working time', () => {
    const one = clock({}, terms(4 * hour, { calendar: office }));
    expect(nextDue(one, { ...rules, time: officeTime })).toEqual(at(11 * hour));
    expect(one.dueAt).toEqual(at(13 * hour));
  });
});

test('a breached clock breaches once and still tells when it ended, late', () => {
  const breached = evolve(clock(), { type: 'clock.breached' }, at(4 * hour));
  expect(wake(breached, rules, at(9 * hour))).toEqual([]);
  expect(nextDue(breached, rules)).toBeNull();
  expect(meet(breached, at(9 * hour))).toMatchObject([{ inTime: false }]);
});

test('an ended clock says nothing more, whatever happens', () => {
  for (const state of ['met', 'missed', 'cancelled'] as const) {
    const ended = clock({ state });
    expect([
      ...wake(ended, rules, at(99 * hour)),
      ...meet(ended, at(0)),
      ...meet(ended, at(0), { inTime: true }),
      ...cancel(ended, 'closed', at(0)),
      ...pause(ended, 'waiting-for-customer', at(0), time),
      ...resume(ended, at(0), time, null),
      ...shorten(ended, 'P0', at(0), terms(hour), time),
      ...reschedule(ended, 'policy', at(0), terms(hour), time),
    ]).toEqual([]);
  }
});

describe('a raised priority', () => {
  const p2 = clock({ priority: 'P2' }, terms(24 * hour));
  test('shortens the clock, counted from when we knew', () => {
    const [fact] = shorten(p2, 'P1', at(10 * hour), terms(4 * hour), time);
    expect(fact).toMatchObject({
      type: 'clock.shortened',
      previousDueAt: at(24 * hour),
      timing: { dueAt: at(14 * hour) },
    });
  });
  test('never lengthens it', () => expect(shorten(p2, 'P1', at(22 * hour), terms(4 * hour), time)).toEqual([]));
  test('that changed nothing still lets a later policy change only what it changed', () => {
    const kept = keep(p2, 'P1', terms(4 * hour));
    expect(kept.dueAt).toEqual(p2.dueAt);
    expect(reschedule(kept, 'policy', at(23 * hour), terms(4 * hour), time)).toEqual([]);
    expect(reschedule(kept, 'policy', at(23 * hour), terms(5 * hour), time)).toMatchObject([
      { timing: { dueAt: at(25 * hour) } },
    ]);
  });
});

describe('a pause', () => {
  const paused = after(clock(), pause(clock(), 'waiting-for-customer', at(hour), time), at(hour));
  test('keeps what was used, and says what is left', () => {
    expect(pause(clock(), 'waiting-for-customer', at(hour), time)).toMatchObject([{ remainingMs: 3 * hour }]);
    expect(used(paused, time, at(9 * hour))).toBe(hour);
  });
  test('is silent: no warning, no breach, no second pause', () => {
    expect(nextDue(paused, rules)).toBeNull();
    expect(wake(paused, rules, at(99 * hour))).toEqual([]);
    expect(pause(paused, 'waiting-for-customer', at(2 * hour), time)).toEqual([]);
  });
  test('moves the deadline by its length', () => {
    const [fact] = resume(paused, at(6 * hour), time, null);
    expect(fact).toMatchObject({ type: 'clock.resumed', timing: { dueAt: at(9 * hour) } });
  });
  test('over closed hours costs nothing twice', () => {
    const one = clock({}, terms(4 * hour, { calendar: office }));
    const stood = after(one, pause(one, 'waiting-for-customer', at(11 * hour), officeTime), at(11 * hour));
    expect(resume(stood, at(35 * hour), officeTime, null)).toMatchObject([{ timing: { dueAt: at(37 * hour) } }]);
  });
  test('moves the natural ceiling too', () => {
    const one = clock({}, terms(8 * hour, { ceilingMs: 4 * hour }));
    expect(one.dueAt).toEqual(at(4 * hour));
    const stood = after(one, pause(one, 'waiting-for-customer', at(hour), time), at(hour));
    expect(resume(stood, at(3 * hour), time, null)).toMatchObject([{ timing: { dueAt: at(6 * hour) } }]);
  });
  test('that begins too late finds the breach first, and a breach stays one', () => {
    const facts = pause(clock(), 'waiting-for-customer', at(5 * hour), time);
    expect(types(facts)).toEqual(['clock.breached', 'clock.paused']);
    expect(facts[1]).toMatchObject({ remainingMs: -hour });
    const late = after(clock(), facts, at(5 * hour));
    const gone = after(late, resume(late, at(8 * hour), time, null), at(8 * hour));
    expect(gone).toMatchObject({ state: 'breached', dueAt: at(4 * hour) });
    expect(meet(late, at(6 * hour))).toMatchObject([{ inTime: false }]);
  });
  test('that never ends before the clock does leaves it in time', () => {
    expect(meet(paused, at(50 * hour))).toMatchObject([{ inTime: true }]);
  });
});

describe('a changed calendar or policy', () => {
  test('moves the deadline and keeps what was used by the old one', () => {
    expect(reschedule(clock(), 'calendar', at(hour), terms(4 * hour, { calendar: office }), time)).toMatchObject([
      { previousDueAt: at(4 * hour), timing: { dueAt: at(12 * hour), usedMs: hour } },
    ]);
  });
  test('may lengthen it; a span that is used up already is due now, never before', () => {
    expect(reschedule(clock(), 'policy', at(hour), terms(6 * hour), time)).toMatchObject([
      { timing: { dueAt: at(6 * hour) } },
    ]);
    expect(reschedule(clock(), 'policy', at(3 * hour), terms(hour), time)).toMatchObject([
      { timing: { dueAt: at(3 * hour) } },
    ]);
  });
  test('that asks the same does nothing, nor does any after the breach', () => {
    expect(reschedule(clock(), 'policy', at(hour), terms(4 * hour), time)).toEqual([]);
    const breached = after(clock(), [{ type: 'clock.breached' }], at(4 * hour));
    expect(reschedule(breached, 'policy', at(5 * hour), terms(9 * hour), time)).toEqual([]);
  });
  test('finds a paused clock where it stopped', () => {
    const paused = after(clock(), pause(clock(), 'waiting-for-customer', at(hour), time), at(hour));
    const moved = after(paused, reschedule(paused, 'policy', at(2 * hour), terms(6 * hour), time), at(2 * hour));
    expect(moved.state).toBe('paused');
    expect(resume(moved, at(10 * hour), time, null)).toMatchObject([{ timing: { dueAt: at(15 * hour) } }]);
  });
});

describe("the customer's night, 21:00 to 08:00", () => {
  const given = (kind: 'first-contact' | 'resolution', priority: 'P0' | 'P1' | 'P2', local: string, zone?: string) => {
    const startedAt = new Date(`2026-11-02T${local}:00+08:00`);
    const asked = termsOf(kind, { priority, timeZone: zone ?? null, calendar: null }, policy, () => natural)!;
    return clock({ kind, priority, startedAt }, asked);
  };
  const local = (date: Date) => new Date(date.getTime() + 8 * hour).toISOString().slice(8, 16);
  test('moves a P1 due in it to its end and the grace, and both are shown', () => {
    const one = given('first-contact', 'P1', '18:30');
    expect([local(one.dueAt), one.naturalDueAt && local(one.naturalDueAt)]).toEqual(['03T09:00', '02T22:30']);
  });
  test('leaves a P0 alone, and what is not about calling', () => {
    expect(given('first-contact', 'P0', '18:30')).toMatchObject({ naturalDueAt: null });
    expect(given('resolution', 'P1', '22:30')).toMatchObject({ naturalDueAt: null });
  });
  test('is that of their own zone', () => {
    expect(local(given('first-contact', 'P1', '18:30', 'Europe/Berlin').dueAt)).toBe('02T22:30');
  });
  test('never takes a deadline beyond the ceiling', () => {
    const one = given('first-contact', 'P2', '22:00');
    expect(one.dueAt.getTime() - one.startedAt.getTime()).toBe(policy.sla.hardCeiling);
  });
});

describe('the silent days', () => {
  const silent: Clock = clock({ kind: 'observation' });
  test('are met when they are reached, without a warning', () => {
    const quiet = { ...rules, warnAt: [] };
    expect(nextDue(silent, quiet)).toEqual(silent.dueAt);
    expect(wake(silent, quiet, silent.dueAt)).toEqual([{ type: 'clock.met', inTime: true }]);
  });
  test('are met for whoever closes the case at their end, and cancelled before', () => {
    expect(cancel(silent, 'closed', silent.dueAt)).toEqual([{ type: 'clock.met', inTime: true }]);
    expect(cancel(silent, 'reopened', at(minute))).toEqual([{ type: 'clock.cancelled', reason: 'reopened' }]);
  });
});

test('the finished attempts to reach a silent customer meet the first contact, even after its breach', () => {
  const breached = after(clock(), [{ type: 'clock.breached' }], at(4 * hour));
  const facts = meet(breached, at(48 * hour), { inTime: true });
  expect(facts).toEqual([{ type: 'clock.met', inTime: true, by: 'unreachable-protocol' }]);
  expect(after(breached, facts, at(48 * hour))).toMatchObject({ state: 'met', metBy: 'unreachable-protocol' });
  expect(meet(clock(), at(hour), { inTime: false })).toMatchObject([{ inTime: false }]);
});
