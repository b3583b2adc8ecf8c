import { type Event, ofType } from '@heard/events/event';
import type { Service } from '@heard/service/service';
import type { Command } from './stop-list.ts';
import { readTimerKey, StopList } from './store.ts';

/** Puts customers on the list with their feedback and takes them off as their cases end. */
export function consumeCases(service: Service): void {
  const { bus, clock, policies } = service;
  service.consume({
    topics: ['heard.policy', 'heard.triage', 'heard.assignment'],
    types: [
      'policy.published',
      'feedback.triaged',
      'case.opened',
      'case.joined',
      'case.resolved',
      'case.reopened',
      'case.closed',
    ],
    async handle(tx, events) {
      await policies.apply(tx, ofType(events, 'policy.published'));
      const commands = events.flatMap((event) => {
        const command = commandOf(event);
        return command && event.type !== 'policy.published'
          ? [{ customerId: event.data.customerId, command, event }]
          : [];
      });
      if (commands.length === 0) return;
      const policy = await policies.current(tx);
      const list = await StopList.load(tx, clock.now(), policy, [...new Set(commands.map((one) => one.customerId))]);
      for (const { customerId, command, event } of commands) list.apply(customerId, command, event);
      const published = await list.save();
      await service.setTimers(tx, list.timers);
      await bus.publish(tx, published);
    },
  });
}

type Consumed =
  | Event<'policy.published'>
  | Event<'feedback.triaged'>
  | Event<'case.opened'>
  | Event<'case.joined'>
  | Event<'case.resolved'>
  | Event<'case.reopened'>
  | Event<'case.closed'>;

function commandOf(event: Consumed): Command | null {
  switch (event.type) {
    case 'policy.published':
      return null;
    case 'feedback.triaged': {
      const { feedbackId, priority, receivedAt, suppress } = event.data;
      return suppress ? { do: 'feedback', feedbackId, hasCase: priority !== null, at: new Date(receivedAt) } : null;
    }
    case 'case.opened':
    case 'case.joined':
      return { do: 'feedback', feedbackId: event.data.feedbackId, hasCase: true, at: new Date(event.data.at) };
    case 'case.resolved':
      return { do: 'resolved', caseId: event.data.caseId, at: new Date(event.data.at) };
    case 'case.reopened':
      return { do: 'reopened', caseId: event.data.caseId };
    case 'case.closed': {
      const { caseId, outcome } = event.data;
      if (outcome === 'recovered') return null;
      // Who could not be reached stays off the lists as who left does.
      return { do: outcome === 'unreached' ? 'lost' : outcome, caseId };
    }
  }
}

/** Ends what has its time: the silent days, and entries that wait for no case. */
export function fireTimers(service: Service): void {
  const { bus, clock, policies } = service;
  service.fireTimers(async (tx, timers) => {
    const now = clock.now();
    const due = timers.map((timer) => ({
      ...readTimerKey(timer.key),
      at: new Date(Math.max(now.getTime(), timer.dueAt.getTime())),
    }));
    const list = await StopList.load(tx, now, await policies.current(tx), [
      ...new Set(due.map((one) => one.customerId)),
    ]);
    for (const { customerId, ...rest } of due) list.apply(customerId, { do: 'time-up', ...rest }, {});
    await bus.publish(tx, await list.save());
  });
}
