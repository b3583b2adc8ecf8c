import { type Service, type StartOptions, startService } from '@heard/service/service';
import { consumeCases, fireClocks } from './consumers.ts';
import { registerRoutes } from './routes.ts';

export function start(options: StartOptions) {
  return startService('sla-timer', wire, options);
}

function wire(service: Service): void {
  registerRoutes(service);
  consumeCases(service);
  fireClocks(service);
}
