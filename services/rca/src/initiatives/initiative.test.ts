import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Command, decide, evolve, type Initiative, reranked, type State } from './initiative.ts';

const owner = { personId: 'vp', roles: ['supervisor'] };
const begun: Initiative = { state: 'open', ownerId: 'vp', fixedAt: null, confirmedBy: null, confirmedFrom: null };
const now = new Date('2026-11-01T00:00:00Z');
const commands: Record<Command['do'], Command> = {
  'sign-off': { do: 'sign-off', by: owner },
  fix: { do: 'fix', by: owner, fixedAt: now, at: now },
  rework: { do: 'rework', by: owner, reason: 'it came back' },
  abandon: { do: 'abandon', by: owner, reason: 'too dear' },
  confirm: { do: 'confirm', by: 'ann', validationId: 'v', measuredFrom: now },
};
const after = (command: Command, initiative: Initiative) => decide(command, initiative).reduce(evolve, initiative);
const outcome = (command: Command, initiative: Initiative) => {
  try {
    return after(command, initiative).state;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

const no = 'wrong-state';
test.each<[State, Record<Command['do'], string>]>([
  ['open', { 'sign-off': 'signed-off', fix: no, rework: no, abandon: 'abandoned', confirm: 'open' }],
  ['signed-off', { 'sign-off': no, fix: 'fixed', rework: no, abandon: 'abandoned', confirm: 'signed-off' }],
  ['fixed', { 'sign-off': no, fix: no, rework: 'signed-off', abandon: 'abandoned', confirm: 'proven' }],
  ['proven', { 'sign-off': no, fix: no, rework: no, abandon: no, confirm: 'proven' }],
  ['abandoned', { 'sign-off': no, fix: no, rework: no, abandon: no, confirm: no }],
])('what may follow %s', (state, follows) => {
  const found = Object.entries(commands).map(([name, command]) => [name, outcome(command, { ...begun, state })]);
  expect(Object.fromEntries(found)).toEqual(follows);
});

test('its owner and who decides move it, nobody else', () => {
  const by = (personId: string, ...roles: string[]) => ({ do: 'sign-off', by: { personId, roles } }) as const;
  expect(outcome(by('vp', 'analyst'), begun)).toBe('signed-off');
  expect(outcome(by('dan', 'director'), begun)).toBe('signed-off');
  expect(outcome(by('root', 'admin'), begun)).toBe('signed-off');
  expect(outcome(by('sue', 'supervisor', 'analyst'), begun)).toBe('not-the-owner');
});

test('a confirmation before anybody said that it is fixed proves it as soon as somebody does', () => {
  const early = after(commands.confirm, { ...begun, state: 'signed-off' });
  expect(early).toMatchObject({ state: 'signed-off', confirmedBy: 'v' });
  expect(decide(commands.fix, early).map((fact) => fact.type === 'moved' && fact.to)).toEqual(['fixed', 'proven']);
  expect(after(commands.fix, early)).toMatchObject({ state: 'proven', fixedAt: now });
});

test('whoever reports a confirmed fix says since when; one younger than what was measured is not proven', () => {
  const early = after(commands.confirm, { ...begun, state: 'signed-off' });
  expect(outcome({ do: 'fix', by: owner, fixedAt: null, at: now }, early)).toBe('since-when');
  const later = new Date(now.getTime() + 1);
  expect(after({ do: 'fix', by: owner, fixedAt: later, at: later }, early)).toEqual({
    ...begun,
    ...{ state: 'fixed', fixedAt: later },
  });
});

test('a window that began before the fix was live proves nothing of it', () => {
  const fixed: Initiative = { ...begun, state: 'fixed', fixedAt: now };
  const early = new Date(now.getTime() - 1);
  expect(outcome({ do: 'confirm', by: 'ann', validationId: 'v', measuredFrom: early }, fixed)).toBe(
    'measured-before-fix',
  );
});

test('the first confirmation stays, and a second changes nothing', () => {
  const proven = after(commands.confirm, { ...begun, state: 'fixed', fixedAt: now });
  expect(decide({ do: 'confirm', by: 'ann', validationId: 'w', measuredFrom: now }, proven)).toEqual([]);
});

test('a fix that did not hold is forgotten; one that is not live yet is none', () => {
  const fixed = after(commands.fix, { ...begun, state: 'signed-off' });
  expect(after(commands.rework, fixed)).toMatchObject({ state: 'signed-off', fixedAt: null });
  const tomorrow = new Date(now.getTime() + 1);
  const early: Command = { do: 'fix', by: owner, fixedAt: tomorrow, at: now };
  expect(outcome(early, { ...begun, state: 'signed-off' })).toBe('not-yet');
});

test('whatever is proven was confirmed, whatever the commands', () => {
  const any = fc.constantFrom(...Object.values(commands));
  fc.assert(
    fc.property(fc.array(any, { maxLength: 12 }), (given) => {
      let initiative = begun;
      for (const command of given) {
        try {
          initiative = after(command, initiative);
        } catch {
          continue;
        }
        if (initiative.state === 'proven') expect(initiative).toMatchObject({ fixedAt: now, confirmedBy: 'v' });
      }
    }),
  );
});

test('a new rank moves one and keeps the order of the others', () => {
  expect(reranked(['a', 'b', 'c', 'd'], 'd', 2)).toEqual(['a', 'd', 'b', 'c']);
  expect(reranked(['a', 'b', 'c', 'd'], 'a', 3)).toEqual(['b', 'c', 'a', 'd']);
  expect(reranked(['a', 'b'], 'a', 9)).toEqual(['b', 'a']);
  expect(reranked(['a', 'b'], 'new', 1)).toEqual(['new', 'a', 'b']);
});
