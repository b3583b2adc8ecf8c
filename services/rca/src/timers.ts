import type { Tx } from '@heard/bus/log';
import type { Service } from '@heard/service/service';
import type { Timer } from '@heard/service/timers';
import { endFlyWires } from './initiatives/fly-wires.ts';
import { concludeDue } from './proof/validation-conclusion.ts';
import { discoverAgain } from './themes/discovery-timer.ts';
import { raiseAlarms } from './understanding/alarm-timer.ts';

type Fire = (service: Service, tx: Tx, timers: Timer[]) => Promise<void>;

const fires: Record<string, Fire> = {
  alarms: raiseAlarms,
  discovery: discoverAgain,
  'fly-wire': endFlyWires,
  validation: concludeDue,
};

export function fireTimers(service: Service): void {
  service.fireTimers(async (tx, timers) => {
    for (const [kind, due] of Map.groupBy(timers, (timer) => timer.kind)) await fires[kind]!(service, tx, due);
  });
}
