import { expect, test } from 'vitest';
import { checkPauses } from './audit-clocks.ts';

const started = { type: 'clocks.started', at: 0, dueAt: 100 };
const paused = { type: 'clock.paused', at: 10, dueAt: null };
const resumed = { type: 'clock.resumed', at: 50, dueAt: 140 };
const judge = (...events: { type: string; at: number; dueAt: number | null }[]) =>
  checkPauses([{ id: 'k', plain: true, events }], 1).example;

test('a pause that adds its own length holds', () => {
  expect(judge(started, paused, resumed, { type: 'clock.breached', at: 140, dueAt: 140 })).toBeUndefined();
});

test.each([
  ['k went on 5 ms off', [started, paused, { ...resumed, dueAt: 145 }]],
  ['k clock.warned while it was paused', [started, paused, { type: 'clock.warned', at: 20, dueAt: 100 }]],
  ['k escalation.stepped while it was paused', [started, paused, { type: 'escalation.stepped', at: 20, dueAt: 100 }]],
  ['k was paused twice', [started, paused, paused]],
  ['k went on and was not paused', [started, resumed]],
  ['k fired before it was due', [started, paused, resumed, { type: 'clock.breached', at: 139, dueAt: 140 }]],
])('%s', (example, events) => expect(judge(...events)).toBe(example));
