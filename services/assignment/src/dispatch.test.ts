import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DeliveryClass, delayAfter, plan, type Waiting } from './dispatch.ts';

const one = (deliveryId: string, of: DeliveryClass, personId: string | null = 'li', sending = false): Waiting => ({
  deliveryId,
  class: of,
  personId,
  address: 'a',
  sending,
});
const ids = (list: readonly Waiting[]) => list.map((each) => each.deliveryId).join();

test('with room for all, all are sent as they are', () => {
  expect(plan([one('1', 'push'), one('2', 'push')], 2)).toMatchObject({ merge: [], send: [{}, {}] });
});

test('without, the messages of one person become one', () => {
  const { send, merge } = plan([one('1', 'push'), one('2', 'digest'), one('3', 'push', 'wang')], 2.9);
  expect(ids(send)).toBe('');
  expect(merge.map(ids)).toEqual(['1,2']);
});

test('a page goes alone, and while it waits nothing else goes', () => {
  expect(ids(plan([one('p', 'page'), one('1', 'push'), one('2', 'push')], 5).send)).toBe('p');
  expect(plan([one('p', 'page'), one('1', 'push'), one('2', 'push')], 0.5)).toEqual({ send: [], merge: [] });
});

test('whatever waits: no more than there is room for, none twice, pages and customers and open attempts never merged', () => {
  const waiting = fc.record({
    class: fc.constantFrom<DeliveryClass>('page', 'push', 'digest', 'customer'),
    personId: fc.constantFrom('li', 'wang'),
    address: fc.constantFrom('a', 'b'),
    sending: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(waiting), fc.double({ min: 0, max: 20, noNaN: true }), (list, tokens) => {
      const due = list.map((each, i) => ({ ...each, deliveryId: String(i) }));
      const { send, merge } = plan(due, tokens);
      expect(send.length).toBeLessThanOrEqual(tokens);
      const touched = [...send, ...merge.flat()].map((each) => each.deliveryId);
      expect(new Set(touched).size).toBe(touched.length);
      expect(merge.every((group) => group.length > 1)).toBe(true);
      for (const each of merge.flat())
        expect(each.class === 'page' || each.class === 'customer' || each.sending).toBe(false);
      if (due.some((each) => each.class === 'page'))
        expect([...send, ...merge.flat()].every((each) => each.class === 'page')).toBe(true);
      if (due.length > 0 && tokens >= 1) expect(touched.length, 'there is progress').toBeGreaterThan(0);
    }),
  );
});

test('the retries of Standard Webhooks, up to a fifth later, and an end', () => {
  const inSeconds = (random: number) => [1, 2, 3, 9].map((attempts) => delayAfter(attempts, random)! / 1_000);
  expect(inSeconds(0)).toEqual([5, 300, 1_800, 86_400]);
  expect(inSeconds(1)).toEqual([6, 360, 2_160, 103_680]);
  expect(delayAfter(10, 0)).toBeNull();
});
