import { expect, test } from 'vitest';
import { Watch } from './watch.ts';

const at = (seconds: number) => 1_000_000 + seconds * 1000;
const place = { topic: 'heard.ingest', partition: 3 };
const stands = (position: number, lag: number, own = true) => [{ ...place, position, lag, own }];

test('a partition with lag that does not move is told once', () => {
  const watch = new Watch(30_000);
  for (const seconds of [0, 10, 20]) expect(watch.look(stands(5, 2), at(seconds))).toBeUndefined();
  expect(watch.look(stands(5, 2), at(30))).toEqual({ place: 'heard.ingest/3', seconds: 30, lag: 2 });
  expect(watch.look(stands(5, 2), at(40))).toBeUndefined();
});

test('a partition that moves is not stuck, whichever process moves it and however long its lag', () => {
  const watch = new Watch(30_000);
  for (let n = 0; n < 20; n++) expect(watch.look(stands(n, 1000), at(n * 10))).toBeUndefined();
});

test('a partition whose batch was handled here is not stuck, although its offset was not committed', () => {
  const watch = new Watch(30_000);
  for (let n = 0; n < 20; n++) {
    expect(watch.look(stands(5, 1000), at(n * 10))).toBeUndefined();
    watch.progressed([place], at(n * 10 + 5));
  }
});

test('the partition of another replica is for that one to restart', () => {
  const watch = new Watch(30_000);
  for (let n = 0; n < 20; n++) expect(watch.look(stands(5, 1, false), at(n * 10))).toBeUndefined();
});

test('the time for which the process or the world was away does not count', () => {
  const watch = new Watch(30_000);
  watch.look(stands(5, 2), at(0));
  expect(watch.look(stands(5, 2), at(3600))).toBeUndefined();
  watch.forget();
  for (const seconds of [3610, 3620, 3630]) expect(watch.look(stands(5, 2), at(seconds))).toBeUndefined();
  expect(watch.look(stands(5, 2), at(3640))).toMatchObject({ seconds: 30 });
});
