import { compile } from '@heard/calendar/business-time';
import { everyDay } from '@heard/calendar/calendar';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Clock, nextDue, pause, reschedule, resume, used, wake } from './clock.ts';
import { after, at, clock, minute, rules, terms } from './fixture-clock.ts';

/**
 * A second implementation that knows no calendar arithmetic: it walks minute by minute, and asks each one whether a
 * clock would have run in it.
 */
interface Hours {
  from: number;
  to: number;
}
type Happening = { minute: number } & (
  | { do: 'pause' }
  | { do: 'resume' }
  | { do: 'policy'; span: number }
  | { do: 'calendar'; hours: Hours[] }
);

const day = 24 * 60;
const horizon = 12 * day;

function oracle(span: number, hours: Hours[], happenings: readonly Happening[]) {
  const now = { span, hours, used: 0, paused: false };
  for (let m = 0; m < horizon; m++) {
    if (!now.paused && now.used >= now.span) return { breachedAt: m, used: now.used };
    for (const one of happenings) {
      if (one.minute !== m) continue;
      if (one.do === 'pause') now.paused = true;
      else if (one.do === 'resume') now.paused = false;
      else if (one.do === 'policy') now.span = one.span;
      else now.hours = one.hours;
    }
    if (now.paused) continue;
    if (now.used >= now.span) return { breachedAt: m, used: now.used };
    if (now.hours.some(({ from, to }) => m % day >= from && m % day < to)) now.used++;
  }
  return { breachedAt: null, used: now.used };
}

function timeOf(hours: Hours[]) {
  const text = (m: number) => `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
  const intervals = hours.map(({ from, to }) => ({ from: text(from), to: text(to) }));
  return compile(everyDay('random', 'UTC', intervals));
}

function play(span: number, hours: Hours[], happenings: readonly Happening[]) {
  const calendars = [timeOf(hours)];
  const inForce = () => ({ name: 'random', version: calendars.length, time: calendars.at(-1)! });
  const timeFor = (one: Clock) => calendars[one.calendarVersion - 1]!;
  let spanMs = span * minute;
  let one = clock({}, terms(spanMs, { calendar: inForce() }));
  const wakeUntil = (m: number) => {
    const its = { ...rules, time: timeFor(one) };
    for (let next = nextDue(one, its); next && next <= at(m * minute); next = nextDue(one, its))
      one = after(one, wake(one, its, next), next);
  };
  for (const happening of happenings) {
    wakeUntil(happening.minute);
    const now = at(happening.minute * minute);
    const time = timeFor(one);
    if (happening.do === 'pause') one = after(one, pause(one, 'waiting-for-customer', now, time), now);
    else if (happening.do === 'resume') one = after(one, resume(one, now, time, null), now);
    else {
      if (happening.do === 'policy') spanMs = happening.span * minute;
      else calendars.push(timeOf(happening.hours));
      const asked = terms(spanMs, { calendar: inForce() });
      one = after(one, reschedule(one, happening.do, now, asked, time), now);
    }
  }
  wakeUntil(horizon - 1);
  const breachedAt = one.breachedAt && (one.breachedAt.getTime() - at(0).getTime()) / minute;
  return { breachedAt, used: used(one, timeFor(one), at(horizon * minute)) / minute };
}

const hours = fc
  .uniqueArray(fc.integer({ min: 0, max: day - 1 }), { minLength: 2, maxLength: 4 })
  .map((marks) => marks.toSorted((a, b) => a - b))
  .map(([a, b, c, d]) => [{ from: a!, to: b! }, ...(c !== undefined && d !== undefined ? [{ from: c, to: d }] : [])]);
const span = fc.integer({ min: 0, max: 3 * day });
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ minute: fc.nat(horizon - 2), do: fc.constant('pause' as const) }),
  fc.record({ minute: fc.nat(horizon - 2), do: fc.constant('resume' as const) }),
  fc.record({ minute: fc.nat(horizon - 2), do: fc.constant('policy' as const), span }),
  fc.record({ minute: fc.nat(horizon - 2), do: fc.constant('calendar' as const), hours }),
);
const story = fc
  .uniqueArray(happening, { selector: (one) => one.minute, maxLength: 12 })
  .map((all) => all.toSorted((a, b) => a.minute - b.minute));

test('a clock through pauses, new calendars and new policies breaches at the minute an oracle says', () => {
  void fc.assert(
    fc.property(span, hours, story, (first, open, happenings) => {
      const want = oracle(first, open, happenings);
      const is = play(first, open, happenings);
      expect(is.breachedAt).toBe(want.breachedAt);
      if (want.breachedAt === null) expect(is.used).toBe(want.used);
    }),
    { numRuns: 1_000 },
  );
}, 60_000);
