import { ofType } from '@heard/events/event';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { saveSaid, saveTriaged } from './corpus.ts';
import { registerRoutes } from './routes.ts';

/** Nobody waits for a count: gathering for a quarter of a second leaves the CPU to the services somebody waits for. */
const lingerMs = '250';

export function start(options: StartOptions) {
  return startService('rca', wire, { ...options, environment: { BUS_LINGER_MS: lingerMs, ...options.environment } });
}

function wire(service: Service): void {
  registerRoutes(service.http, service.database);
  service.consume({
    topics: ['heard.ingest', 'heard.triage'],
    types: ['feedback.received', 'feedback.triaged'],
    async handle(tx, events) {
      await saveSaid(tx, ofType(events, 'feedback.received'));
      await saveTriaged(tx, ofType(events, 'feedback.triaged'));
    },
  });
}
