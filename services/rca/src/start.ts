import type { Tx } from '@heard/bus/log';
import { NotYet } from '@heard/bus/rejection';
import { ofType } from '@heard/events/event';
import { RcaConfig } from '@heard/service/rca-configuration';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { registerCampaignReports } from './campaigns/campaign-report-routes.ts';
import { registerCampaignRoutes } from './campaigns/campaign-routes.ts';
import { registerInvitationLists } from './campaigns/invitation-lists.ts';
import { caseTypes, saveCases } from './corpus/case-copies.ts';
import { saveCustomers, saveSaid, saveTriaged } from './corpus/corpus.ts';
import { registerFilterRoutes } from './corpus/filter-routes.ts';
import { registerRoutes } from './corpus/routes.ts';
import { registerFlyWireRoutes } from './initiatives/fly-wire-routes.ts';
import { registerInitiativeRoutes } from './initiatives/initiative-routes.ts';
import { registerPackRoutes } from './initiatives/pack-routes.ts';
import { registerSopRoutes } from './initiatives/sop-routes.ts';
import { registerTraceRoutes } from './initiatives/trace-routes.ts';
import { registerEffectReviewRoutes } from './proof/effect-review-routes.ts';
import { registerMeasureRoutes } from './proof/measure-routes.ts';
import { registerOutcomeRoutes } from './proof/outcome-routes.ts';
import { registerRecoveryReports } from './proof/recovery-reports.ts';
import { registerRoiRoutes } from './proof/roi-routes.ts';
import { registerValidationRoutes } from './proof/validation-routes.ts';
import { Browser } from './reports/browser.ts';
import { ReportRenderer } from './reports/report-renderer.ts';
import { registerReportRoutes } from './reports/report-routes.ts';
import { startAnalyst } from './themes/analysing.ts';
import { registerDiscoveryRoutes } from './themes/discovery-routes.ts';
import { setDiscoveryTimer } from './themes/discovery-timer.ts';
import { registerFrameRoutes } from './themes/frame-routes.ts';
import { plantStarter } from './themes/frames.ts';
import { registerKeywordRoutes } from './themes/keyword-routes.ts';
import { registerLabelsRoutes } from './themes/labels-routes.ts';
import { registerThemeComments } from './themes/theme-comments.ts';
import { registerThemeRoutes } from './themes/theme-routes.ts';
import { fireTimers } from './timers.ts';
import { registerAlarmRoutes } from './understanding/alarm-routes.ts';
import { setAlarmTimer } from './understanding/alarm-timer.ts';
import { registerAssociationsRoutes } from './understanding/associations-routes.ts';
import { registerHypothesesRoutes } from './understanding/hypotheses-routes.ts';
import { registerImpactRoutes } from './understanding/impact-routes.ts';
import { registerWhyTreesRoutes } from './understanding/why-trees-routes.ts';

/** Nobody waits for a count: gathering for a quarter of a second leaves the CPU to the services somebody waits for. */
const lingerMs = 250;

export function start(options: StartOptions) {
  const browserOf = ({ CHROMIUM }: RcaConfig) => new Browser(CHROMIUM, options.environment.PATH ?? '');
  return startService('rca', (service, config) => wire(service, config, browserOf(config)), options, RcaConfig);
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
  registerCampaignRoutes(service);
  registerCampaignReports(service);
  registerInvitationLists(service);

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
  registerKeywordRoutes(service, await startAnalyst(service));
  fireTimers(service);
  service.consume({
    topics: ['heard.policy', 'heard.ingest', 'heard.triage', 'heard.assignment'],
    types: ['policy.published', 'feedback.received', 'customer.value-changed', 'feedback.triaged', ...caseTypes],
    lingerMs,
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
