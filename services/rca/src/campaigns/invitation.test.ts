import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evolve, type Invitation, type Line, outcomes } from './invitation.ts';

const at = (day: number) => new Date(Date.UTC(2026, 5, day));
const told = (...lines: [Line['outcome'], number][]) =>
  lines
    .map(([outcome, day]) => ({ customerId: 'c', outcome, at: at(day) }))
    .reduce<Invitation | undefined>((before, line) => evolve(before, line), undefined);

test('a reminder leaves the first time as it was', () => {
  expect(told(['sent', 1], ['sent', 8])).toEqual({ invitedAt: at(1), outcome: 'sent', toldAt: at(8) });
  expect(told(['sent', 8], ['sent', 1])).toEqual({ invitedAt: at(1), outcome: 'sent', toldAt: at(8) });
});

test('what happened last is what became of it; the first list sent again changes nothing', () => {
  expect(told(['sent', 1], ['undeliverable', 2], ['sent', 1])?.outcome).toBe('undeliverable');
  expect(told(['undeliverable', 2], ['sent', 3])?.outcome).toBe('sent');
  expect(told(['undeliverable', 1], ['sent', 1])?.outcome).toBe('undeliverable');
});

test('whoever was left out was not asked; whose reminder was left out was', () => {
  expect(told(['left-out', 1])).toEqual({ invitedAt: null, outcome: 'left-out', toldAt: at(1) });
  expect(told(['left-out', 1], ['sent', 2])).toMatchObject({ invitedAt: at(2), outcome: 'sent' });
  expect(told(['sent', 1], ['left-out', 8])).toMatchObject({ invitedAt: at(1), outcome: 'sent' });
});

test('in whatever order lines come, and however often, they come to the same', () => {
  const line = fc.tuple(fc.constantFrom(...outcomes), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      (lines, again) => {
        const repeated = again.map((index) => lines[index % lines.length]!);
        expect(told(...lines.toReversed(), ...repeated)).toEqual(told(...lines));
      },
    ),
  );
});
