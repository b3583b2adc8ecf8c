import { expect, test } from 'vitest';
import { endOf, type FlyWire, isOpen, mayOpen, mayUse } from './fly-wire.ts';

const day = 86_400_000;
const now = new Date('2026-11-01T00:00:00Z');
const at = (ms: number) => new Date(now.getTime() + ms);
const access: FlyWire = {
  ...{ kind: 'read-only-access', system: 'wms', roles: ['senior-support'], highValueOnly: false },
  ...{ expiresAt: at(30 * day), endedAt: null },
};
const refund: FlyWire = {
  ...{ kind: 'advance-refund', ceiling: { amount: 2000_00, currency: 'CNY' }, roles: ['csm'], highValueOnly: true },
  ...{ expiresAt: at(day), endedAt: null },
};
const code = (work: () => void) => {
  try {
    work();
    return 'yes';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each([
  [1, 'yes'],
  [180 * day, 'yes'],
  [180 * day + 1, 'too-long'],
  [0, 'over-already'],
])('one that expires in %i ms: %s', (ms, answer) => {
  expect(code(() => mayOpen({ expiresAt: at(ms) }, now, { longest: 180 * day }))).toBe(answer);
});

test('it is open until just before it expires, and not after it was revoked', () => {
  expect([isOpen(access, at(30 * day - 1)), isOpen(access, at(30 * day))]).toEqual([true, false]);
  expect(isOpen({ ...access, endedAt: now }, now)).toBe(false);
});

test.each<[string, FlyWire, string[], boolean | undefined, Date]>([
  ['yes', access, ['support', 'senior-support'], undefined, now],
  ['not-in-scope', access, ['support'], undefined, now],
  ['fly-wire-ended', access, ['senior-support'], undefined, at(30 * day)],
  ['fly-wire-ended', { ...access, endedAt: now }, ['senior-support'], undefined, now],
  ['yes', { ...access, highValueOnly: true }, ['senior-support'], true, now],
  ['not-high-value', { ...access, highValueOnly: true }, ['senior-support'], false, now],
  ['not-high-value', { ...access, highValueOnly: true }, ['senior-support'], undefined, now],
  ['used-by-granting', refund, ['csm'], true, now],
])('who may use it for whom: %s', (answer, flyWire, roles, highValue, when) => {
  expect(code(() => mayUse(flyWire, roles, highValue, when))).toBe(answer);
});

test('it ends once, for one cause', () => {
  expect(endOf(access, now)).toBeUndefined();
  expect(endOf(access, now, 'revoked')).toBe('revoked');
  expect(endOf(access, now, 'proven')).toBe('proven');
  expect(endOf(access, at(30 * day))).toBe('expired');
  expect(endOf(access, at(30 * day), 'proven')).toBe('expired');
  expect(endOf({ ...access, endedAt: now }, at(30 * day), 'revoked')).toBeUndefined();
});
