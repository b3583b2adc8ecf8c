import { ofType } from '@heard/events/event';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { caseTypes, saveCases } from './case-copies.ts';
import { saveCustomers, saveSaid, saveTriaged } from './corpus.ts';
import { registerEffectReviewRoutes } from './effect-review-routes.ts';
import { registerMeasureRoutes } from './measure-routes.ts';
import { registerOutcomeRoutes } from './outcome-routes.ts';
import { registerRecoveryReports } from './recovery-reports.ts';
import { registerRoiRoutes } from './roi-routes.ts';
import { registerRoutes } from './routes.ts';
import { fireTimers } from './timers.ts';
import { registerValidationRoutes } from './validation-routes.ts';

/** Nobody waits for a count: gathering for a quarter of a second leaves the CPU to the services somebody waits for. */
const lingerMs = '250';

export function start(options: StartOptions) {
  return startService('rca', wire, { ...options, environment: { BUS_LINGER_MS: lingerMs, ...options.environment } });
}

function wire(service: Service): void {
  registerRoutes(service.http, service.database);
  registerValidationRoutes(service);
  registerMeasureRoutes(service);
  registerEffectReviewRoutes(service);
  registerOutcomeRoutes(service);
  registerRecoveryReports(service);
  registerRoiRoutes(service);
  fireTimers(service);
  service.consume({
    topics: ['heard.policy', 'heard.ingest', 'heard.triage', 'heard.assignment'],
    types: ['policy.published', 'feedback.received', 'customer.value-changed', 'feedback.triaged', ...caseTypes],
    async handle(tx, events) {
      await service.policies.apply(tx, ofType(events, 'policy.published'));
      await saveCustomers(tx, ofType(events, 'customer.value-changed'));
      await saveSaid(tx, ofType(events, 'feedback.received'));
      await saveTriaged(tx, ofType(events, 'feedback.triaged'));
      await saveCases(tx, events);
    },
  });
}
