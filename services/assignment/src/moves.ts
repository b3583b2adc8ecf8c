import { Rejection } from '@heard/bus/rejection';
import { stableId } from '@heard/events/names';
import { ContactChannel, Direction, Instant, PauseReason, PersonId, Role, text } from '@heard/events/vocabulary';
import type { AccessRole } from '@heard/service/access';
import * as z from 'zod';
import { isFlagged } from './abuse-flags.ts';
import type { Command } from './case.ts';
import type { Scene } from './commands.ts';
import { callRules } from './contact-time.ts';
import { readCustomer } from './customers.ts';
import { messageShape, writeToCustomer } from './messages.ts';
import { promised, promiseShape } from './promises.ts';

/** What people do with a case: `POST /v1/cases/:caseId/<name>`. `by` is whoever the token names. */
export interface Move<Shape extends z.ZodRawShape = z.ZodRawShape> {
  summary: string;
  shape: Shape;
  roles: readonly AccessRole[];
  /** Whose load it may move besides the owner's; null: nobody's at all. */
  moves(body: z.infer<z.ZodObject<Shape>>): readonly string[] | null;
  build(body: z.infer<z.ZodObject<Shape>>, by: By, scene: Scene): Command | Promise<Command>;
}

export interface By {
  by: string;
  roles: readonly AccessRole[];
}

/** Whoever works with the customer; technical help and approvers answer what they were asked, and no more. */
const workers: readonly AccessRole[] = ['support', 'senior-support', 'csm', 'supervisor', 'director', 'crisis-team'];
const leaders: readonly AccessRole[] = ['supervisor', 'director', 'crisis-team'];
const reason = text(500).min(1);
const unanswered = ['no-answer', 'hung-up', 'busy', 'voicemail'] as const;

function move<Shape extends z.ZodRawShape>(
  summary: string,
  shape: Shape,
  build: Move<Shape>['build'],
  options: { moves?: Move<Shape>['moves'] | 'owner'; roles?: readonly AccessRole[] } = {},
): Move<Shape> {
  const { moves, roles = workers } = options;
  const whose = moves === 'owner' ? () => [] : (moves ?? (() => null));
  return { summary, shape, build, roles, moves: whose };
}

export const moves = {
  acknowledge: move('Take a case up', {}, (_, { by }) => ({ do: 'acknowledge', by })),

  attempts: move(
    'Record an attempt to reach the customer; refused where the customer is to have peace',
    {
      channel: ContactChannel,
      outcome: z.enum([...unanswered, 'refused', 'wrong-number', 'sent', 'left-word']),
      durationSeconds: z.int().min(0).max(86_400).optional(),
    },
    async (body, { by }, { tx, file, policy, now }) => {
      const customer = await readCustomer(tx, file.customerId);
      const mayText = customer?.phone && !customer.optOuts.includes('sms');
      return { do: 'attempt', ...body, by, rules: callRules(file, policy, now, mayText ? 'sms' : null) };
    },
    { moves: ({ channel, outcome }) => (channel === 'phone' && outcome !== 'wrong-number' ? [] : null) },
  ),
  contacts: move(
    'Record a live contact, with what was promised in it',
    {
      channel: ContactChannel,
      direction: Direction.default('outbound'),
      durationSeconds: z.int().min(0).max(86_400).optional(),
      promises: z.array(promiseShape).max(20).default([]),
    },
    ({ promises, ...body }, { by }, { file, policy, now }) => ({
      do: 'contact',
      ...body,
      by,
      at: now.toISOString(),
      allowed: policy.contact.channels[file.priority],
      promises: promised(file, promises),
    }),
  ),
  messages: move('Write to the customer, if the linter lets it pass', messageShape, (body, by, scene) =>
    writeToCustomer(body, by, scene),
  ),
  replies: move(
    'Record that the customer wrote or called of their own accord',
    { channel: ContactChannel },
    ({ channel }, { by }) => ({ do: 'reply', channel, by }),
    { moves: 'owner' },
  ),
  callbacks: move(
    'Record when the customer wishes to be called',
    { from: Instant, until: Instant },
    ({ from, until }, { by }, { file, now }) => ({
      do: 'request-callback',
      requestId: stableId('callback', file.caseId, String(file.version)),
      from: new Date(from).toISOString(),
      until: new Date(until).toISOString(),
      by,
      at: now.toISOString(),
    }),
    { moves: 'owner' },
  ),

  promises: move('Promise something more', promiseShape.shape, (body, { by }, { file, now }) => ({
    do: 'promise',
    promise: promised(file, [body])[0]!,
    by,
    at: now.toISOString(),
  })),
  'keep-promise': move('A promise was carried out', { promiseId: z.uuid() }, (body, { by }) => ({
    do: 'keep-promise',
    ...body,
    by,
  })),
  'withdraw-promise': move(
    'The customer agreed that a promise no longer matters',
    { promiseId: z.uuid(), reason },
    (body, { by }) => ({ do: 'withdraw-promise', ...body, by }),
  ),

  pause: move('Stop the clocks the policy names for this reason', { reason: PauseReason }, (body, { by }) => ({
    do: 'pause',
    ...body,
    by,
  })),
  resume: move('Let the clocks go on', {}, (_, { by }) => ({ do: 'resume', by })),

  transfer: move(
    'Hand the case to somebody else: free before the first live contact, refused after it',
    {
      to: PersonId,
      reason,
      override: z
        .boolean()
        .default(false)
        .meta({ description: 'Although the customer was spoken to: supervisors only.' }),
    },
    ({ to, reason: why, override }, { by, roles }, { desk, file, policy }) => {
      const person = desk.people.find((one) => one.personId === to);
      if (!person) throw new Rejection('no-such-person', 'there is nobody with this id');
      const ladder = policy.routing[file.priority];
      const role = ladder.find((one) => person.roles.includes(one)) ?? person.roles[0]!;
      const rung = Math.max(0, ladder.indexOf(role));
      const mayOverride = override && roles.some((one) => leaders.includes(one));
      const team = person.team ?? undefined;
      return { do: 'transfer', owner: to, role, rung, team, by, why, override: mayOverride, max: policy.handoff.max };
    },
    { moves: ({ to }) => [to] },
  ),
  collaborators: move('Add somebody who helps; the owner stays', { personId: PersonId }, (body, { by }) => ({
    do: 'add-collaborator',
    ...body,
    by,
  })),
  'remove-collaborator': move('Somebody no longer helps', { personId: PersonId }, (body, { by }) => ({
    do: 'remove-collaborator',
    ...body,
    by,
  })),
  'help-requests': move(
    'The fast lane: ask another team for help, with a clock of its own',
    { role: Role.default('technical'), what: text(1000).min(1) },
    async ({ role, what }, { by }, { alerts, desk, file }) => {
      await desk.readPeople();
      const requestId = stableId('help', file.caseId, String(file.version));
      const told = {
        level: 'push',
        roles: [role],
        owner: false,
        cause: 'help',
        about: requestId,
        key: [requestId],
      } as const;
      alerts.raise(file, file, told, { correlationid: file.feedbackId });
      return { do: 'request-help', requestId, role, what, by };
    },
  ),
  'give-help': move(
    'A request for help was answered',
    { requestId: z.uuid() },
    (body, { by }) => ({ do: 'give-help', ...body, by }),
    { roles: [...workers, 'technical'] },
  ),

  heard: move(
    'A step of the HEARD conversation was done; the last one is diagnose',
    { step: z.enum(['hear', 'empathize', 'apologize', 'resolve']) },
    (body, { by }) => ({ do: 'hear', ...body, by }),
  ),
  diagnose: move('Record or correct the root cause', { rootCause: reason }, (body, { by }) => ({
    do: 'diagnose',
    ...body,
    by,
  })),
  park: move(
    'Put the case to rest; anything the customer says brings it back',
    { reason },
    (body, { by }) => ({ do: 'park', ...body, by }),
    { moves: 'owner' },
  ),
  resolve: move(
    'Resolve; the root cause must be diagnosed',
    { rootCause: reason.optional() },
    async (body, { by }, { tx, file, policy, now }) => {
      const dueAt = new Date(now.getTime() + policy.wow.within).toISOString();
      const skip = (await isFlagged(tx, file.customerId, now)) ? 'abuse-flagged' : null;
      return { do: 'resolve', ...body, by, wow: skip ? { skip } : { dueAt } };
    },
    { moves: 'owner' },
  ),
  reopen: move('Take up a parked, resolved or observed case again', {}, (_, { by }) => ({ do: 'reopen', by }), {
    moves: 'owner',
  }),
  'give-wow': move(
    'The extra care was given; it has a budget of its own and is no compensation',
    { what: reason, cost: z.int().min(0).default(0).meta({ description: "In minor units of the policy's currency." }) },
    (body, { by }, { policy }) => ({ do: 'give-wow', ...body, budget: policy.wow.budget, by }),
  ),
  'skip-wow': move('No extra care, and why', { reason }, (body, { by }) => ({ do: 'skip-wow', ...body, by })),
  close: move(
    'End the case; the root cause must be diagnosed',
    { outcome: z.enum(['recovered', 'lost', 'invalid', 'unreached']), rootCause: reason.optional() },
    (body, { by }) => ({ do: 'close', ...body, by }),
    { moves: 'owner' },
  ),
};
