import { describe, expect, test } from 'vitest';
import { natural } from './calendars.ts';
import { acknowledge, type Clock, meet, nextDue, pause, resume, wake } from './clock.ts';
import { after, at, clock, hour, minute, policy, rules, terms } from './fixture-clock.ts';
import type { Step } from './ladder.ts';

const steps = policy.sla.ladders['first-contact']!;

/** Plays a clock's timers until `until`; `answers`: when somebody acknowledges. Returns the steps taken, with their minute. */
function play(one: Clock, until: number, ladder: readonly Step[], answers: number[] = []) {
  const its = { ...rules, warnAt: [], steps: ladder };
  const taken: string[] = [];
  const waiting = [...answers];
  for (let next = nextDue(one, its); next && next <= at(until); next = nextDue(one, its)) {
    if (waiting[0] !== undefined && at(waiting[0]) <= next) {
      waiting.shift();
      one = acknowledge(one);
      continue;
    }
    for (const fact of wake(one, its, next)) {
      one = after(one, [fact], next);
      if (fact.type === 'escalation.stepped')
        taken.push(`${(next.getTime() - at(0).getTime()) / minute}: ${fact.step}.${fact.round} ${fact.tell.join()}`);
    }
  }
  return { one, taken };
}

test('the seed goes from the owner to the director, who hears of it four times', () => {
  expect(play(clock(), 24 * hour, steps).taken).toEqual([
    '180: 0.1 owner',
    '216: 1.1 owner,supervisor',
    '240: 2.1 owner,supervisor',
    '270: 3.1 director',
    '330: 3.2 director',
    '390: 3.3 director',
    '450: 3.4 director',
  ]);
});

describe('an acknowledgement', () => {
  test('stops what comes after the step it answers', () => {
    expect(play(clock(), 24 * hour, steps, [250 * minute]).taken.at(-1)).toBe('240: 2.1 owner,supervisor');
    expect(play(clock(), 24 * hour, steps, [340 * minute]).taken.at(-1)).toBe('330: 3.2 director');
  });
  test('of an early step does not answer for the breach', () => {
    expect(play(clock(), 24 * hour, steps, [200 * minute]).taken).toHaveLength(7);
  });
});

test('a clock that ends is told of no more', () => {
  const { one } = play(clock(), 5 * hour, steps);
  const ended = after(one, meet(one, at(5 * hour)), at(5 * hour));
  expect(nextDue(ended, { ...rules, steps })).toBeNull();
});

test('a paused clock waits, and so does its ladder', () => {
  const { one } = play(clock(), 4 * hour, steps);
  const paused = after(one, pause(one, 'waiting-for-customer', at(250 * minute), natural.time), at(250 * minute));
  expect(nextDue(paused, { ...rules, steps })).toBeNull();
  const resumed = after(paused, resume(paused, at(20 * hour), natural.time, null), at(20 * hour));
  expect(nextDue(resumed, { ...rules, steps })).toEqual(at(20 * hour + 20 * minute));
});

test('a late waking takes only the highest step that is due', () => {
  const facts = wake(clock(), { ...rules, steps }, at(9 * hour));
  expect(facts.map((fact) => ('step' in fact ? fact.step : fact.type))).toEqual(['clock.breached', 2]);
});

describe('a condition', () => {
  // 2026-11-02 was a Monday; the policy is in Shanghai, eight hours ahead.
  const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri'] satisfies NonNullable<Step['when']>['weekdays'];
  const office = { weekdays, from: '09:00', to: '18:30' };
  test('makes a step wait for the weekday and the hour', () => {
    const saturday = clock({ startedAt: at(5 * 24 * hour) }, terms(4 * hour));
    const ladder: Step[] = [{ at: 'breach', tell: ['director'], level: 'push', when: office }];
    const { taken } = play(saturday, 14 * 24 * hour, ladder);
    // Monday 9 November, 09:00 in Shanghai.
    expect(taken).toEqual([`${(7 * 24 + 1) * 60}: 0.1 director`]);
  });
  test('may span midnight', () => {
    const ladder: Step[] = [{ at: 'breach', tell: ['director'], level: 'push', when: { from: '22:00', to: '06:00' } }];
    // Due at 12:00 in Shanghai; the night begins at 22:00.
    expect(play(clock(), 48 * hour, ladder).taken).toEqual([`${14 * 60}: 0.1 director`]);
  });
  test('holds for a repetition too', () => {
    const ladder: Step[] = [
      { at: 'breach', tell: ['owner'], level: 'push', repeat: { every: 12 * hour, times: 2 }, when: office },
    ];
    // Breach at 12:00, again not at midnight but at 09:00, and so on.
    expect(play(clock(), 96 * hour, ladder).taken.map((one) => one.split(':')[0])).toEqual([
      `${4 * 60}`,
      `${25 * 60}`,
      `${49 * 60}`,
    ]);
  });
});

test('a step that waits is left out where the breach comes first', () => {
  const ladder: Step[] = [
    { at: 90, tell: ['owner'], level: 'push' },
    { after: hour, tell: ['supervisor'], level: 'push' },
    { at: 'breach', tell: ['director'], level: 'page' },
  ];
  expect(play(clock(), 24 * hour, ladder).taken).toEqual(['216: 0.1 owner', '240: 2.1 director']);
});
