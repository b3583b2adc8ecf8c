import type { Tx } from '@heard/bus/log';
import { NotYet } from '@heard/bus/rejection';
import { ofType } from '@heard/events/event';
import { RcaConfig } from '@heard/service/rca-configuration';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { registerAlarmRoutes } from './alarm-routes.ts';
import { setAlarmTimer } from './alarm-timer.ts';
import { startAnalyst } from './analysing.ts';
import { registerAssociationsRoutes } from './associations-routes.ts';
import { Browser } from './browser.ts';
import { caseTypes, saveCases } from './case-copies.ts';
import { saveCustomers, saveSaid, saveTriaged } from './corpus.ts';
import { registerDiscoveryRoutes } from './discovery-routes.ts';
import { setDiscoveryTimer } from './discovery-timer.ts';
import { registerEffectReviewRoutes } from './effect-review-routes.ts';
import { registerFilterRoutes } from './filter-routes.ts';
import { registerFlyWireRoutes } from './fly-wire-routes.ts';
import { registerFrameRoutes } from './frame-routes.ts';
import { plantStarter } from './frames.ts';
import { registerHypothesesRoutes } from './hypotheses-routes.ts';
import { registerImpactRoutes } from './impact-routes.ts';
import { registerInitiativeRoutes } from './initiative-routes.ts';
import { registerKeywordRoutes } from './keyword-routes.ts';
import { registerLabelsRoutes } from './labels-routes.ts';
import { registerMeasureRoutes } from './measure-routes.ts';
import { registerOutcomeRoutes } from './outcome-routes.ts';
import { registerPackRoutes } from './pack-routes.ts';
import { registerRecoveryReports } from './recovery-reports.ts';
import { ReportRenderer } from './report-renderer.ts';
import { registerReportRoutes } from './report-routes.ts';
import { registerRoiRoutes } from './roi-routes.ts';
import { registerRoutes } from './routes.ts';
import { registerSopRoutes } from './sop-routes.ts';
import { registerThemeComments } from './theme-comments.ts';
import { registerThemeRoutes } from './theme-routes.ts';
import { fireTimers } from './timers.ts';
import { registerTraceRoutes } from './trace-routes.ts';
import { registerValidationRoutes } from './validation-routes.ts';
import { registerWhyTreesRoutes } from './why-trees-routes.ts';

/** Nobody waits for a count: gathering for a quarter of a second leaves the CPU to the services somebody waits for. */
const lingerMs = '250';

export function start(options: StartOptions) {
  const environment = { BUS_LINGER_MS: lingerMs, ...options.environment };
  const browserOf = ({ CHROMIUM }: RcaConfig) => new Browser(CHROMIUM, options.environment.PATH ?? '');
  return startService(
    'rca',
    (service, config) => wire(service, config, browserOf(config)),
    { ...options, environment },
    RcaConfig,
  );
}

async function wire(service: Service, config: RcaConfig, browser: Browser): Promise<void> {
  registerRoutes(service.http, service.database);
  registerFrameRoutes(service);
  registerThemeRoutes(service);
  registerThemeComments(service);
  registerFilterRoutes(service);
  registerDiscoveryRoutes(service);
  registerAssociationsRoutes(service);
  registerHypothesesRoutes(service);
  registerWhyTreesRoutes(service);
  registerLabelsRoutes(service);
  registerImpactRoutes(service);
  registerAlarmRoutes(service);
  registerInitiativeRoutes(service);
  registerPackRoutes(service);
  registerFlyWireRoutes(service);
  registerSopRoutes(service);
  registerTraceRoutes(service);
  registerValidationRoutes(service);
  registerMeasureRoutes(service);
  registerEffectReviewRoutes(service);
  registerOutcomeRoutes(service);
  registerRecoveryReports(service);
  registerRoiRoutes(service);

  const renderer = new ReportRenderer();
  service.onClose(() => renderer.close());
  service.onClose(() => browser.close());
  registerReportRoutes(service, { renderer, browser });

  /** What there is once there is a policy. */
  const prepare = async (tx: Tx) => {
    const { timeZone } = (await service.policies.current(tx)).sla;
    await plantStarter(tx, config.STARTER_FRAME, timeZone, service.clock.now());
    await setAlarmTimer(service, tx);
    await setDiscoveryTimer(service, tx);
  };
  await service.database.transaction().execute(prepare).catch(unlessNotYet);
  await startAnalyst(service);
  fireTimers(service);
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
}

function unlessNotYet(error: unknown): void {
  if (!(error instanceof NotYet)) throw error;
}
