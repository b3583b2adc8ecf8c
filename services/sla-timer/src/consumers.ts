import { type Event, ofType } from '@heard/events/event';
import { stableId } from '@heard/events/names';
import type { ClockKind, Priority } from '@heard/events/vocabulary';
import type { VersionedPolicy } from '@heard/service/policies';
import type { Service } from '@heard/service/service';
import { type Clock, cancel, isLive, meet, shorten, span, wake } from './clock.ts';
import { ClockFace } from './store.ts';

const kinds: readonly ClockKind[] = ['first-contact', 'resolution'];

/** Starts, ends and shortens clocks as the cases move. */
export function consumeCases(service: Service): void {
  const { bus, clock, policies } = service;
  service.consume({
    topics: ['heard.policy', 'heard.assignment'],
    types: [
      'policy.published',
      'case.opened',
      'case.priority-raised',
      'case.contacted',
      'case.parked',
      'case.resolved',
      'case.reopened',
      'case.closed',
    ],
    async handle(tx, events) {
      await policies.apply(tx, ofType(events, 'policy.published'));
      const moves = events.filter((event) => event.type !== 'policy.published');
      if (moves.length === 0) return;
      const policy = await policies.current(tx);
      const face = await ClockFace.ofCases(tx, clock.now(), [...new Set(moves.map((event) => event.data.caseId))]);
      for (const event of moves) follow(face, event, policy);
      const { fresh, moved } = await face.save();
      await service.setTimers(tx, fresh, 'never');
      await service.setTimers(tx, moved);
      await bus.publish(tx, face.events);
    },
  });
}

type Move = Exclude<
  Event<
    | 'case.opened'
    | 'case.priority-raised'
    | 'case.contacted'
    | 'case.parked'
    | 'case.resolved'
    | 'case.reopened'
    | 'case.closed'
  >,
  never
>;

function follow(face: ClockFace, event: Move, policy: VersionedPolicy): void {
  const { caseId } = event.data;
  const at = new Date(event.data.at);
  const clocks = face.ofCase(caseId);
  const end = (kind: ClockKind) => {
    for (const clock of clocks) if (clock.kind === kind) face.apply(clock, meet(clock, at), at, event);
  };
  const stop = (reason: 'parked' | 'closed' | 'resolved') => {
    for (const clock of clocks) face.apply(clock, cancel(clock, reason), at, event);
  };
  switch (event.type) {
    case 'case.opened':
      begin(face, event, event.data.priority, new Date(event.data.receivedAt), policy);
      break;
    case 'case.reopened':
      begin(face, event, event.data.priority, at, policy);
      break;
    case 'case.priority-raised':
      for (const clock of clocks) face.apply(clock, shorten(clock, event.data.to, at, policy), at, event);
      break;
    case 'case.contacted':
      end('first-contact');
      break;
    case 'case.resolved':
      end('resolution');
      break;
    case 'case.parked':
      stop('parked');
      break;
    case 'case.closed':
      stop('closed');
      break;
  }
}

/** Starts a clock of each kind that has no live one. */
function begin(face: ClockFace, event: Move, priority: Priority, startedAt: Date, policy: VersionedPolicy): void {
  const { caseId, customerId } = event.data;
  for (const kind of kinds) {
    const earlier = face.ofCase(caseId).filter((clock) => clock.kind === kind);
    if (earlier.some(isLive)) continue;
    const cycle = Math.max(0, ...earlier.map((clock) => clock.cycle)) + 1;
    const clock: Clock = {
      clockId: stableId('clock', caseId, kind, String(cycle)),
      ...{ caseId, customerId, kind, cycle, priority, startedAt },
      state: 'running',
      dueAt: new Date(startedAt.getTime() + span(kind, priority, policy)),
      warnedPercent: 0,
      warnAt: policy.sla.warnAtPercent,
      endedAt: null,
      breachedAt: null,
      policyVersion: policy.version,
      correlation: event.correlationid ?? null,
    };
    face.start(clock, event);
  }
}

/** A timer wakes its clock, and the clock says what is due by its own state. */
export function fireClocks(service: Service): void {
  const { bus, clock } = service;
  service.fireTimers(async (tx, timers) => {
    const now = clock.now();
    const face = await ClockFace.ofClocks(
      tx,
      now,
      timers.map((timer) => timer.key),
    );
    for (const timer of timers) {
      const woken = face.get(timer.key);
      // The database's clock said it is due; this process's may be a little behind.
      const at = new Date(Math.max(now.getTime(), timer.dueAt.getTime()));
      if (woken) face.apply(woken, wake(woken, at), at, { correlationid: woken.correlation ?? undefined });
    }
    const { moved } = await face.save();
    await service.setTimers(tx, moved);
    await bus.publish(tx, face.events);
  });
}
