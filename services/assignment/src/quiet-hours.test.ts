import { expect, test } from 'vitest';
import { quietUntil } from './quiet-hours.ts';

const night = { from: '22:00', to: '08:00' };
const until = (now: string, hours = night, zone = 'Asia/Shanghai') =>
  quietUntil(new Date(now), hours, zone)?.toISOString() ?? null;

test('a night spans midnight; its end is not quiet any more', () => {
  expect(until('2026-10-01T13:59:59Z')).toBeNull();
  expect(until('2026-10-01T14:00:00Z')).toBe('2026-10-02T00:00:00.000Z');
  expect(until('2026-10-01T23:59:59Z')).toBe('2026-10-02T00:00:00.000Z');
  expect(until('2026-10-02T00:00:00Z')).toBeNull();
});

test('hours within a day', () => {
  const noon = { from: '12:00', to: '13:30' };
  expect(until('2026-10-01T05:00:00Z', noon)).toBe('2026-10-01T05:30:00.000Z');
  expect(until('2026-10-01T05:30:00Z', noon)).toBeNull();
  expect(quietUntil(new Date('2026-10-01T05:00:00Z'), null, 'UTC')).toBeNull();
});

test('the clocks change during the night, and the end is still eight in the morning', () => {
  expect(until('2026-10-24T22:00:00Z', night, 'Europe/Berlin')).toBe('2026-10-25T07:00:00.000Z');
  expect(until('2026-03-28T22:00:00Z', night, 'Europe/Berlin')).toBe('2026-03-29T06:00:00.000Z');
});
