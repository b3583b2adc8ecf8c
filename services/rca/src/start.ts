import { ofType } from '@heard/events/event';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { saveSaid, saveTriaged } from './corpus.ts';
import { registerRoutes } from './routes.ts';

export function start(options: StartOptions) {
  return startService('rca', wire, options);
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
