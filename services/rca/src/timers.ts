import type { Tx } from '@heard/bus/log';
import type { Service } from '@heard/service/service';
import type { Timer } from '@heard/service/timers';
import { raiseAlarms } from './alarm-timer.ts';
import { discoverAgain } from './discovery-timer.ts';
import { endFlyWires } from './fly-wires.ts';
import { concludeDue } from './validation-conclusion.ts';

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
