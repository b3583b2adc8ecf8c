import { NotificationsConfig } from '@heard/notifications/configuration';
import { registerSummaryRoute } from '@heard/service/http';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { sql } from 'kysely';
import { registerAbuseRoutes } from './abuse-routes.ts';
import { registerAlertRoutes } from './alert-routes.ts';
import { registerCaseRoutes } from './case-routes.ts';
import { registerCompensationReport } from './compensation-report.ts';
import { registerCompensationRoutes } from './compensation-routes.ts';
import { consume } from './consumers.ts';
import { readConversation } from './conversation.ts';
import { registerConversationRoutes } from './conversation-routes.ts';
import { type Assignment, Deliveries } from './deliveries.ts';
import { registerDeliveryRoutes } from './delivery-routes.ts';
import { registerPeopleRoutes } from './people-routes.ts';
import { registerReports } from './report-routes.ts';
import { registerScopes } from './scope.ts';
import { fireTimers } from './timers.ts';

export function start(options: StartOptions) {
  return startService('assignment', wire, options, NotificationsConfig);
}

async function wire(own: Service, config: NotificationsConfig): Promise<void> {
  const deliveries = new Deliveries(own, config.NOTIFICATION_TARGETS);
  const service: Assignment = { ...own, deliveries };
  registerScopes(service);
  registerCaseRoutes(service);
  registerPeopleRoutes(service, deliveries.targets);
  registerAlertRoutes(service);
  registerReports(service);
  const { database, policies } = service;
  registerConversationRoutes(
    service.http,
    (caseId) => readConversation(database, caseId),
    () => policies.current(database),
  );
  registerCompensationRoutes(service);
  registerCompensationReport(service);
  registerAbuseRoutes(service);
  registerDeliveryRoutes(service, deliveries);
  service.metrics.watch(
    { name: 'heard_deliveries_waiting', help: 'Messages queued and not yet sent, by target.', label: 'target' },
    () => deliveries.waiting(),
  );
  registerSummaryRoute(service.http, async () => {
    const { rows } = await sql<Record<string, number>>`
      select count(*)::int as cases, count(*) filter (where state not in ('closed', 'lost'))::int as "openCases",
             count(*) filter (where state = 'new')::int as "queuedCases",
             count(*) filter (where priority = 'P0')::int as "casesP0", count(*) filter (where priority = 'P1')::int as "casesP1",
             count(*) filter (where priority = 'P2')::int as "casesP2",
             (select count(*)::int from case_items) as feedback, (select count(*)::int from alerts) as alerts
        from cases`.execute(service.database);
    return rows[0]!;
  });
  consume(service);
  fireTimers(service);
  if (Object.keys(deliveries.targets).length > 0) {
    // The clients of mail and chat systems are loaded where there are any.
    const { sendDeliveries } = await import('./delivery-worker.ts');
    sendDeliveries(service, deliveries, config.CONSOLE_URL);
  }
}
