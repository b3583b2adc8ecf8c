import { expect, test } from 'vitest';
import { isTimeZone } from './time-zone.ts';

test('places and UTC are time zones, by any name and in any case', () => {
  const names = ['Asia/Shanghai', 'UTC', 'Etc/GMT+8', 'Asia/Kolkata', 'Asia/Calcutta', 'europe/berlin'];
  expect(names.filter((name) => !isTimeZone(name))).toEqual([]);
});

test('what is no place is no time zone', () => {
  expect(['', 'Mars/Olympus', 'Shanghai', 'Asia/', '北京'].filter(isTimeZone)).toEqual([]);
});

test('what is listed is what a formatter takes', () => {
  const refused = Intl.supportedValuesOf('timeZone').filter((timeZone) => {
    try {
      return !new Intl.DateTimeFormat('en', { timeZone });
    } catch {
      return true;
    }
  });
  expect(refused).toEqual([]);
});
