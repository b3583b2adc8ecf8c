import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FingerprintSet } from './fingerprint-set.ts';

test('answers like a Set after any adding and deleting', () => {
  const id = fc.nat(60).map((n) => `customer-${n}`);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 400 }), (steps) => {
      const ours = new FingerprintSet(4);
      const theirs = new Set<string>();
      for (const [add, one] of steps) {
        if (add) {
          ours.add(one);
          theirs.add(one);
        } else {
          ours.delete(one);
          theirs.delete(one);
        }
        expect(ours.size).toBe(theirs.size);
      }
      for (let n = 0; n <= 60; n++) expect(ours.has(`customer-${n}`)).toBe(theirs.has(`customer-${n}`));
    }),
  );
});

test('takes 300,000 near-identical ids apart and forgets every second one', () => {
  const set = new FingerprintSet(1000);
  for (let n = 0; n < 300_000; n++) set.add(`客户${n}`);
  expect(set.size).toBe(300_000);
  for (let n = 0; n < 300_000; n += 2) set.delete(`客户${n}`);
  let wrong = 0;
  for (let n = 0; n < 300_000; n++) if (set.has(`客户${n}`) !== (n % 2 === 1)) wrong++;
  for (let n = 300_000; n < 600_000; n++) if (set.has(`客户${n}`)) wrong++;
  expect(wrong).toBe(0);
});
