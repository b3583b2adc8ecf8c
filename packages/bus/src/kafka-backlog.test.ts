import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Backlog } from './kafka-backlog.ts';

let backlog: Backlog;
beforeEach(() => {
  backlog = new Backlog(10);
});

/** Adds a stretch, "a5" for five messages of partition a that begin at its next offset, "a5-" if they are for others. */
function reader() {
  const ends: Record<string, number> = {};
  const answers: Record<string, boolean> = {};
  const add = async (name: string, topic = 'heard.ingest') => {
    const partition = name.charCodeAt(0);
    const length = Number(/\d+/.exec(name));
    const offset = ends[partition] ?? 0;
    ends[partition] = offset + length;
    const stretch = { topic, partition, offset, length, passing: name.endsWith('-'), read: () => [] };
    void backlog.add(stretch).then((goOn) => {
      answers[`${name}@${offset}`] = goOn;
    });
    await Promise.resolve();
  };
  return { add, answers, ends };
}

const named = (taken: readonly { partition: number; offset: number }[]) =>
  taken.map(({ partition, offset }) => `${String.fromCharCode(partition)}@${offset}`);

describe('what was read', () => {
  test('is taken in order up to so many messages, and reading goes on when it is', async () => {
    const { add, answers } = reader();
    for (const name of ['a3', 'b4', 'c4', 'd3']) await add(name);
    expect(backlog.waiting).toBe(14);
    const taken = backlog.take(10);
    expect(named(taken)).toEqual(['a@0', 'b@0', 'd@0']);
    await Promise.resolve();
    expect(answers).toEqual({ 'a3@0': true, 'b4@0': true, 'd3@0': true });
    expect(named(backlog.take(10))).toEqual(['c@0']);
  });

  test('keeps reading from going on until it is handled, where there is not enough for another transaction', async () => {
    const { add, answers } = reader();
    for (const name of ['a3', 'b4']) await add(name);
    const taken = backlog.take(10);
    await Promise.resolve();
    expect(answers).toEqual({});
    backlog.putBack(taken);
    backlog.done(backlog.take(10));
    await Promise.resolve();
    expect(answers).toEqual({ 'a3@0': true, 'b4@0': true });
  });

  test('is taken whole even if it is longer', async () => {
    const { add } = reader();
    await add('a30');
    expect(named(backlog.take(10))).toEqual(['a@0']);
  });

  test('waits for what is at work in its partition', async () => {
    const { add } = reader();
    await add('a3');
    const first = backlog.take(10);
    for (const name of ['a2', 'b2', 'a1-']) await add(name);
    expect(named(backlog.take(10))).toEqual(['b@0']);
    backlog.done(first);
    expect(named(backlog.take(10))).toEqual(['a@3', 'a@5']);
  });

  test('is the first in line again where it failed', async () => {
    const { add } = reader();
    for (const name of ['a3', 'b3']) await add(name);
    const taken = backlog.take(3);
    for (const name of ['a2', 'a1-']) await add(name);
    backlog.putBack(taken);
    expect(named(backlog.take(20))).toEqual(['a@0', 'b@0', 'a@3', 'a@5']);
  });

  test('lets a policy go first', async () => {
    const { add } = reader();
    for (const name of ['a8', 'b8']) await add(name);
    await add('p1', 'heard.policy');
    expect(named(backlog.take(10))).toEqual(['p@0', 'a@0']);
  });
});

describe('what is for others', () => {
  test('holds up nothing until it is much, and is taken besides', async () => {
    const { add, answers } = reader();
    await add('a9-');
    await add('b9-');
    await add('c9-');
    expect(answers).toEqual({ 'a9-@0': true, 'b9-@0': true });
    await add('d10');
    expect([backlog.waiting, backlog.passing]).toEqual([10, 27]);
    expect(named(backlog.take(10))).toEqual(['a@0', 'b@0', 'c@0', 'd@0']);
  });

  test('does not overtake what waits in its partition', async () => {
    const { add } = reader();
    for (const name of ['b9', 'a9', 'a2-']) await add(name);
    expect(named(backlog.take(10))).toEqual(['b@0']);
  });
});

test('cleared, reading begins again at the first of each partition behind which it had gone on', async () => {
  const { add, answers } = reader();
  for (const name of ['a3', 'b9']) await add(name);
  const taken = backlog.take(3);
  for (const name of ['a1-', 'a2', 'c1-', 'c4']) await add(name);
  backlog.putBack(taken);
  expect(named(backlog.clear())).toEqual(['a@0', 'c@0']);
  await Promise.resolve();
  const goesOn = { 'a3@0': true, 'a1-@3': true, 'c1-@0': true };
  expect(answers).toEqual({ ...goesOn, 'b9@0': false, 'a2@4': false, 'c4@1': false });
  expect([backlog.waiting, backlog.passing, backlog.take(10)]).toEqual([0, 0, []]);
});

test('the first message the database does not know is that of what is at work, or waits', async () => {
  const { add } = reader();
  const first = () => backlog.firstOf({ topic: 'heard.ingest', partition: 97 });
  await add('a3');
  expect(first()).toBe(0);
  const taken = backlog.take(10);
  await add('a2-');
  expect(first()).toBe(0);
  backlog.done(taken);
  expect(first()).toBe(3);
  backlog.done(backlog.take(10));
  expect(first()).toBeUndefined();
});

test('whatever fails, nothing of a partition overtakes anything of it or is handled twice', () => {
  const stretch = fc.record({ partition: fc.nat(3), length: fc.integer({ min: 1, max: 6 }), passing: fc.boolean() });
  const step = fc.oneof(stretch, fc.constantFrom('take', 'done', 'fail', 'clear'));
  const holds = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    backlog = new Backlog(10);
    const read = [0, 0, 0, 0];
    const handled = [0, 0, 0, 0];
    const atWork: (readonly { partition: number; offset: number; length: number }[])[] = [];
    const finish = () => {
      const taken = atWork.shift()!;
      backlog.done(taken as never);
      for (const { partition, offset, length } of taken) {
        expect(offset).toBe(handled[partition]);
        handled[partition]! += length;
      }
    };
    const readOn = (partition: number, length: number, passing: boolean) => {
      void backlog.add({
        topic: 'heard.ingest',
        partition,
        offset: read[partition]!,
        length,
        passing,
        read: () => [],
      });
      read[partition]! += length;
    };
    for (const one of steps) {
      if (typeof one === 'object') readOn(one.partition, one.length, one.passing);
      else if (one === 'take') atWork.push(backlog.take(10) as never);
      else if (one === 'done' && atWork.length > 0) finish();
      else if (one === 'fail' && atWork.length > 0) backlog.putBack(atWork.shift() as never);
      else if (one === 'clear' && atWork.length === 0) {
        backlog.clear();
        for (const partition of [0, 1, 2, 3]) read[partition] = handled[partition]!;
      }
    }
    while (atWork.length > 0) finish();
    for (let taken = backlog.take(10); taken.length > 0; taken = backlog.take(10)) {
      atWork.push(taken as never);
      finish();
    }
    expect(handled).toEqual(read);
  });
  fc.assert(holds, { numRuns: 1_000 });
});
