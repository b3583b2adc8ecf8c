import type { Tx } from '@heard/bus/log';
import { NotYet } from '@heard/bus/rejection';
import { ofType } from '@heard/events/event';
import { RcaConfig } from '@heard/service/rca-configuration';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { startAnalyst } from './analysing.ts';
import { caseTypes, saveCases } from './case-copies.ts';
import { saveCustomers, saveSaid, saveTriaged } from './corpus.ts';
import { registerDiscoveryRoutes } from './discovery-routes.ts';
import { setDiscoveryTimer } from './discovery-timer.ts';
import { registerFilterRoutes } from './filter-routes.ts';
import { registerFrameRoutes } from './frame-routes.ts';
import { plantStarter } from './frames.ts';
import { registerKeywordRoutes } from './keyword-routes.ts';
import { registerRoutes } from './routes.ts';
import { registerThemeComments } from './theme-comments.ts';
import { registerThemeRoutes } from './theme-routes.ts';
import { fireTimers } from './timers.ts';

/** Nobody waits for a count: gathering for a quarter of a second leaves the CPU to the services somebody waits for. */
const lingerMs = '250';

export function start(options: StartOptions) {
  return startService(
    'rca',
    wire,
    { ...options, environment: { BUS_LINGER_MS: lingerMs, ...options.environment } },
    RcaConfig,
  );
}

async function wire(service: Service, config: RcaConfig): Promise<void> {
  registerRoutes(service.http, service.database);
  registerFrameRoutes(service);
  registerThemeRoutes(service);
  registerThemeComments(service);
  registerFilterRoutes(service);
  registerDiscoveryRoutes(service);
  /** What there is once there is a policy. */
  const prepare = async (tx: Tx) => {
    const { timeZone } = (await service.policies.current(tx)).sla;
    await plantStarter(tx, config.STARTER_FRAME, timeZone, service.clock.now());
    await setDiscoveryTimer(service, tx);
  };
  await service.database.transaction().execute(prepare).catch(unlessNotYet);
  registerKeywordRoutes(service, await startAnalyst(service));
  service.consume({
    topics: ['heard.policy', 'heard.ingest', 'heard.triage', 'heard.assignment'],
    types: ['policy.published', 'feedback.received', 'customer.value-changed', 'feedback.triaged', ...caseTypes],
    async handle(tx, events) {
      const policies = ofType(events, 'policy.published');
      await service.policies.apply(tx, policies);
      if (policies.length > 0) await prepare(tx);
      await saveCustomers(tx, ofType(events, 'customer.value-changed'));
      await saveSaid(tx, ofType(events, 'feedback.received'));
      await saveTriaged(tx, ofType(events, 'feedback.triaged'));
      await saveCases(tx, events);
    },
  });
  fireTimers(service);
}

function unlessNotYet(error: unknown): void {
  if (!(error instanceof NotYet)) throw error;
}
