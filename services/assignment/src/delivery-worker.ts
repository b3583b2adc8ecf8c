import { describe } from '@heard/bus/bus';
import { Worker } from '@heard/bus/worker';
import { openChannel } from '@heard/notifications/channel';
import { type Channel, type Message, NotNow, Refused } from '@heard/notifications/message';
import type { Service } from '@heard/service/service';
import { type Deliveries, type Leased, wakeChannel } from './deliveries.ts';
import { render } from './texts.ts';

/** Nothing but a lost notification would be found by looking, and for that there is a timer. */
const idleMs = 3_600_000;

/** Sends what is queued, each target by itself, outside of any transaction. */
export function sendDeliveries(service: Service, deliveries: Deliveries, consoleUrl: string): void {
  for (const [name, target] of Object.entries(deliveries.targets)) {
    const channel = openChannel(target);
    const worker = new Worker(
      async () => {
        const { leased, more } = await deliveries.claim(name);
        const ends = await Promise.allSettled(
          leased.map((one) => deliver(service, deliveries, channel, one, consoleUrl)),
        );
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
        return more ? true : idleMs;
      },
      {
        idleMs,
        lingerMs: 0,
        failed: (error, inMs) => service.log.warn({ error: describe(error), target: name, inMs }, 'will deliver again'),
      },
    );
    const off = service.bus.wakeups.on(wakeChannel, name, worker.wake);
    service.onClose(async () => {
      off();
      await worker.stop();
      channel.close();
    });
    worker.start();
  }
}

async function deliver(
  service: Service,
  deliveries: Deliveries,
  channel: Channel,
  one: Leased,
  consoleUrl: string,
): Promise<void> {
  const { deliveryId, target, attempts } = one;
  try {
    const delivered = await channel.send(messageOf(one, consoleUrl), one.address);
    await deliveries.sent(one, delivered);
  } catch (error) {
    if (error instanceof Refused) {
      service.log.warn({ deliveryId, target, because: error.message }, 'a message was refused');
      await deliveries.refused(one, error.message);
    } else if (error instanceof NotNow) {
      service.log.info({ deliveryId, target, attempts, because: error.message }, 'a message could not be sent now');
      await deliveries.failed(one, error.message, error.retryAfterMs);
    } else throw error; // the lease ends, and it is sent again
  }
}

export function messageOf(one: Leased, consoleUrl: string): Message {
  const reader = { language: one.language ?? 'zh-CN', timeZone: one.timeZone ?? 'UTC' };
  const link =
    consoleUrl && one.caseId && one.class !== 'customer'
      ? `${consoleUrl.replace(/\/$/, '')}/cases/${one.caseId}`
      : undefined;
  return { id: one.deliveryId, severity: one.class, link, ...render(one, reader) };
}
