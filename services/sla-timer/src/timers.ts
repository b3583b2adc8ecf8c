import type { Tx } from '@heard/bus/log';
import type { Service } from '@heard/service/service';
import type { Timer } from '@heard/service/timers';
import type { Calendars } from './calendars.ts';
import { wake } from './clock.ts';
import { batchOf, recompute } from './recompute.ts';
import { ClockFace } from './store.ts';

/** A timer wakes its clock, which says what is due by its own state; or it goes on with a recomputation. */
export function fireTimers(service: Service, calendars: Calendars): void {
  const { bus, clock, policies } = service;

  async function keep(tx: Tx, face: ClockFace): Promise<void> {
    const { moved } = await face.save();
    await service.setTimers(tx, moved);
    await bus.publish(tx, face.events);
  }

  async function wakeClocks(tx: Tx, timers: readonly Timer[], now: Date): Promise<void> {
    const ids = timers.map((timer) => timer.key);
    const face = await ClockFace.ofClocks(tx, now, { policies, calendars }, ids);
    for (const timer of timers) {
      const woken = face.get(timer.key);
      if (!woken) continue;
      // The database's clock said it is due; this process's may be a little behind.
      const at = new Date(Math.max(now.getTime(), timer.dueAt.getTime()));
      face.put(woken);
      face.apply(woken, wake(woken, face.rules(woken), at), at, { correlationid: woken.correlation ?? undefined });
    }
    await keep(tx, face);
  }

  async function goOn(tx: Tx, timer: Timer, now: Date): Promise<void> {
    const batch = await batchOf(tx, timer);
    const policy = await policies.current(tx);
    const face = await ClockFace.ofCases(tx, now, { policies, policy, calendars }, batch.cases);
    recompute(face, batch, policy, now);
    await keep(tx, face);
    if (batch.next) await service.setTimers(tx, [{ ...batch.next, dueAt: now }]);
  }

  service.fireTimers(async (tx, timers) => {
    const now = clock.now();
    await calendars.read(tx, now);
    const clocks = timers.filter((timer) => timer.kind === 'clock');
    if (clocks.length > 0) await wakeClocks(tx, clocks, now);
    for (const timer of timers) if (timer.kind === 'recompute') await goOn(tx, timer, now);
  });
}
