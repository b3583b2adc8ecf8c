import { ofType } from '@heard/events/event';
import { ReportsConfig } from '@heard/reports/configuration';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { Browser } from './browser.ts';
import { caseTypes, saveCases } from './case-copies.ts';
import { saveCustomers, saveSaid, saveTriaged } from './corpus.ts';
import { ReportRenderer } from './report-renderer.ts';
import { registerReportRoutes } from './report-routes.ts';
import { registerRoutes } from './routes.ts';

/** Nobody waits for a count: gathering for a quarter of a second leaves the CPU to the services somebody waits for. */
const lingerMs = '250';

export function start(options: StartOptions) {
  const environment = { BUS_LINGER_MS: lingerMs, ...options.environment };
  const wired = (service: Service, { CHROMIUM }: ReportsConfig) =>
    wire(service, new Browser(CHROMIUM, options.environment.PATH ?? ''));
  return startService('rca', wired, { ...options, environment }, ReportsConfig);
}

function wire(service: Service, browser: Browser): void {
  registerRoutes(service.http, service.database);
  const renderer = new ReportRenderer();
  service.onClose(() => renderer.close());
  service.onClose(() => browser.close());
  registerReportRoutes(service, { renderer, browser });
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
