import { describe } from '@heard/bus/bus';
import type { Service } from '@heard/service/service';
import { Analyst } from './analyst.ts';
import { serveFound } from './discoveries.ts';
import { learnAgain, serveComplete } from './frames.ts';
import { hasWork } from './wanted-frames.ts';

/** Has texts worked on whenever a transaction says so, and announces what is complete. */
export async function startAnalyst(service: Service): Promise<Analyst> {
  const { bus, clock, config, database, log } = service;
  const announce = () =>
    database.transaction().execute(async (tx) => {
      const at = clock.now();
      const events = [...(await serveComplete(tx, at)), ...(await serveFound(tx, at))];
      await learnAgain(tx, at);
      await bus.publish(tx, events);
    });
  const analyst = new Analyst({
    databaseUrl: config.DATABASE_URL,
    complete: () => {
      announce().catch((error: unknown) => {
        log.warn({ error: describe(error) }, 'a complete version waits to be announced');
        setTimeout(analyst.wake, 5_000).unref();
      });
    },
    died: (error, inMs) => log.warn({ error, inMs }, 'the work on texts ended and is begun again'),
  });
  service.onClose(() => analyst.close());
  bus.wakeups.on('heard.analyst', 'rca', analyst.wake);
  if (await hasWork(database)) analyst.wake();
  return analyst;
}
