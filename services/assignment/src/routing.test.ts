import type { Role } from '@heard/events/vocabulary';
import { parsePolicy, presetPolicy } from '@heard/policy/policy';
import { describe, expect, test } from 'vitest';
import { audience, type Person, route } from './routing.ts';

const policy = parsePolicy(presetPolicy());
const person = (personId: string, role: Role, over: Partial<Person> = {}): Person => ({
  personId,
  roles: [role],
  present: true,
  cap: null,
  openCases: 0,
  ...over,
});

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
    expect(route('P1', 'own', absent(...away), policy)).toMatchObject({ owner, rung });
  });
  test('and nobody when nobody is there', () => {
    expect(route('P1', 'own', absent('own', 'senior', 'boss'), policy)).toBeNull();
  });
  test('a customer without a CSM goes to a senior', () =>
    expect(route('P1', null, ladder, policy)?.owner).toBe('senior'));
});

test('a P0 goes to a director, a P2 to support', () => {
  const people = [
    person('d', 'director'),
    person('c', 'crisis-team'),
    person('s', 'support'),
    person('x', 'senior-support'),
  ];
  expect(route('P0', null, people, policy)?.owner).toBe('d');
  expect(route('P2', null, people, policy)?.owner).toBe('s');
});

test('the least loaded gets it, and a full one never does', () => {
  const people = [
    person('a', 'support', { openCases: 3 }),
    person('b', 'support', { openCases: 2 }),
    person('c', 'support', { openCases: 0, cap: 0 }),
  ];
  expect(route('P2', null, people, policy)?.owner).toBe('b');
});

test('an alert reaches everybody present with one of its roles', () => {
  const people = [
    person('d', 'director'),
    person('c', 'crisis-team'),
    person('away', 'director', { present: false }),
    person('s', 'support'),
  ];
  expect(audience(['director', 'crisis-team'], people)).toEqual(['d', 'c']);
});
