import { describe } from '@heard/bus/bus';
import { type Service, type StartOptions, startService } from '@heard/service/service';
import { consumeCases, fireTimers } from './consumers.ts';
import { Guard } from './guard.ts';
import { registerRoutes } from './routes.ts';

export function start(options: StartOptions) {
  return startService('suppression-list', wire, options);
}

function wire(service: Service): void {
  const { bus, database, log, policies } = service;
  const guard = new Guard({
    database,
    wakeups: bus.wakeups,
    policies,
    failed: (error, inMs) => log.warn({ error: describe(error), inMs }, 'the guard could not read the list'),
  });
  service.onClose(() => guard.close());
  registerRoutes(service, guard);
  consumeCases(service);
  fireTimers(service);
}
