import { everyDay } from '@heard/calendar/calendar';
import type { Priority, Role } from '@heard/events/vocabulary';
import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { describe, expect, test } from 'vitest';
import { nextAvailable, type Person, standIn } from './people.ts';
import { audience, route, type Wanted } from './routing.ts';

const policy = parsePolicy(presetPolicy());
const now = new Date('2026-03-02T02:00:00Z'); // a Monday, ten o'clock in Shanghai
const person = (personId: string, role: Role, over: Partial<Person> = {}): Person => ({
  ...{ personId, roles: [role], skills: [], team: null, present: true, cap: null, openCases: 0 },
  ...{ shifts: null, leave: [], substitute: null },
  ...over,
});
const who = (priority: Priority, people: Person[], over: Partial<Wanted> = {}) =>
  route({ priority, csmId: null, needs: [], passedBy: [], ...over }, people, policy, now);
const night = everyDay('night', 'Asia/Shanghai', [{ from: '20:00', to: '24:00' }]);
const week = { from: '2026-03-01T00:00:00Z', until: '2026-03-08T00:00:00Z' };

describe('the ladder falls through in order', () => {
  const ladder = [
    person('own', 'csm'),
    person('other', 'csm'),
    person('senior', 'senior-support'),
    person('boss', 'supervisor'),
  ];
  const absent = (...ids: string[]) => ladder.map((one) => ({ ...one, present: !ids.includes(one.personId) }));
  test.each([
    ['the customer’s own CSM first', [], 'own', 0],
    ['then a senior, never another CSM', ['own'], 'senior', 1],
    ['then a supervisor', ['own', 'senior'], 'boss', 2],
  ])('%s', (_name, away, owner, rung) => {
    expect(who('P1', absent(...away), { csmId: 'own' })).toMatchObject({ owner, rung });
  });
  test('and nobody when nobody is there', () => {
    expect(who('P1', absent('own', 'senior', 'boss'), { csmId: 'own' })).toBeNull();
  });
  test('a customer without a CSM goes to a senior', () => expect(who('P1', ladder)?.owner).toBe('senior'));
});

test('a P0 goes to a director, a P2 to support', () => {
  const people = [
    person('d', 'director'),
    person('c', 'crisis-team'),
    person('s', 'support'),
    person('x', 'senior-support'),
  ];
  expect(who('P0', people)?.owner).toBe('d');
  expect(who('P2', people)?.owner).toBe('s');
});

test('the least loaded gets it, and a full one never does', () => {
  const people = [
    person('a', 'support', { openCases: 3 }),
    person('b', 'support', { openCases: 2 }),
    person('c', 'support', { openCases: 0, cap: 0 }),
  ];
  expect(who('P2', people)?.owner).toBe('b');
});

test('who has the skills comes first, and where nobody has, it still goes to somebody', () => {
  const people = [person('a', 'support'), person('b', 'support', { openCases: 9, skills: ['en', 'legal'] })];
  expect(who('P2', people, { needs: ['en', 'legal'] })?.owner).toBe('b');
  expect(who('P2', people, { needs: ['fr'] })?.owner).toBe('a');
});

describe('who is away gets none', () => {
  test.each([
    ['absent', { present: false }],
    ['off shift', { shifts: night }],
    ['on leave', { leave: [week] }],
  ] as [string, Partial<Person>][])('%s', (_name, over) => {
    expect(who('P2', [person('a', 'support', over)])).toBeNull();
    expect(who('P2', [person('a', 'support', over), person('b', 'support', { openCases: 50 })])?.owner).toBe('b');
  });
  test('nor who had it and did not take it up', () => {
    expect(who('P2', [person('a', 'support')], { passedBy: ['a'] })).toBeNull();
  });
});

describe('a substitute', () => {
  const people = [
    person('own', 'csm', { leave: [week], substitute: 'second' }),
    person('second', 'csm', { present: false, substitute: 'third' }),
    person('third', 'csm'),
    person('senior', 'senior-support'),
  ];
  test('gets the customers of a CSM who is away, along the chain', () => {
    expect(who('P1', people, { csmId: 'own' })).toMatchObject({ owner: 'third', role: 'csm' });
  });
  test('a ring of absent people ends', () => {
    const ring = [
      person('own', 'csm', { present: false, substitute: 'second' }),
      person('second', 'csm', { present: false, substitute: 'own' }),
      person('senior', 'senior-support'),
    ];
    expect(standIn('own', ring, now)).toBeUndefined();
    expect(who('P1', ring, { csmId: 'own' })?.owner).toBe('senior');
  });
});

test('over a day the loads of equal people differ by one case at most, whoever comes and goes with theirs', () => {
  const people = Array.from({ length: 7 }, (_, i) => person(`p${i}`, 'support'));
  for (let n = 0; n < 500; n++) {
    const found = who('P2', people)!;
    people.find((one) => one.personId === found.owner)!.openCases++;
    const loads = people.map((one) => one.openCases);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
  }
});

test('the next time somebody is there is after the leave, at the start of a shift', () => {
  const away = person('a', 'support', { leave: [week], shifts: night });
  expect(nextAvailable(away, now)?.toISOString()).toBe('2026-03-08T12:00:00.000Z');
  expect(nextAvailable(person('b', 'support', { present: false }), now)).toBeNull();
});

describe('an alert', () => {
  const people = [
    person('d', 'director'),
    person('c', 'crisis-team'),
    person('absent', 'director', { present: false }),
    person('off', 'director', { shifts: night }),
    person('s', 'support'),
  ];
  test('reaches everybody at work with one of its roles', () => {
    expect(audience(['director', 'crisis-team'], people, 'push', now)).toEqual(['d', 'c']);
  });
  test('that is a page reaches those who are off shift too', () => {
    expect(audience(['director', 'crisis-team'], people, 'page', now)).toEqual(['d', 'c', 'off']);
  });
  test('reaches whoever there is where nobody is at work', () => {
    expect(audience(['director'], [people[3]!], 'push', now)).toEqual(['off']);
  });
});
