import { expect, test } from 'vitest';
import { shareChange, volumeChange } from './relative-change.ts';

// The Physicians' Health Study again: relative risk 1.82 (1.43, 2.30); digits by statsmodels 0.15.0, Table2x2.
test('the change of a share', () => {
  const change = shareChange({ hits: 104, of: 104 + 10933 }, { hits: 189, of: 189 + 10845 });
  expect(change.estimate).toBeCloseTo(0.8178017944535074, 10);
  expect(change.lower).toBeCloseTo(0.4330309030505628, 10);
  expect(change.upper).toBeCloseTo(1.305884232422446, 10);
});

// exp(ln .3 ± z √(1/1000 + 1/300)) by numpy and scipy 1.17.1.
test('the change of a volume, whatever the lengths of its windows', () => {
  const change = volumeChange({ events: 1000, exposure: 90 }, { events: 300, exposure: 90 });
  expect(change.estimate).toBeCloseTo(-0.7, 12);
  expect(change.lower).toBeCloseTo(-0.7363132488099972, 10);
  expect(change.upper).toBeCloseTo(-0.6586859233775104, 10);
  expect(volumeChange({ events: 1000, exposure: 90 }, { events: 600, exposure: 180 }).estimate).toBeCloseTo(-0.7, 12);
});

test('events that come in bursts widen it', () => {
  const [before, after] = [
    { events: 1000, exposure: 90 },
    { events: 300, exposure: 90 },
  ];
  expect(volumeChange(before, after, 0.95, 4).upper).toBeGreaterThan(volumeChange(before, after).upper);
});

test('a side without events has no relative change', () => {
  expect(() => shareChange({ hits: 0, of: 10 }, { hits: 3, of: 10 })).toThrow(RangeError);
  expect(() => volumeChange({ events: 5, exposure: 10 }, { events: 0, exposure: 10 })).toThrow(RangeError);
});
