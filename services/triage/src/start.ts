import { describe } from '@heard/bus/bus';
import { NotYet } from '@heard/bus/rejection';
import { Worker } from '@heard/bus/worker';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { consumeIngest } from './consumers.ts';
import { registerRoutes } from './routes.ts';
import { termFinder } from './text-analysis.ts';
import { refreshThreshold } from './threshold.ts';

export function start(options: StartOptions) {
  return startService('triage', wire, options);
}

function wire(service: Service): void {
  const { clock, database, http, log, onClose, policies } = service;
  registerRoutes(http, database);
  consumeIngest(service, termFinder());

  const refresh = new Worker(
    async () => {
      try {
        const policy = await policies.current(database);
        await refreshThreshold(database, policy, clock.now());
        return policy.ltv.high.mode === 'percentile' ? policy.ltv.high.refresh : 60_000;
      } catch (error) {
        if (error instanceof NotYet) return 1_000;
        throw error;
      }
    },
    {
      idleMs: 60_000,
      lingerMs: 0,
      failed: (error, inMs) => log.warn({ error: describe(error), inMs }, 'the LTV threshold will be read again'),
    },
  ).start();
  onClose(() => refresh.stop());
}
