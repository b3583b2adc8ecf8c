import { type Service, type StartOptions, startService } from '@heard/service/service';
import { registerCalendarRoutes } from './calendar-routes.ts';
import { Calendars } from './calendars.ts';
import { registerClockRoutes } from './clock-routes.ts';
import { consumeCases } from './consumers.ts';
import { registerReportRoutes } from './report-routes.ts';
import { fireTimers } from './timers.ts';

export function start(options: StartOptions) {
  return startService('sla-timer', wire, options);
}

function wire(service: Service): void {
  const calendars = new Calendars((fields, message) => service.log.warn(fields, message));
  service.metrics.watch(
    { name: 'heard_calendar_days_left', help: 'Days whose holidays a calendar knows.', label: 'calendar' },
    async () => {
      const now = service.clock.now();
      await calendars.read(service.database, now);
      return calendars.daysLeft(now).map(({ name, days }) => ({ label: name, value: days }));
    },
  );
  registerClockRoutes(service);
  registerReportRoutes(service);
  registerCalendarRoutes(service);
  consumeCases(service, calendars);
  fireTimers(service, calendars);
}
