import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Target } from './targets.ts';
import { bucketOf, nextToken, refill } from './token-bucket.ts';

const robot = (perMinute: number) =>
  Target.parse({ kind: 'dingtalk-robot', url: 'https://robot.example', rate: { perMinute } });

test('no minute ever sees more than the rate, however eager the sender', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 120 }),
      fc.array(fc.integer({ min: 0, max: 20_000 })),
      (perMinute, pauses) => {
        const target = robot(perMinute);
        let now = Date.parse('2026-10-01T00:00:00Z');
        let bucket = { tokens: bucketOf(target).size, refilledAt: new Date(now) };
        const sent: number[] = [];
        for (const pause of [...pauses, ...Array<number>(perMinute * 2).fill(0)]) {
          bucket = refill(bucket, target, new Date(now));
          if (bucket.tokens < 1) {
            now = nextToken(bucket, target).getTime();
            bucket = refill(bucket, target, new Date(now));
          }
          expect(bucket.tokens).toBeGreaterThan(1 - 1e-6);
          bucket = { ...bucket, tokens: bucket.tokens - 1 };
          sent.push(now);
          now += pause;
        }
        for (const at of sent) {
          expect(sent.filter((other) => other >= at && other < at + 60_000).length).toBeLessThanOrEqual(perMinute);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('a bucket closed by the other side gives nothing before its time', () => {
  const target = robot(20);
  const closed = { tokens: 0, refilledAt: new Date('2026-10-01T00:10:00Z') };
  expect(refill(closed, target, new Date('2026-10-01T00:09:59Z')).tokens).toBe(0);
  expect(nextToken(closed, target)).toEqual(new Date('2026-10-01T00:10:04Z'));
});
